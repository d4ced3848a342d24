"""What ``Dataset.from_stac`` makes of what a user names, and what it says where that is no source."""

import json

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, EntityDoesNotExist, InvalidArgument, TransferFailed
from radiant_mlhub.sources.opening import looks_like_a_source
from support.scripted_hub import item, tar_gz


def told_by(error_class, location):
    with pytest.raises(error_class) as caught:
        Dataset.from_stac(location)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "a web page"),
        (b"<?xml version='1.0'?><ListBucketResult/>", "the listing of a bucket"),
        (b"II*\0\x08\0\0\0", "an image"),
        (b"\x89PNG\r\n\x1a\n", "an image"),
        (b"\0\x01\x02\x03", "a binary file"),
        (b"<html><head><title>Index of /stac/</title>", "the listing of a folder"),
        (b"", "empty"),
        (b'{"type": "Catalog", ', "JSON that cannot be read"),
        (b"name,href\na,b\n", "no JSON"),
    ],
)
def test_what_is_no_stac_is_told_in_a_sentence(web, tmp_path, content, what):
    path = tmp_path / "catalog.json"
    path.write_bytes(content)
    href = web.add("catalog.json", content).href

    assert told_by(CatalogBroken, path) == f"{path} is no STAC: it is {what}."
    assert told_by(CatalogBroken, href) == f"{href} is no STAC: it is {what}."


@pytest.mark.parametrize("content", [b"[1, 2]", b"7", b'"text"', b"null"])
def test_json_that_is_no_object_is_no_stac(tmp_path, content):
    path = tmp_path / "catalog.json"
    path.write_bytes(content)

    assert told_by(CatalogBroken, path) == f"{path} is no STAC: its JSON is no object."


def test_json_of_another_kind_is_named(tmp_path):
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps({"type": "Topology"}))

    assert told_by(CatalogBroken, path) == f"{path} is no STAC: its \"type\" is 'Topology'."


def test_nothing_is_there(web, tmp_path):
    for name in ("a.tar.gz", "a.ndjson", "a.json"):
        assert told_by(EntityDoesNotExist, tmp_path / name) == f"There is no file {tmp_path / name}."
    assert told_by(EntityDoesNotExist, f"{web.url}/a.json") == f"There is nothing at {web.url}/a.json."


def test_a_server_that_refuses_is_told(web):
    href = web.add("catalog.json", b"{}", status=403).href

    assert href in told_by(TransferFailed, href)


@pytest.mark.parametrize("location", ["", "  ", "a\0b"])
def test_what_names_nothing_is_refused(location):
    assert "names no source" in told_by(InvalidArgument, location)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("nasa_marine_debris", False),
        ("10.34911/rdnt.9r6ekg", False),
        ("nasa_marine_debris.tar.gz", True),
        ("./data", True),
        ("~/data", True),
        ("https://example.org/catalog.json", True),
        ("s3://bucket/collection.json", True),
        ("items.ndjson", True),
        ("catalog.json", True),
    ],
)
def test_a_source_is_told_from_an_id(text, is_one):
    """The command line takes both in one place."""
    assert looks_like_a_source(text) is is_one


def test_a_folder_with_a_separator_is_a_source(tmp_path, monkeypatch):
    """A bare word is not: a second download finds the folder of the first, called as its dataset."""
    (tmp_path / "farms/crops").mkdir(parents=True)
    (tmp_path / "crops").mkdir()
    monkeypatch.chdir(tmp_path)

    assert looks_like_a_source("farms/crops")
    assert looks_like_a_source("crops/")
    assert not looks_like_a_source("crops")


def test_the_dataset_is_called_as_its_file(hub, tmp_path):
    scene = hub.file("a.tif")
    lines = json.dumps(item("a", {"image": scene.href}))
    for name in ("kenya crops.ndjson", "kenya crops.json"):
        (tmp_path / name).write_text(
            lines
            if name.endswith("ndjson")
            else json.dumps({"type": "FeatureCollection", "features": [json.loads(lines)]})
        )
        dataset = Dataset.from_stac(tmp_path / name)

        assert dataset.id == "kenya crops"
        assert dataset.stac_catalog_size == (tmp_path / name).stat().st_size
        assert dataset.estimated_dataset_size is None
        report = dataset.download("data", progress=False)
        assert [path.relative_to(tmp_path).as_posix() for path in report.paths] == [
            "data/kenya crops/scenes/a/image.tif"
        ]
        assert json.loads((tmp_path / "data/kenya crops/scenes/a/a.json").read_text())["id"] == "a"


def test_an_archive_that_is_cut_is_told(tmp_path):
    whole = tar_gz({"ds/catalog.json": b"{}"})
    (tmp_path / "ds.tar.gz").write_bytes(whole[:-20])
    dataset = Dataset.from_stac(tmp_path / "ds.tar.gz")

    with pytest.raises(CatalogBroken):
        dataset.download(tmp_path / "data", progress=False)


def test_a_page_of_a_search_is_not_taken_for_all_of_it(web):
    page = {"type": "FeatureCollection", "features": [], "links": [{"rel": "next", "href": "?token=2"}]}
    href = web.add("collections/c/items", json.dumps(page).encode()).href

    assert (
        told_by(CatalogBroken, href) == f"{href} is a page of a search, not all of it. Name the API itself."
    )
