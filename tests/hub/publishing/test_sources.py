"""What can be published besides a folder: archives and downloads; and what archives of a hub hold."""

import json
import sqlite3
import tarfile
from contextlib import closing

import pystac
import pytest

from radiant_mlhub import tar_reader
from radiant_mlhub.exceptions import ArchiveBroken, PublicationRefused
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.publishing.catalog_archives import catalog_archive
from radiant_mlhub.hub.publishing.checking import check_hub
from radiant_mlhub.hub.store import OWN_HREF
from support import recorded_hub
from support.recorded import needs_recordings
from support.training_dataset import collection, item, write_json
from support.untarred import untar

BASE_URL = "https://hub.example.org"
RECORDED = recorded_hub.RECORDINGS / "bodies/catalog__nasa_marine_debris.tar.gz"


def packed(folder, path, *, top="."):
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=top)
    return path


def members(path):
    """Name and content of each file of an archive, as a tar reader of another hand reads it."""
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def archive_of(folder, store, collection_id):
    path = store.collection(collection_id)["mlhub:archive"]["path"]
    return folder.path / store.file(store.version(store.dataset_of(collection_id)), path).location


@pytest.mark.parametrize("top", [".", "crops", "./crops"])
def test_a_catalog_archive_is_a_source(folder, store, crops, tmp_path, top):
    publish(folder, store, packed(crops.folder, tmp_path / "crops.tar.gz", top=top), dataset_id="crops")

    assert store.item_count("crops_source") == 3
    assert check_hub(folder, store, with_digests=True).problems == []
    # Nothing stays of what was unpacked but the assets.
    assert sorted(each.name for each in folder.publication(store.version("crops")).iterdir()) == [
        "archives",
        "assets",
    ]


def test_a_collection_archive_has_the_documented_structure(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    found = members(archive_of(folder, store, "crops_labels"))
    assert sorted(found) == sorted(
        [
            "crops_labels/_common/documentation.pdf",
            "crops_labels/collection.json",
            *(
                f"crops_labels/{name}_labels/{file}"
                for name in crops.names
                for file in ("labels.geojson", "stac.json")
            ),
        ]
    )
    read = json.loads(found["crops_labels/place_0001_labels/stac.json"])
    assert read["assets"]["labels"]["href"] == "./labels.geojson"
    assert read["assets"]["documentation"]["href"] == "../_common/documentation.pdf"
    assert {
        "rel": "source",
        "href": "../../crops_source/place_0001_source/stac.json",
        "type": "application/json",
    } in (read["links"])
    assert OWN_HREF.encode() not in b"".join(found.values())


def test_a_collection_archive_can_be_published_again(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    archive = archive_of(folder, store, "crops_labels")
    expected = json.loads(store.item("crops_labels", "place_0001_labels"))
    store.unpublish("crops")

    publish(folder, store, archive, dataset_id="labels_alone")

    after = json.loads(store.item("crops_labels", "place_0001_labels"))
    for key in ("labels", "documentation"):
        assert after["assets"][key]["file:checksum"] == expected["assets"][key]["file:checksum"]
    assert store.item_count("crops_labels") == 3


def test_a_collection_without_links_to_its_items_has_those_below_it(folder, store, tmp_path):
    top = tmp_path / "labels"
    write_json(top / "collection.json", collection("labels", []))
    for name in ("a", "b"):
        write_json(top / name / "stac.json", item(name, "labels", {"labels": {"href": "labels.json"}}))
        write_json(top / name / "labels.json", {"type": "FeatureCollection", "features": []})

    publish(folder, store, packed(top, tmp_path / "labels.tar.gz", top="labels"), dataset_id="labels")

    assert store.item_count("labels") == 2


def test_what_cannot_be_read_below_a_collection_without_links_is_noted(folder, store, tmp_path):
    """It may have been an item; or a label, which is published as it is."""
    write_json(tmp_path / "labels/collection.json", collection("labels", []))
    write_json(tmp_path / "labels/a/stac.json", item("a", "labels", {"labels": {"href": "labels.json"}}))
    (tmp_path / "labels/a/labels.json").write_bytes(b'{"type": "FeatureColl')
    (tmp_path / "labels/b").mkdir()
    (tmp_path / "labels/b/stac.json").write_bytes(b"")

    report = publish(folder, store, tmp_path / "labels", dataset_id="labels")

    assert (report.items, report.files, report.is_clean) == (1, 1, True)
    assert [words.partition(":")[0] for words in report.notes] == [
        "a/labels.json cannot be read, and is no item therefore",
        "b/stac.json cannot be read, and is no item therefore",
    ]


def test_archives_of_the_same_dataset_are_the_same_bytes(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    first = archive_of(folder, store, "crops_source").read_bytes()

    publish(folder, store, crops.folder, dataset_id="crops")

    assert archive_of(folder, store, "crops_source").read_bytes() == first


def test_a_catalog_archive_has_the_structure_that_the_recorded_one_has(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")

    archive = catalog_archive(folder, store, "crops", BASE_URL)

    found = members(archive)
    assert "crops/catalog.json" in found
    assert "crops/crops_labels/collection.json" in found
    read = json.loads(found["crops/crops_labels/place_0001_labels/place_0001_labels.json"])
    version = store.version("crops")
    assert read["assets"]["labels"]["href"] == (
        f"{BASE_URL}/files/{version}/assets/crops_labels/place_0001_labels/labels.geojson"
    )
    assert "../../crops_source/place_0001_source/place_0001_source.json" in [
        link["href"] for link in read["links"] if link["rel"] == "source"
    ]
    assert b"mlhub:archive" not in found["crops/crops_labels/collection.json"]
    assert [type(each).__name__ for each in tar_reader.members(archive)] == ["Member"] * len(found)


def test_pystac_finds_every_item_of_a_catalog_archive(folder, store, crops, tmp_path):
    publish(folder, store, crops.folder, dataset_id="crops")
    untar(catalog_archive(folder, store, "crops", BASE_URL), tmp_path / "unpacked")

    read = pystac.Catalog.from_file(str(tmp_path / "unpacked/crops/catalog.json"))

    assert sorted(each.id for _, _, items in read.walk() for each in items) == sorted(
        f"{name}_{kind}" for name in crops.names for kind in ("source", "labels")
    )


def test_a_catalog_archive_is_made_once_for_each_address_and_anew_for_a_new_version(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    here = catalog_archive(folder, store, "crops", BASE_URL)
    inode = here.stat().st_ino

    assert catalog_archive(folder, store, "crops", BASE_URL).stat().st_ino == inode
    there = catalog_archive(folder, store, "crops", "http://127.0.0.1:8000")
    assert there != here
    publish(folder, store, crops.folder, dataset_id="crops")
    assert catalog_archive(folder, store, "crops", BASE_URL) != here


def test_what_a_download_left_is_a_source_and_what_did_not_arrive_keeps_its_address(
    folder, store, crops, tmp_path
):
    """The catalog names addresses; the documented view of the manifest says which files they became."""
    remote = {"href": "https://example.org/chip.tif"}
    for name in crops.names:
        for kind in ("source", "labels"):
            crops.change_item(name, kind, assets={"image": remote})
    saved = crops.folder / "crops_source/place_0001_source/image.tif"
    saved.write_bytes(b"downloaded")
    with closing(sqlite3.connect(crops.folder / "mlhub_stac_assets.db")) as manifest:
        manifest.execute(
            "CREATE TABLE assets (collection_id, item_id, asset_key, asset_url, asset_save_path, filtered)"
        )
        rows = [
            ("place_0001_source", "crops_source/place_0001_source/image.tif", 0),
            ("place_0002_source", "crops_source/place_0002_source/image.tif", 0),
            ("place_0000_source", "crops_source/place_0001_source/image.tif", 1),
        ]
        manifest.executemany(
            "INSERT INTO assets VALUES ('crops_source', ?, 'image', 'https://example.org/chip.tif', ?, ?)",
            rows,
        )
        manifest.commit()

    publish(folder, store, crops.folder, dataset_id="crops")

    hrefs = {
        name: json.loads(store.item("crops_source", f"{name}_source"))["assets"]["image"]["href"]
        for name in crops.names
    }
    assert hrefs["place_0001"].endswith("assets/crops_source/place_0001_source/image.tif")
    assert hrefs["place_0000"] == hrefs["place_0002"] == remote["href"]


@pytest.mark.parametrize("check_only", [False, True])
def test_an_archive_cannot_stay_in_place(folder, store, crops, tmp_path, check_only):
    archive = packed(crops.folder, tmp_path / "c.tar.gz")

    with pytest.raises(PublicationRefused, match="is an archive: its files cannot be left in place"):
        publish(folder, store, archive, dataset_id="crops", how="in-place", check_only=check_only)


def test_a_damaged_archive_is_said_and_leaves_nothing(folder, store, crops, tmp_path):
    archive = packed(crops.folder, tmp_path / "crops.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-20])

    with pytest.raises(ArchiveBroken):
        publish(folder, store, archive, dataset_id="crops")

    assert list(folder.publications.iterdir()) == []


def test_an_archive_that_would_leave_its_folder_is_refused(folder, store, tmp_path):
    outside = tmp_path / "outside.json"
    outside.write_text("{}")
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as archive:
        archive.add(outside, arcname="../../../outside.json")

    with pytest.raises(ArchiveBroken, match="would leave its folder"):
        publish(folder, store, tmp_path / "evil.tar.gz", dataset_id="evil")


@needs_recordings
def test_the_recorded_catalog_is_published_as_it_is(folder, store):
    report = publish(folder, store, RECORDED, dataset_id="nasa_marine_debris", how="remote")

    assert [(each.collection_id, each.types, each.items) for each in report.collections] == [
        ("nasa_marine_debris_source", ["source_imagery"], 706),
        ("nasa_marine_debris_labels", ["labels"], 706),
    ]
    recorded = json.loads((recorded_hub.RECORDINGS / "bodies/datasets__nasa_marine_debris.json").read_bytes())
    told = store.dataset("nasa_marine_debris")
    assert set(told) == set(recorded)
    assert told["documentation_link"] == recorded["documentation_link"]
    assert (told["doi"], told["citation"]) == (recorded["doi"], recorded["citation"])
    assert check_hub(folder, store).problems == []


@needs_recordings
def test_the_recorded_catalog_comes_back_as_it_was(folder, store):
    """The archive that a hub makes of it holds the same items: ids, assets, properties and sources."""
    publish(folder, store, RECORDED, dataset_id="nasa_marine_debris", how="remote")

    made = members(catalog_archive(folder, store, "nasa_marine_debris", BASE_URL))

    recorded = {name.removeprefix("./"): content for name, content in members(RECORDED).items()}
    assert set(made) == set(recorded)
    items = [name for name in recorded if not name.endswith(("catalog.json", "collection.json"))]
    for name in items:
        was, is_now = json.loads(recorded[name]), json.loads(made[name])
        for links in (was["links"], is_now["links"]):
            links[:] = [link for link in links if link["rel"] == "source"]
        assert is_now == was


@needs_recordings
def test_the_recorded_catalog_is_published_with_the_files_of_a_download(folder, store, tmp_path):
    """Every asset of it as a file that a download would have left: 1,412 items name 2,825 of them."""
    untar(RECORDED, tmp_path)
    top = tmp_path / "nasa_marine_debris"
    rows = []
    for path in top.glob("*/*/*.json"):
        body = json.loads(path.read_bytes())
        for key, asset in body["assets"].items():
            saved = f"{body['collection']}/{body['id']}/{key}"
            saved = "_common/documentation.pdf" if key == "documentation" else saved
            (top / saved).parent.mkdir(parents=True, exist_ok=True)
            (top / saved).write_text(asset["href"])
            rows.append((body["collection"], body["id"], key, asset["href"], saved))
    with closing(sqlite3.connect(top / "mlhub_stac_assets.db")) as manifest:
        manifest.execute(
            "CREATE TABLE assets (collection_id, item_id, asset_key, asset_url, asset_save_path, filtered)"
        )
        manifest.executemany("INSERT INTO assets VALUES (?, ?, ?, ?, ?, 0)", rows)
        manifest.commit()

    report = publish(folder, store, top, dataset_id="nasa_marine_debris", how="link")

    assert (report.items, report.files) == (1412, 2825)
    assert check_hub(folder, store).problems == []
    found = members(archive_of(folder, store, "nasa_marine_debris_labels"))
    # A label, its bounds and its item, and one document and one collection for all.
    assert len(found) == 3 * 706 + 2
    assert found["nasa_marine_debris_labels/_common/documentation.pdf"].endswith(b"documentation.pdf")


def test_a_source_that_begins_behind_a_symbolic_link_is_refused(folder, store, crops, tmp_path):
    """Whoever publishes a folder publishes what lies in it, and nothing that it leads to."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "data").symlink_to(crops.folder)

    with pytest.raises(PublicationRefused, match="leads out of"):
        publish(folder, store, source, dataset_id="crops")


def test_an_item_without_a_link_to_it_may_not_lie_elsewhere_either(folder, store, tmp_path):
    source = tmp_path / "source"
    write_json(source / "collection.json", collection("alone", []))
    write_json(tmp_path / "elsewhere.json", item("elsewhere", "alone", {}))
    (source / "inside.json").symlink_to(tmp_path / "elsewhere.json")

    with pytest.raises(PublicationRefused) as refused:
        publish(folder, store, source, dataset_id="alone")

    assert "leads out of" in refused.value.problems[0]
