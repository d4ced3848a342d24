"""Items in one file: each is had where it can be, and what is wrong with the others is told."""

import json

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DownloadFailed
from support.scripted_hub import item


def written(path, lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def test_a_broken_line_is_a_row_and_the_rest_arrives(hub, tmp_path):
    scenes = {name: hub.file(f"{name}.tif") for name in "ab"}
    whole = [json.dumps(item(name, {"image": scene.href})) for name, scene in scenes.items()]
    path = written(
        tmp_path / "items.ndjson", [whole[0], "{broken", "[]", '{"type": "Feature"}', "", whole[1]]
    )

    with pytest.raises(DownloadFailed) as caught:
        Dataset.from_stac(path).download(tmp_path / "data", progress=False)

    report = caught.value.report
    assert (report.fetched, report.failed) == (2, 3)
    told = [failure.error for failure in report.failures]
    assert told[0].startswith("items.ndjson, item 2: ")
    assert told[1:] == ["items.ndjson, item 3: it is no JSON object", 'items.ndjson, item 4: it has no "id"']


def test_two_items_of_one_id_are_both_had(hub, tmp_path):
    """The later one's file and JSON get names of their own."""
    scenes = [hub.file(f"{name}.tif") for name in "ab"]
    path = written(
        tmp_path / "items.ndjson", [json.dumps(item("same", {"image": scene.href})) for scene in scenes]
    )

    report = Dataset.from_stac(path).download(tmp_path / "data", progress=False)

    assert {each.relative_to(report.folder).as_posix(): each.read_bytes() for each in report.paths} == {
        "scenes/same/image.tif": scenes[0].content,
        "scenes/same/image~2.tif": scenes[1].content,
    }
    assert report.moved == 1
    assert sorted(each.name for each in report.folder.glob("scenes/same/*.json")) == [
        "same.json",
        "same~2.json",
    ]


def test_an_item_without_a_collection_is_one_of_the_dataset(hub, tmp_path):
    alone = item("a", {"image": hub.file("a.tif").href})
    del alone["collection"]
    path = written(tmp_path / "crops.ndjson", [json.dumps(alone)])
    dataset = Dataset.from_stac(path)

    report = dataset.download(tmp_path / "data", progress=False)

    assert [each.relative_to(report.folder).as_posix() for each in report.paths] == ["crops/a/image.tif"]
    assert [each.id for each in dataset.collections] == ["crops"]


def test_relative_hrefs_start_from_the_file(hub, web, tmp_path):
    scene = web.add("stac/images/a.tif")
    lines = json.dumps(item("a", {"image": "images/a.tif"})).encode()

    report = Dataset.from_stac(web.add("stac/items.ndjson", lines).href).download(tmp_path, progress=False)

    assert [each.read_bytes() for each in report.paths] == [scene.content]


def test_a_file_of_something_else_is_told(tmp_path):
    path = tmp_path / "items.ndjson"
    path.write_text("name,href\n")

    with pytest.raises(CatalogBroken, match=r"neither one on each line nor a FeatureCollection"):
        Dataset.from_stac(path).download(tmp_path / "data", progress=False)


def test_a_file_that_did_not_change_is_not_read_again(hub, tmp_path):
    """A second run takes its rows from the manifest; files that were deleted come back all the same."""
    path = written(tmp_path / "items.ndjson", [json.dumps(item("a", {"image": hub.file("a.tif").href}))])
    dataset = Dataset.from_stac(path)
    report = dataset.download(tmp_path / "data", progress=False)
    stac = report.folder / "scenes/a/a.json"
    content = stac.read_bytes()
    stac.unlink()

    again = dataset.download(tmp_path / "data", progress=False)

    assert (again.kept, again.fetched) == (1, 0)
    assert stac.read_bytes() == content


def test_nothing_is_unpacked_where_there_is_no_archive(hub, tmp_path):
    """The JSON is left while the items are read; nobody is shown a step that does nothing."""
    path = written(tmp_path / "items.ndjson", [json.dumps(item("a", {"image": hub.file("a.tif").href}))])
    phases = []

    Dataset.from_stac(path).download(tmp_path / "data", progress=lambda event: phases.append(event.phase))

    assert "unpack" not in phases
    assert {"index", "assets"} <= set(phases)


def test_an_item_that_names_a_path_outside_stays_inside(hub, tmp_path):
    path = written(
        tmp_path / "items.ndjson", [json.dumps(item("../../evil", {"image": hub.file("a.tif").href}))]
    )

    with pytest.raises(DownloadFailed):
        Dataset.from_stac(path).download(tmp_path / "data", progress=False)

    assert list(tmp_path.rglob("*evil*")) == []


@pytest.mark.parametrize("before", ["\ufeff", "\n \n", '{"type": "Feature", "id": 7}\n'])
def test_what_stands_before_the_first_good_line_spoils_nothing(hub, tmp_path, before):
    """A mark of the encoding, blank lines, an item that is broken."""
    path = tmp_path / "items.ndjson"
    whole = json.dumps(item("a", {"image": hub.file("a.tif").href}))
    path.write_text(f"{before}{whole}\n", encoding="utf-8")

    report = Dataset.from_stac(path).download(tmp_path / "data", dry_run=True, progress=False)

    assert report.planned == 1
