"""A folder becomes a dataset of the hub, with its files, digests and types."""

import hashlib
import json
import os
from pathlib import Path

import pytest

from radiant_mlhub.exceptions import InvalidArgument, PublicationFailed, PublicationRefused
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.publishing.staging import leftovers
from radiant_mlhub.hub.store import OWN_HREF
from support.training_dataset import collection, item, link, write_json

ITEM = ("crops_source", "place_0001_source")


def asset_of(store, key="image", ids=ITEM):
    return json.loads(store.item(*ids))["assets"][key]


def file_of(store, asset):
    version, _, path = asset["href"].removeprefix(f"{OWN_HREF}files/").partition("/")
    return store.file(version, path)


def test_a_published_file_is_the_file_of_the_source(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    asset = asset_of(store)
    stored = file_of(store, asset)
    content = (folder.path / stored.location).read_bytes()
    assert content == crops.chip("place_0001").read_bytes()
    assert asset["file:size"] == stored.size == len(content)
    assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    assert stored.md5 == hashlib.md5(content).hexdigest()
    assert "https://stac-extensions.github.io/file/v2.1.0/schema.json" in store.item(*ITEM)


def test_the_report_counts_what_was_published(folder, store, crops):
    report = publish(folder, store, crops.folder, dataset_id="crops")

    assert [(each.collection_id, each.types, each.items) for each in report.collections] == [
        ("crops_source", ["source_imagery"], 3),
        ("crops_labels", ["labels"], 3),
    ]
    # A chip and a label a place, and one document.
    assert (report.items, report.files, report.skipped) == (6, 7, 0)
    assert report.file_bytes == store.asset_bytes("crops")
    assert report.version == store.version("crops")


def test_a_file_that_many_items_name_is_kept_once(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    hrefs = {
        asset_of(store, "documentation", (f"crops_{kind}", f"{name}_{kind}"))["href"]
        for name in crops.names
        for kind in ("source", "labels")
    }
    assert hrefs == {f"{OWN_HREF}files/{store.version('crops')}/assets/_common/documentation.pdf"}


def test_links_that_say_where_an_item_stands_go_and_others_stay(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    text = store.item("crops_labels", "place_0001_labels")
    assert text.endswith("]}")
    assert json.loads(text)["links"] == [
        link("source", f"{OWN_HREF}mlhub/v1/collections/crops_source/items/place_0001_source"),
        link("via", "https://example.org/crops"),
    ]


def test_the_dataset_says_what_the_publisher_and_its_collections_say(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops", doi="10.5072/crops", tags=["crop"], citation="C")

    told = store.dataset("crops")
    assert told["title"] == "Crops of somewhere"
    assert told["description"] == "Which crop grows where"
    assert (told["doi"], told["tags"], told["citation"], told["status"]) == (
        "10.5072/crops",
        ["crop"],
        "C",
        "ready",
    )
    assert told["collections"][1] == {"id": "crops_labels", "types": ["labels"], "license": "CC-BY-4.0"}
    assert told["bbox"]["coordinates"] == [
        [[[33.0, -1.0], [45.0, -1.0], [45.0, 2.0], [33.0, 2.0], [33.0, -1.0]]]
    ]


def test_the_publisher_decides_what_is_a_label(folder, store, crops):
    publish(
        folder,
        store,
        crops.folder,
        dataset_id="crops",
        labels=["crops_source"],
        source_imagery=["crops_labels", "crops_source"],
    )

    types = {each["id"]: each["types"] for each in store.dataset("crops")["collections"]}
    assert types == {"crops_source": ["source_imagery", "labels"], "crops_labels": ["source_imagery"]}


def test_links_take_no_second_copy(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops", how="link")

    stored = file_of(store, asset_of(store))
    assert (folder.path / stored.location).samefile(crops.chip("place_0001"))


def test_files_in_place_are_served_from_where_they_are(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops", how="in-place", archives=False)

    stored = file_of(store, asset_of(store))
    assert Path(stored.location) == crops.chip("place_0001")
    assert stored.mtime_ns == crops.chip("place_0001").stat().st_mtime_ns
    assert list(folder.publication(store.version("crops")).iterdir()) == []


def test_remote_assets_keep_their_addresses_and_get_no_digests(folder, store, crops):
    href = "https://example.org/chip.tif"
    for name in crops.names:
        for kind in ("source", "labels"):
            crops.change_item(name, kind, assets={"image": {"href": href}})

    report = publish(folder, store, crops.folder, dataset_id="crops", how="remote")

    assert asset_of(store) == {"href": href}
    assert report.files == 0
    assert "mlhub:archive" not in store.collection("crops_source")


def test_remote_does_not_take_files(folder, store, crops):
    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops", how="remote")

    assert "is a file here; --remote is for assets that have an address" in refused.value.problems[0]


def test_publishing_again_replaces_all_of_it_and_the_old_files_stay_for_downloads(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    before = file_of(store, asset_of(store))
    added = store.dataset("crops")["date_added"]
    crops.chip("place_0001").write_bytes(b"new pixels")

    report = publish(folder, store, crops.folder, dataset_id="crops")

    assert report.is_replacement
    assert (folder.path / before.location).read_bytes() == b"pixels of place_0001"
    assert (folder.path / file_of(store, asset_of(store)).location).read_bytes() == b"new pixels"
    assert store.dataset("crops")["date_added"] == added
    assert store.item_count("crops_source") == 3


def test_a_collection_alone_is_a_dataset(folder, store, crops):
    for name in crops.names:  # without the document that lies beside the collection
        crops.change_item(name, "source", assets={"image": {"href": "chip.tif"}})

    publish(folder, store, crops.folder / "crops_source/collection.json", dataset_id="one")

    assert [each["id"] for each in store.dataset("one")["collections"]] == ["crops_source"]
    assert store.item_count("crops_source") == 3


def test_two_datasets_cannot_have_one_collection(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    with pytest.raises(PublicationRefused, match='"crops_source" belongs to the dataset "crops"'):
        publish(folder, store, crops.folder, dataset_id="other")

    assert store.dataset("other") is None
    assert leftovers(folder, store) == []


def test_a_check_refuses_what_another_dataset_has_in_the_words_of_publish(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    sentence = 'The collection "crops_source" belongs to the dataset "crops".'
    said = []

    for check_only in (True, False):
        with pytest.raises(PublicationRefused) as refused:
            publish(folder, store, crops.folder, dataset_id="other", check_only=check_only)
        said.append(str(refused.value))

    assert (
        said == [f"{sentence} Rename the collection, or unpublish that dataset. Nothing was published."] * 2
    )


def test_a_digest_of_the_catalog_that_is_not_that_of_the_file_is_a_problem(folder, store, crops):
    wrong = {"href": "chip.tif", "file:checksum": "1220" + hashlib.sha256(b"other").hexdigest()}
    crops.change_item("place_0001", "source", assets={"image": wrong})

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops")

    assert refused.value.problems == [
        f"crops_source{os.sep}place_0001_source{os.sep}place_0001_source.json: $.assets.image: "
        "file:checksum is not that of the file"
    ]


def test_an_unreadable_file_is_a_problem_of_its_item(folder, store, crops):
    crops.change_item("place_0002", "source", assets={"image": {"href": "missing.tif"}})

    report = publish(folder, store, crops.folder, dataset_id="crops", skip_invalid=True)

    assert [str(problem) for problem in report.problems] == [
        "crops_source/place_0002_source/place_0002_source.json: $.assets.image.href: "
        "'missing.tif' is no file here"
    ]
    assert store.item_count("crops_source") == 2


def without_links_to_items(path):
    body = json.loads(path.read_text())
    write_json(path, {**body, "links": [each for each in body["links"] if each["rel"] != "item"]})


@pytest.mark.parametrize("is_linked", [True, False])
@pytest.mark.parametrize("damage", ["not valid", "of another collection", "no JSON", "gone"])
def test_a_collection_that_loses_all_its_items_is_left_out(folder, store, crops, damage, is_linked):
    """Unless nothing says that it had any: a file that is no item may be anything."""
    for name in crops.names:
        path = crops.item_file(name, "labels")
        if damage == "not valid":
            crops.change_item(name, "labels", stac_version="0.9.0")
        elif damage == "of another collection":
            crops.change_item(name, "labels", collection="crops_source")
        elif damage == "no JSON":
            path.write_bytes(b"{")
        else:
            path.unlink()
    crops.change_item("place_0000", "source", stac_version="0.9.0")
    if not is_linked:
        without_links_to_items(crops.folder / "crops_labels/collection.json")
    is_known = is_linked or damage in ("not valid", "of another collection")

    report = publish(folder, store, crops.folder, dataset_id="crops", skip_invalid=True)

    assert report.emptied == (["crops_labels"] if is_known else [])
    published = [each["id"] for each in store.dataset("crops")["collections"]]
    assert published == [each.collection_id for each in report.collections]
    assert published == ["crops_source", *([] if is_known else ["crops_labels"])]
    assert (store.dataset_of("crops_labels") is None) == is_known


def test_a_collection_that_never_had_items_stays_where_others_are_skipped(folder, store, crops):
    without_links_to_items(crops.folder / "crops_labels/collection.json")
    for name in crops.names:
        crops.item_file(name, "labels").unlink()
    crops.change_item("place_0000", "source", stac_version="0.9.0")

    report = publish(folder, store, crops.folder, dataset_id="crops", skip_invalid=True)

    assert [(each.collection_id, each.items) for each in report.collections] == [
        ("crops_source", 2),
        ("crops_labels", 0),
    ]
    assert report.emptied == []


def test_one_bad_item_stops_everything_unless_it_is_to_be_skipped(folder, store, crops):
    crops.change_item("place_0000", "labels", properties={"datetime": "yesterday"})

    with pytest.raises(PublicationRefused, match="has 1 problem; nothing was published"):
        publish(folder, store, crops.folder, dataset_id="crops")

    assert store.dataset("crops") is None
    assert list(folder.publications.iterdir()) == []


def test_a_check_publishes_nothing_and_says_the_same(folder, store, crops):
    crops.change_item("place_0000", "labels", properties={"datetime": "yesterday"})

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops", check_only=True)

    assert "place_0000_labels.json: $.properties.datetime: Input should be a valid datetime" in str(
        refused.value.problems
    )
    assert not folder.publications.exists()


def test_a_check_of_what_is_right_counts_it(folder, store, crops):
    """As much as is then published."""
    report = publish(folder, store, crops.folder, dataset_id="crops", check_only=True)

    assert (report.version, report.items) == (None, 6)
    assert store.dataset("crops") is None
    published = publish(folder, store, crops.folder, dataset_id="crops")
    assert (report.files, report.file_bytes) == (published.files, published.file_bytes)


@pytest.mark.parametrize("how", ["copy", "in-place"])
def test_an_item_that_comes_twice_is_said_with_both_files(folder, store, crops, how):
    crops.change_item("place_0001", "source", id="place_0000_source")

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops", how=how)

    assert '$.id: "place_0000_source" is the id of the item in' in refused.value.problems[0]


def test_a_string_that_looks_like_an_address_of_the_hub_is_refused(folder, store, crops):
    crops.change_item(
        "place_0001",
        "source",
        properties={"datetime": "2019-06-06T08:00:00Z", "note": f"see {OWN_HREF}files/x"},
    )

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops")

    assert 'holds "mlhub-hub:/", which the hub keeps for itself' in refused.value.problems[0]


@pytest.mark.parametrize(
    "href", ["../../../secret.txt", "{tmp}/secret.txt", "file://{tmp}/secret.txt", "door.txt"]
)
@pytest.mark.parametrize("how", ["copy", "link", "in-place"])
def test_nothing_outside_of_the_source_is_published(  # noqa: PLR0917 - fixtures
    folder, store, crops, tmp_path, href, how
):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (crops.item_file("place_0001", "source").parent / "door.txt").symlink_to(secret)
    crops.change_item(
        "place_0001", "source", assets={"image": {"href": href.format(tmp=tmp_path.as_posix())}}
    )

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops", how=how)

    assert "leads out of" in refused.value.problems[0]
    assert not [path for path in folder.path.rglob("*") if path.is_file() and b"secret" in path.read_bytes()]


def test_a_link_inside_of_the_source_is_followed(folder, store, crops):
    (crops.chip("place_0001").parent / "same.tif").symlink_to(crops.chip("place_0002"))
    crops.change_item("place_0001", "source", assets={"image": {"href": "same.tif"}})

    publish(folder, store, crops.folder, dataset_id="crops")

    stored = file_of(store, asset_of(store))
    assert (folder.path / stored.location).read_bytes() == b"pixels of place_0002"


def test_names_with_blanks_and_percents_are_found_and_can_be_asked_for(folder, store, tmp_path):
    source = tmp_path / "odd"
    write_json(source / "collection.json", collection("odd", ["./a%20b.json"]))
    assets = {"im age": {"href": "chip%201.tif"}, "100%": {"href": "50%.tif"}}
    write_json(source / "a b.json", item("a b", "odd", assets))
    (source / "chip 1.tif").write_bytes(b"1")
    (source / "50%.tif").write_bytes(b"2")

    publish(folder, store, source, dataset_id="odd")

    read = json.loads(store.item("odd", "a b"))["assets"]
    version = store.version("odd")
    assert read["im age"]["href"] == f"{OWN_HREF}files/{version}/assets/odd/a%20b/im%20age.tif"
    assert store.file(version, "assets/odd/a b/im age.tif").size == 1
    assert store.file(version, "assets/odd/a b/100%.tif").size == 1


def test_a_document_that_a_link_leads_to_is_published_too(folder, store, crops):
    (crops.folder / "LICENSE.txt").write_text("all rights")
    path = crops.folder / "crops_source" / "collection.json"
    body = json.loads(path.read_text())
    write_json(path, {**body, "links": [*body["links"], link("license", "../LICENSE.txt")]})

    publish(folder, store, crops.folder, dataset_id="crops")

    [kept] = store.collection("crops_source")["links"]
    assert kept["rel"] == "license"
    assert file_of(store, kept).size == len("all rights")


@pytest.mark.parametrize("how", ["copy", "in-place"])
def test_documents_of_one_name_are_kept_apart(folder, store, crops, how):
    for name in ("a", "b", "c"):
        write_json(crops.folder / name / "NOTES.txt", name)
    path = crops.folder / "crops_source" / "collection.json"
    body = json.loads(path.read_text())
    notes = [link("about", f"../{name}/NOTES.txt") for name in ("a", "b", "c")]
    write_json(path, {**body, "links": [*body["links"], *notes]})

    publish(folder, store, crops.folder, dataset_id="crops", how=how)

    kept = [file_of(store, each) for each in store.collection("crops_source")["links"]]
    assert [(folder.path / each.location).read_text() for each in kept] == ['"a"', '"b"', '"c"']


def test_a_catalog_of_catalogs_is_followed(folder, store, crops, tmp_path):
    write_json(
        tmp_path / "catalog.json",
        {
            "type": "Catalog",
            "id": "top",
            "stac_version": "1.1.0",
            "description": "Top",
            "links": [link("child", "./crops/catalog.json"), link("child", "./catalog.json")],
        },
    )

    report = publish(folder, store, tmp_path / "catalog.json", dataset_id="top")

    assert report.items == 6
    assert store.dataset("top")["description"] == "Top"


def test_what_lies_elsewhere_is_said(folder, store, crops):
    path = crops.folder / "crops_source" / "collection.json"
    body = json.loads(path.read_text())
    write_json(
        path, {**body, "links": [link("item", "https://example.org/item.json"), link("item", "no.json")]}
    )

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, crops.folder, dataset_id="crops")

    assert "https://example.org/item.json lies elsewhere" in refused.value.problems[0]
    assert "'no.json' is no file here" in refused.value.problems[1]


LONG = "a" * 40 + "..."
FORBIDDEN = "which cannot stand in file names on every system"
KEPT = "Windows, or a download, keeps that name for a purpose of its own"


@pytest.mark.parametrize(
    ("dataset_id", "shown", "fault"),
    [
        ("", "", "it is empty"),
        ("a" * 256, LONG, "it has 256 bytes, and there is room for 255 in a file's name"),
        ("a" * 40 + "ä" * 130, LONG, "it has 300 bytes, and there is room for 255 in a file's name"),
        ("a/b", "a/b", f"it holds '/', {FORBIDDEN}"),
        ("../a:b/c", "../a:b/c", f"it holds '/' and ':', {FORBIDDEN}"),
        ("a\0b", "a\0b", f"it holds '\\x00', {FORBIDDEN}"),
        ("a\udcffb", "a\udcffb", f"it holds '\\udcff', {FORBIDDEN}"),
        ("..", "..", "it begins with a dot"),
        (".hidden", ".hidden", "it begins with a dot"),
        ("a.", "a.", "it ends with a dot or a space"),
        ("a%20b", "a%20b", "it holds a % with two hex digits behind it, which would be read as a character"),
        ("CON", "CON", KEPT),
        ("_common", "_common", KEPT),
    ],
)
def test_an_id_that_is_no_name_is_refused_with_what_is_wrong_with_it(  # noqa: PLR0917 - fixtures
    folder, store, crops, dataset_id, shown, fault
):
    with pytest.raises(InvalidArgument) as refused:
        publish(folder, store, crops.folder, dataset_id=dataset_id)

    assert str(refused.value) == f"{shown!r} cannot be a dataset's id: {fault}."


@pytest.mark.parametrize("dataset_id", ["ferme d'été 2026", "50 % maïs", "a" * 255, "con_2026"])
def test_an_id_may_hold_spaces_and_letters_of_any_script(folder, store, crops, dataset_id):
    publish(folder, store, crops.folder, dataset_id=dataset_id)

    assert store.dataset(dataset_id)["id"] == dataset_id


def test_a_folder_without_stac_is_told_what_to_do(folder, store, tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(PublicationRefused, match="mlhub catalog makes one"):
        publish(folder, store, tmp_path / "empty", dataset_id="empty")


def test_a_hub_that_cannot_be_written_is_one_clear_error(folder, store, crops, monkeypatch):
    folder.publications.write_text("a file where a folder has to be")

    with pytest.raises(PublicationFailed, match='"crops" was not published'):
        publish(folder, store, crops.folder, dataset_id="crops")
