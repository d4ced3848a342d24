"""What an item's JSON says, and what of it is broken."""

import pytest

from radiant_mlhub.download.item_records import item_record
from radiant_mlhub.download.records import ItemRecord
from radiant_mlhub.download.report import Failure
from radiant_mlhub.sources.source import SourceObject


def read(body, place="images/a/a.json", base_href=None):
    return item_record(SourceObject(place, body, base_href), "ds")


def item(**assets):
    return {"type": "Feature", "id": "a", "collection": "images", "properties": {}, "assets": assets}


def test_an_asset_has_the_path_the_layout_gives_it():
    record = read(item(image={"href": "https://h/x/scene.tif"}))

    assert isinstance(record, ItemRecord)
    assert [asset.save_path for asset in record.assets] == ["images/a/image.tif"]


def test_an_item_without_collection_belongs_to_the_folder_it_lies_in():
    body = item(image={"href": "https://h/1.tif"})
    del body["collection"]

    assert read(body, "images/a/a.json").collection_id == "images"


def test_an_item_without_collection_and_folder_is_a_row_of_the_report():
    body = item()
    del body["collection"]

    failure = read(body, "a.json")

    assert isinstance(failure, Failure)
    assert 'no "collection"' in failure.error


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("ftp://h/1.tif", 'has the scheme "ftp"'),
        ("file:///etc/passwd", 'has the scheme "file"'),
        ("./1.tif", "is relative"),
        ("https:///1.tif", "names no host"),
        (None, "has no href"),
        (7, "has no href"),
        ("", "has no href"),
    ],
)
def test_an_href_that_cannot_be_fetched_loses_its_asset_alone(href, said):
    """The other asset of the item is not touched by it."""
    record = read(item(broken={"href": href}, whole={"href": "https://h/1.tif"}))

    assert [asset.key for asset in record.assets] == ["whole"]
    assert [row.asset_key for row in record.broken] == ["broken"]
    assert said in record.broken[0].error


def test_an_asset_that_is_no_object_loses_itself_alone():
    record = read(item(broken="https://h/1.tif"))

    assert record.broken[0].asset_key == "broken"


@pytest.mark.parametrize("key", ["../up", "..", "a\0b", "/etc/passwd"])
def test_an_asset_key_that_leaves_its_folder_is_a_row(key):
    record = read(item(**{key: {"href": "https://h/1.tif"}}))

    assert record.assets == ()
    assert record.broken[0].asset_key == key


def test_an_item_id_that_leaves_its_folder_is_a_row():
    body = {**item(image={"href": "https://h/1.tif"}), "id": "../../evil"}

    assert isinstance(read(body), Failure)


def test_relative_hrefs_start_from_where_the_item_says_it_lies():
    record = read(item(image={"href": "../1.tif"}), base_href="https://h/images/a/a.json")

    assert record.assets[0].href == "https://h/images/1.tif"


def test_the_catalogs_size_and_checksum_are_kept_and_an_unknown_checksum_is_no_fault():
    sha = "1220" + "ab" * 32
    record = read(
        item(
            a={"href": "https://h/1.tif", "file:size": 7, "file:checksum": sha},
            b={"href": "https://h/2.tif", "file:size": -1, "file:checksum": "zz"},
        )
    )

    assert [(asset.size_bytes, asset.digests) for asset in record.assets] == [
        (7, ("sha2-256:" + "ab" * 32,)),
        (None, ()),
    ]


def test_other_json_of_an_archive_is_left_alone():
    assert read({"version": 8, "layers": []}) is None
    assert read({"type": "Catalog", "id": "c"}) is None
