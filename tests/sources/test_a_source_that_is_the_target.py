"""A catalog of this machine, downloaded to where its own files lie: nothing of them is lost."""

import json
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DirectoryUnusable
from support.scripted_hub import catalog_members, collection, item


def source(folder: Path, assets: dict[str, str], files: dict[str, bytes]) -> Path:
    """A folder with one item, its assets at these addresses, and these files beside the item."""
    members = catalog_members("crops", [item("a", assets)], [collection("scenes")])
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for name, content in files.items():
        path = folder / "crops" / "scenes" / "a" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "crops"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.tif")}


CROSSED = {"image": "./b.tif", "other": "./image.tif"}
FILES = {"b.tif": b"b" * 1000, "image.tif": b"the only copy" * 100}


@pytest.mark.parametrize("if_exists", ["resume", "overwrite", "skip"])
@pytest.mark.parametrize("filters", [{}, {"assets": ["image"]}], ids=["all", "the other is left out"])
@pytest.mark.parametrize("place", ["crops", "crops/catalog.json"])
def test_files_of_the_source_are_not_written_over(tmp_path, if_exists, filters, place):
    folder = source(tmp_path, CROSSED, FILES)
    before = contents(folder)

    with pytest.raises(DirectoryUnusable, match=r"holds files that the catalog itself names.*-o"):
        Dataset.from_stac(tmp_path / place, id="crops").download(
            output_dir=tmp_path, if_exists=if_exists, progress=False, **filters
        )

    assert contents(folder) == before


def test_not_by_a_link_either(tmp_path):
    folder = source(tmp_path / "real", CROSSED, FILES)
    (tmp_path / "linked").symlink_to(tmp_path / "real")
    before = contents(folder)

    with pytest.raises(DirectoryUnusable):
        Dataset.from_stac(folder).download(output_dir=tmp_path / "linked", progress=False)

    assert contents(folder) == before


def test_of_many_items_none_is_begun_before_all_are_known(tmp_path):
    """The file of each item lies where that of the one half way round goes."""
    count = 300
    items = [item(f"i{n}", {"other": f"../i{(n + count // 2) % count}/other.tif"}) for n in range(count)]
    for name, content in catalog_members("crops", items, [collection("scenes")]).items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    for n in range(count):
        (tmp_path / f"crops/scenes/i{n}/other.tif").write_bytes(b"%d" % n * 50)
    before = contents(tmp_path)

    with pytest.raises(DirectoryUnusable):
        Dataset.from_stac(tmp_path / "crops").download(output_dir=tmp_path, progress=False)

    assert contents(tmp_path) == before


def test_files_at_their_own_places_are_kept(tmp_path):
    """So a folder that is one already gets a manifest, and can be verified."""
    folder = source(tmp_path, {"image": "./image.tif"}, {"image.tif": b"right" * 10})

    report = Dataset.from_stac(folder).download(output_dir=tmp_path, progress=False)

    assert (report.kept, report.fetched, report.failed) == (1, 0, 0)
    assert contents(folder) == {"scenes/a/image.tif": b"right" * 10}


def test_beside_the_source_there_is_room(tmp_path):
    folder = source(tmp_path, CROSSED, FILES)

    report = Dataset.from_stac(folder).download(output_dir=folder, progress=False)

    assert (report.fetched, report.failed) == (2, 0)
    assert contents(folder / "crops") == {
        "scenes/a/image.tif": FILES["b.tif"],
        "scenes/a/other.tif": FILES["image.tif"],
    }
    assert json.loads((folder / "catalog.json").read_text())["type"] == "Catalog"


def test_a_link_that_has_changed_since_is_followed_anew(tmp_path):
    """In a notebook, one process runs both downloads."""
    folder = source(tmp_path / "real", CROSSED, FILES)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "crops").symlink_to(source(tmp_path / "other", CROSSED, FILES))
    Dataset.from_stac(linked / "crops").download(output_dir=tmp_path / "away", progress=False)
    (tmp_path / "real" / "seen").mkdir()
    Dataset.from_stac(linked / "crops", id="seen").download(output_dir=tmp_path / "real", progress=False)
    (linked / "crops").unlink()
    (linked / "crops").symlink_to(folder)
    before = contents(folder)

    with pytest.raises(DirectoryUnusable):
        Dataset.from_stac(linked / "crops").download(output_dir=tmp_path / "real", progress=False)

    assert contents(folder) == before
