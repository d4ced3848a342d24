"""A source of this machine that is moved, deleted or closed after ``Dataset.from_stac`` looked at it."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken
from radiant_mlhub.sources import unpacking
from support.scripted_hub import catalog_members, collection, item, tar_gz

NOBODY = 65534
HINT = "put it back, or open it from where it is now"
SOURCES = {
    "archive": "crops.tar.gz",
    "feature collection": "items.json",
    "lines": "items.ndjson",
    "geoparquet": "items.parquet",
    "index": "items.db",
    "catalog": "crops/catalog.json",
    "folder": "crops",
}


@pytest.fixture(params=SOURCES.values(), ids=SOURCES)
def source(request, tmp_path):
    return made(tmp_path / "sources", request.param)


def made(folder, name):
    """The path of a source of one item."""
    folder.mkdir(exist_ok=True)
    scene, path = item("a", {"image": "https://files.example/a.tif"}), folder / name
    members = catalog_members("crops", [scene], [collection("scenes")])
    if name.endswith(".tar.gz"):
        path.write_bytes(tar_gz(members))
    elif name == "items.json":
        path.write_text(json.dumps({"type": "FeatureCollection", "features": [scene]}))
    elif name.startswith("crops"):
        write(folder, members)
    else:
        lines = folder / "items.ndjson"
        lines.write_text(json.dumps(scene))
        if path != lines:
            pytest.importorskip("rustac") if path.suffix == ".parquet" else None
            Dataset.from_stac(lines).index(path, progress=False)
    return path


def write(folder, members):
    for name, content in members.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


CALLS = {
    "collections": lambda dataset, folder: dataset.collections,
    "size": lambda dataset, folder: dataset.stac_catalog_size,
    "download": lambda dataset, folder: dataset.download(folder / "data", progress=False),
    "dry run": lambda dataset, folder: dataset.download(folder / "data", progress=False, dry_run=True),
    "catalog": lambda dataset, folder: dataset.download(folder / "data", progress=False, catalog_only=True),
    "index": lambda dataset, folder: dataset.index(folder / "new.db", progress=False),
    "search": lambda dataset, folder: list(dataset.search()),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_source_that_was_moved_is_named(source, tmp_path, call):
    dataset = Dataset.from_stac(source)
    source.rename(tmp_path / "elsewhere")

    with pytest.raises(CatalogBroken) as gone:
        call(dataset, tmp_path)

    assert (str(gone.value), gone.value.__notes__) == (f"{source} is not there any more.", [HINT])
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("call", [CALLS["collections"], CALLS["download"], CALLS["index"]])
@pytest.mark.parametrize("name", ["crops.tar.gz", "items.json", "items.ndjson", "items.parquet", "items.db"])
def test_a_folder_that_took_the_place_of_a_file_is_named(tmp_path, name, call):
    source = made(tmp_path, name)
    dataset = Dataset.from_stac(source)
    source.unlink()
    source.mkdir()

    with pytest.raises(CatalogBroken) as gone:
        call(dataset, tmp_path)

    assert str(gone.value) == f"{source} cannot be read: Is a directory."
    assert gone.value.__notes__ == [HINT]


def test_what_was_put_back_is_read(source, tmp_path):
    dataset = Dataset.from_stac(source)
    source.rename(tmp_path / "elsewhere")
    with pytest.raises(CatalogBroken):
        assert dataset.collections
    (tmp_path / "elsewhere").rename(source)

    assert [each.id for each in dataset.collections] == ["scenes"]


def test_an_archive_that_goes_before_it_is_unpacked_is_named(tmp_path):
    archive = tmp_path / "crops.tar.gz"

    with pytest.raises(CatalogBroken, match="is not there any more"):
        list(unpacking.unpack(archive, "crops", tmp_path / "data"))
    with (
        pytest.raises(CatalogBroken, match="is not there any more"),
        unpacking.helper(archive, "crops", tmp_path / "data"),
    ):
        pass


READ_WITHOUT_AN_EXTRA = ("crops.tar.gz", "items.json", "items.ndjson", "items.db", "crops/catalog.json")
READ = """
import os, sys
from radiant_mlhub import Dataset

def told_of(call):
    try:
        print(call())
    except Exception as error:
        print(type(error).__name__, error)
        print(*getattr(error, "__notes__", ()))

datasets = [Dataset.from_stac(path) for path in sys.argv[1:]]
os.setuid({nobody})
for dataset in datasets:
    told_of(lambda: dataset.collections)
for path in sys.argv[1:]:
    told_of(lambda: Dataset.from_stac(path).collections)
"""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="taking another's rights needs root")
@pytest.mark.parametrize("closed", ["source", "folder above it"])
def test_a_source_that_may_not_be_read_is_named(closed):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        sources = [made(Path(folder, "sources"), name) for name in READ_WITHOUT_AN_EXTRA]
        for path in sources if closed == "source" else [Path(folder, "sources")]:
            path.chmod(0o700)

        done = subprocess.run(
            [sys.executable, "-c", READ.format(nobody=NOBODY), *sources],
            env={**os.environ, "MLHUB_HOME": folder},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    told = [line for line in done.stdout.splitlines() if line.startswith("CatalogBroken")]
    assert told == [f"CatalogBroken {path} cannot be read: Permission denied." for path in sources] * 2
    assert "whoever runs this needs the right to read it, and to enter the folders above it" in done.stdout


CRAWL = """
import os, sys
from radiant_mlhub import Dataset

dataset = Dataset.from_stac(sys.argv[1], id="loose")
os.setuid({nobody})
print([each.id for each in dataset.collections])
dataset.download(sys.argv[2], progress=False, dry_run=True)
print(open(sys.argv[2] + "/loose/err_report.csv").read())
"""


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="taking another's rights needs root")
def test_a_folder_that_may_not_be_looked_into_is_a_row():
    """What lies in it would else be missed by nobody."""
    with tempfile.TemporaryDirectory() as above:
        Path(above).chmod(0o755)
        loose, out = Path(above, "loose"), Path(above, "out")
        scene = json.dumps(item("a", {"image": "https://files.example/a.tif"})).encode()
        write(Path(above), {f"loose/{name}/{name}.json": scene for name in "ab"})
        Path(loose, "b").chmod(0o700)
        out.mkdir(mode=0o777)
        out.chmod(0o777)

        done = subprocess.run(
            [sys.executable, "-c", CRAWL.format(nobody=NOBODY), str(loose), str(out)],
            env={**os.environ, "MLHUB_HOME": above},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    assert f"{loose}/b: it cannot be looked into: Permission denied" in done.stdout
