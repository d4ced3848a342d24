"""A download from its call to its report, against a hub of our own making."""

import csv
import logging
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import (
    CatalogBroken,
    DownloadFailed,
    EntityDoesNotExist,
    InvalidArgument,
    NoAssetsMatched,
    UnknownInFilter,
)
from support.faults import Fault
from support.scripted_hub import collection, item

LOGGER = "radiant_mlhub.client.catalog_downloader"


def download(dataset_id, folder, **options):
    return Dataset.fetch(dataset_id).download(folder, progress=False, **options)


def two_items(hub):
    """A dataset of two items, one asset each."""
    scenes = {name: hub.file(f"{name}.tif", size_bytes=500) for name in ("a", "b")}
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])
    return scenes


def rows_of(report):
    with report.err_report.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_the_report_counts_what_came(hub, tmp_path):
    scenes = two_items(hub)

    report = download("ds", tmp_path)

    assert (report.planned, report.fetched, report.kept, report.failed, report.unverified) == (2, 2, 0, 0, 0)
    assert report.bytes_fetched == sum(len(scene.content) for scene in scenes.values())
    assert [path.relative_to(tmp_path).as_posix() for path in report.paths] == [
        "ds/scenes/a/image.tif",
        "ds/scenes/b/image.tif",
    ]
    assert "fetched 2 of 2 files (1.0 kB)" in repr(report)


def test_a_dry_run_fetches_the_catalog_and_nothing_else(hub, tmp_path):
    """Whoever wants no bytes asks for none: the plan, the manifest, no files."""
    two_items(hub)

    report = download("ds", tmp_path, dry_run=True)

    assert (report.planned, report.fetched, report.sizes_unknown) == (2, 0, 2)
    assert "would fetch 2 of 2 files (at least 0 bytes: of 2 the catalog names no size)" in str(report)
    assert hub.asset_requests() == []
    assert list(report.paths) == []
    with closing(sqlite3.connect(report.manifest)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM assets").fetchone() == (2,)


def test_a_dry_run_knows_what_is_there_already(hub, tmp_path):
    two_items(hub)
    download("ds", tmp_path)

    report = download("ds", tmp_path, dry_run=True)

    assert "would fetch 0 of 2 files (0 bytes)" in str(report)

    assert (report.planned, report.kept) == (2, 2)


def test_catalog_only_unpacks_the_catalog_and_makes_no_database(hub, tmp_path):
    two_items(hub)

    report = download("ds", tmp_path, catalog_only=True)

    assert (tmp_path / "ds.tar.gz").is_file()
    assert (tmp_path / "ds/scenes/a/a.json").is_file()
    assert not report.manifest.exists()
    assert report.err_report.read_bytes() == b""
    assert hub.asset_requests() == []


@pytest.mark.parametrize(
    "odd",
    [
        {"\ud800": {}},
        {"x": {"href": "https://h/\ud800.tif"}},
        {"x": {"type": "\ud800"}},
        {"x": {"file:size": 10**20}},
    ],
)
def test_what_no_database_can_hold_costs_its_item_alone(hub, tmp_path, odd):
    """Lone halves of characters, which JSON may hold, and sizes beyond 64 bits."""
    scene = hub.file("a.tif")
    missing = {"href": f"{hub.blobs.url}/files/none.tif"}
    odd_assets = {key: missing | asset for key, asset in odd.items()}
    hub.publish("ds", [item("odd", odd_assets), item("a", {"image": scene.href})])

    with pytest.raises(DownloadFailed) as caught:
        download("ds", tmp_path)

    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content
    assert caught.value.report.failed >= 1
    assert rows_of(caught.value.report)


def test_one_broken_asset_is_a_row_and_the_rest_arrives(hub, tmp_path):
    """The run ends with the documented OSError, which carries the report."""
    scene = hub.file("a.tif")
    hub.publish("ds", [item("a", {"image": scene.href, "gone": f"{hub.blobs.url}/files/none.tif"})])

    with pytest.raises(OSError, match="asset download error") as caught:
        download("ds", tmp_path)

    assert isinstance(caught.value, DownloadFailed)
    report = caught.value.report
    assert (report.fetched, report.failed) == (1, 1)
    assert str(report.err_report) in str(caught.value)
    [row] = rows_of(report)
    assert row[1:] == ["ds", "scenes", "a", "gone", f"{hub.blobs.url}/files/none.tif"]
    assert [failure.asset_key for failure in report.failures] == ["gone"]
    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content


def test_the_error_report_is_of_the_last_run_only(hub, tmp_path):
    scene = hub.file("late.tif", faults=[Fault(status=404)])
    hub.publish("ds", [item("a", {"image": scene.href})])
    with pytest.raises(DownloadFailed):
        download("ds", tmp_path)

    report = download("ds", tmp_path)

    assert (report.fetched, rows_of(report)) == (1, [])


def test_odd_items_lose_only_what_is_broken(hub, tmp_path):
    """No place, no time, no extension, no collection, two assets on one path: all of it arrives."""
    files = [hub.file(name) for name in ("1.tif", "2", "3.tif", "4.tif", "5.tif", "6.tif")]
    without_collection = item("e", {"image": files[4].href})
    del without_collection["collection"]
    hub.publish(
        "ds",
        [
            item("a", {"image": files[0].href}, bbox=None, geometry=None),
            item("b", {"no_extension": files[1].href}, datetime=None),
            item("c", {"image": files[2].href, "IMAGE": files[3].href}),
            without_collection,
            item("f", {"image": files[5].href, "ftp": "ftp://h/1.tif", "../up": files[0].href}),
            item("..", {"image": files[0].href}),
        ],
        members={"ds/scenes/broken/broken.json": b'{"type": "Feature", '},
    )

    with pytest.raises(DownloadFailed) as caught:
        download("ds", tmp_path)

    report = caught.value.report
    assert report.fetched == 6
    assert report.moved == 1
    assert sorted(row[3:5] for row in rows_of(report)) == [["", ""], ["", ""], ["f", "../up"], ["f", "ftp"]]
    said = " | ".join(row[0] for row in rows_of(report))
    assert report.failed == 4, said
    for word in ('scheme "ftp"', "'../up'", "no JSON that can be read", "'..'"):
        assert word in said


def test_a_catalog_that_changed_is_read_and_unpacked_anew(hub, tmp_path):
    """The second run sees the new item and rewrites the changed one, without asking for old files."""
    one, two = hub.file("1.tif"), hub.file("2.tif")
    hub.publish("ds", [item("a", {"image": one.href})])
    download("ds", tmp_path)
    hub.publish("ds", [item("a", {"image": one.href}, note="changed"), item("b", {"image": two.href})])
    hub.blobs.requests.clear()

    report = download("ds", tmp_path)

    assert (report.fetched, report.kept) == (1, 1)
    assert [each.path for each in hub.asset_requests()] == ["/files/2.tif"]
    assert b"changed" in (tmp_path / "ds/scenes/a/a.json").read_bytes()


def test_an_interrupted_unpack_is_repaired(hub, tmp_path):
    two_items(hub)
    download("ds", tmp_path)
    whole = (tmp_path / "ds/scenes/a/a.json").read_bytes()
    (tmp_path / "ds/scenes/a/a.json").write_bytes(whole[:40])
    (tmp_path / "ds/scenes/b/b.json").unlink()

    download("ds", tmp_path)

    assert (tmp_path / "ds/scenes/a/a.json").read_bytes() == whole
    assert (tmp_path / "ds/scenes/b/b.json").is_file()


def test_json_assets_do_not_disturb_the_next_run(hub, tmp_path):
    """Assets are taken from the archive, never from JSON found in the folder."""
    label = hub.file("labels.json", b'{"no": "item"}')
    hub.publish("ds", [item("a", {"labels": label.href, "catalog": label.href, "collection": label.href})])
    download("ds", tmp_path)

    report = download("ds", tmp_path)

    assert (report.planned, report.kept, report.failed) == (3, 3, 0)


def test_a_file_from_another_address_is_fetched_anew(hub, tmp_path):
    """The catalog now names another file of the same size: what lies there is not it."""
    old, new = hub.file("old.tif", b"o" * 500), hub.file("new.tif", b"n" * 500)
    hub.publish("ds", [item("a", {"image": old.href})])
    download("ds", tmp_path)
    hub.publish("ds", [item("a", {"image": new.href})])

    report = download("ds", tmp_path)

    assert report.fetched == 1
    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == b"n" * 500


def test_assets_go_to_a_folder_of_their_own_where_one_is_named(hub, tmp_path):
    two_items(hub)

    report = download("ds", tmp_path / "catalog", asset_output_dir=tmp_path / "assets")

    assert (tmp_path / "catalog/ds/scenes/a/a.json").is_file()
    assert (tmp_path / "assets/ds/scenes/a/image.tif").is_file()
    assert report.manifest == tmp_path / "assets/ds/mlhub_stac_assets.db"
    assert not (tmp_path / "catalog/ds/scenes/a/image.tif").exists()


def test_a_top_folder_of_another_name_is_the_datasets_folder(hub, tmp_path):
    scene = hub.file("1.tif")
    hub.publish("ds", [item("a", {"image": scene.href})], top="ds-v2")

    report = download("ds", tmp_path)

    assert report.fetched == 1
    assert (tmp_path / "ds/scenes/a/a.json").is_file()


def test_filters_that_leave_nothing_say_what_each_took(hub, tmp_path):
    two_items(hub)

    with pytest.raises(RuntimeError) as caught:
        download("ds", tmp_path, bbox=[-10, -10, -9, -9])

    assert isinstance(caught.value, NoAssetsMatched)
    assert str(caught.value).startswith("after filtering by bounding box, zero assets to download. filter: ")
    assert "-10" in str(caught.value)
    assert caught.value.removed == {"bbox": 2}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"scnes": ["image"]}, 'collection "scnes", which "ds" does not have. Did you mean "scenes"?'),
        ({"scenes": ["imgae"]}, 'asset key "imgae", which no item of "scenes" has. Did you mean "image"?'),
        ({"zzz": []}, 'It has: "scenes".'),
    ],
)
def test_a_misspelled_collection_filter_names_what_is_nearest(hub, tmp_path, asked, said):
    two_items(hub)

    with pytest.raises(UnknownInFilter) as caught:
        download("ds", tmp_path, collection_filter=asked)

    assert said in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, RuntimeError)
    assert hub.asset_requests() == []


def test_collection_level_assets_follow_the_collection_filter(hub, tmp_path):
    """Its ids and its keys; place and time say nothing of a collection's own assets."""
    thumb, style, image = hub.file("thumb.png"), hub.file("style.qml"), hub.file("1.tif")
    hub.publish(
        "ds",
        [
            item("a", {"image": image.href}, collection="one"),
            item("b", {"image": image.href}, collection="two"),
        ],
        collections=[collection("one", {"thumbnail": thumb.href, "style": style.href}), collection("two")],
    )

    report = download("ds", tmp_path, collection_filter={"one": ["thumbnail"]})
    assert [path.name for path in report.paths] == ["thumbnail.png"]

    report = download("ds", tmp_path / "by_place", bbox=[10, 50, 11, 51])
    assert {path.name for path in report.paths} >= {"thumbnail.png", "style.qml"}


def test_items_without_a_place_stay_in_with_one_counted_warning(hub, tmp_path, caplog):
    scenes = [hub.file(f"{n}.tif") for n in range(3)]
    nowhere = [item(str(n), {"image": scenes[n].href}, geometry=None) for n in range(2)]
    for each in nowhere:
        del each["bbox"]
    hub.publish("ds", [*nowhere, item("far", {"image": scenes[2].href}, bbox=[70, 1, 71, 2])])

    with caplog.at_level(logging.INFO, LOGGER):
        report = download("ds", tmp_path, bbox=[0, 0, 1, 1])

    assert report.fetched == 2
    warnings = [each.getMessage() for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert warnings[0].startswith("2 items")


def test_broken_item_data_is_a_row_only_where_a_filter_asks_for_it(hub, tmp_path):
    scene = hub.file("1.tif")
    hub.publish("ds", [item("a", {"image": scene.href}, bbox=[1, 2, 3])])

    assert download("ds", tmp_path / "unfiltered").fetched == 1
    with pytest.raises((DownloadFailed, NoAssetsMatched)):
        download("ds", tmp_path / "filtered", bbox=[0, 0, 1, 1])


@pytest.mark.parametrize(
    "wrong",
    [
        {"bbox": [0, 0, 1]},
        {"bbox": [0, 2, 1, 1]},
        {"bbox": []},
        {"intersects": {}},
        {"collection_filter": {}},
        {"datetime": ("2020-01-02", "2020-01-01")},
        {"bbox": [0, 0, 1, 1], "intersects": {"type": "Point", "coordinates": [0, 0]}},
        {"if_exists": "maybe"},
        {"output_dir": ""},
        {"output_dir": "ftp://host/x"},
        {"max_bytes_per_s": 0},
        {"max_bytes_per_s": 1.5},
    ],
)
def test_a_wrong_argument_is_refused_before_a_byte_moves(hub, tmp_path, wrong):
    two_items(hub)
    dataset = Dataset.fetch("ds")
    hub.api.requests.clear()

    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the texts are tested with the options
        dataset.download(**{"output_dir": tmp_path / "new", "progress": False, **wrong})

    assert isinstance(caught.value, InvalidArgument)
    assert hub.api.requests == hub.blobs.requests == []
    assert not (tmp_path / "new").exists()


def test_a_dataset_without_catalog_does_not_exist(hub, tmp_path):
    two_items(hub)
    dataset = Dataset.fetch("ds")
    dataset.id = "other"

    with pytest.raises(EntityDoesNotExist, match='Catalog "other" does not exist'):
        dataset.download(tmp_path, progress=False)


@pytest.mark.parametrize("content", [b"<html>gone</html>", b"", b"\x1f\x8b\x08\x00 no gzip"])
def test_an_archive_that_is_none_is_an_error_that_names_it(hub, tmp_path, content):
    two_items(hub)
    hub.blobs.add("/mlhub/catalogs/ds.tar.gz", content)

    with pytest.raises(CatalogBroken, match=r"ds\.tar\.gz is no catalog that can be read"):
        download("ds", tmp_path)


def test_the_log_says_the_steps_and_leaves_the_applications_logging_alone(hub, tmp_path, caplog):
    two_items(hub)
    root_handlers = list(logging.root.handlers)

    with caplog.at_level(logging.INFO, LOGGER):
        download("ds", tmp_path)

    said = [each.getMessage() for each in caplog.records if each.levelno == logging.INFO]
    assert said == [
        "create stac asset list (please wait) ...",
        "unarchive ds.tar.gz ...",
        "2 unique assets in stac catalog.",
        "the catalog names no size of 2 of them.",
        f"assets saved to {tmp_path / 'ds'}",
    ]
    assert logging.root.handlers == root_handlers


def test_garbage_in_place_of_the_manifest_costs_time_only(hub, tmp_path):
    scenes = two_items(hub)
    download("ds", tmp_path)
    (tmp_path / "ds/mlhub_stac_assets.db").write_bytes(b"garbage" * 1000)

    report = download("ds", tmp_path)

    assert (report.planned, report.failed) == (2, 0)
    assert Path(report.folder / "scenes/a/image.tif").read_bytes() == scenes["a"].content


def test_no_part_note_or_journal_is_left_behind(hub, tmp_path):
    two_items(hub)

    download("ds", tmp_path)

    left = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert left == [
        "a.json",
        "b.json",
        "catalog.json",
        "collection.json",
        "ds.tar.gz",
        "err_report.csv",
        "image.tif",
        "image.tif",
        "mlhub_stac_assets.db",
    ]


def test_a_download_takes_no_more_from_the_network_than_it_may(hub, tmp_path):
    """Whoever must be polite says how much: 600 kB at 400 kB/s do not come in half a second."""
    scenes = [hub.file(f"{n}.tif", size_bytes=100_000) for n in range(6)]
    hub.publish("ds", [item(str(n), {"image": scene.href}) for n, scene in enumerate(scenes)])

    report = download("ds", tmp_path, max_bytes_per_s=400_000)

    assert report.fetched == 6
    assert report.seconds > 0.5
