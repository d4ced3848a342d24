"""What a run finds out is not found out again, and what it cannot trust is."""

import os
import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DownloadFailed
from support.scripted_hub import collection, item


@pytest.fixture
def hub(hub):
    hub.publish(
        "ds",
        [
            item("a", {"image": hub.file("a.tif").href}),
            item("b", {"image": hub.file("b.tif").href}, bbox=[70, 1, 71, 2]),
        ],
    )
    return hub


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def make_unreadable(archive):
    """Nobody can tell by its size and time."""
    before = archive.stat()
    archive.write_bytes(bytes(before.st_size))
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_an_unchanged_catalog_is_neither_read_nor_unpacked_again(hub, tmp_path):
    """The archive of the first run, made unreadable without a trace, is not even opened."""
    download(tmp_path)
    make_unreadable(tmp_path / "ds.tar.gz")
    hub.blobs.requests.clear()

    report = download(tmp_path)

    assert (report.planned, report.kept, report.fetched) == (2, 2, 0)
    assert hub.asset_requests() == []


def test_an_index_that_was_cut_short_is_read_again(hub, tmp_path):
    """A run killed while it wrote rows leaves some of them, and no word that they are all."""
    report = download(tmp_path)
    with closing(sqlite3.connect(report.manifest)) as connection:
        connection.execute("DELETE FROM run")
        connection.execute("DELETE FROM hrefs WHERE number = 2")
        connection.commit()

    report = download(tmp_path)

    assert (report.planned, report.kept) == (2, 2)


def test_other_filters_judge_anew(hub, tmp_path):
    """And what an earlier run fetched is still known when it is wanted again."""
    assert download(tmp_path, bbox=[0, 0, 60, 60]).fetched == 1

    report = download(tmp_path)

    assert (report.planned, report.kept, report.fetched) == (2, 1, 1)
    assert download(tmp_path, bbox=[60, 0, 80, 60]).planned == 1


def test_other_filters_are_asked_about_what_is_known(hub, tmp_path):
    """A catalog that is the same is not read again: its archive, made unreadable, is not opened."""
    download(tmp_path)
    make_unreadable(tmp_path / "ds.tar.gz")

    report = download(tmp_path, bbox=[60, 0, 80, 60])

    assert (report.planned, report.kept, report.removed_by_filter) == (1, 1, {"bbox": 1})


FILTERS = [
    {"bbox": [60, 0, 80, 60]},
    {"datetime": "2020-06-15"},
    {},
    {"collection_filter": {"labels": ["mask"], "scenes": []}, "bbox": [0, 0, 60, 60]},
    {"collection_filter": {"scenes": ["image"]}},
    {"intersects": {"type": "Point", "coordinates": [10.5, 50.5]}, "exact": True},
    {"assets": ["image", "labels"]},
    {"assets": ["image/*", "data"], "ids": ["a", "c"]},
    {"max_items": 1},
    {"sample": 0.6, "seed": 2},
    {"filter": "gsd > 5", "assets": ["data"]},
    {"filter": "gsd < 50 or gsd is null", "max_items": 2, "bbox": [0, 0, 60, 60]},
    {"assets": ["documentation"], "sample": 0.9},
    {"filter": "gsd <= 10"},
    {},
]


def test_it_is_the_same_whether_a_catalog_is_read_or_known(hub, tmp_path):
    """One filter after the other in one folder, and each of them in a fresh one."""
    hrefs = [hub.file(f"{n}.tif").href for n in range(4)]
    nowhere = item("d", {"image": hrefs[3]}, collection="labels", bbox=None, geometry=None, datetime=None)
    del nowhere["bbox"]
    items = [
        item("a", {"image": {"href": hrefs[0], "roles": ["data"]}, "documentation": hrefs[3]}),
        item("b", {"image": {"href": hrefs[1], "type": "image/tiff"}, "documentation": hrefs[3]}),
        item(
            "c",
            {"image": hrefs[2], "mask": {"href": hrefs[3], "roles": ["data", "labels"]}},
            collection="labels",
            datetime="2021-01-01T00:00:00Z",
            links=[{"rel": "source", "href": "../../scenes/b/b.json"}],
        ),
        nowhere,
    ]
    items[1].update(bbox=[70, 1, 71, 2])
    for each, gsd in zip(items, (10, 30, 10), strict=False):
        each["properties"]["gsd"] = gsd
    hub.publish("ds", items, collections=[collection("labels", {"mask": hrefs[1], "style": hrefs[2]})])

    for number, asked in enumerate(FILTERS):
        known = download(tmp_path / "known", dry_run=True, **asked)
        read = download(tmp_path / str(number), dry_run=True, **asked)

        assert judged(known.manifest) == judged(read.manifest)
        assert (known.planned, known.removed_by_filter) == (read.planned, read.removed_by_filter)


def judged(manifest):
    with closing(sqlite3.connect(manifest)) as connection:
        items = connection.execute("SELECT number, rejected_by FROM items").fetchall()
        hrefs = connection.execute("SELECT number, save_path, rejected_by FROM hrefs").fetchall()
    return items, hrefs


def test_a_catalog_is_read_again_for_what_was_not_kept_of_it(hub, tmp_path):
    """Properties and links, the first time that they are asked about; then they are known."""
    download(tmp_path)
    for asked in ({"filter": "id = 'a'"}, {"max_items": 1}, {"max_items": 1, "filter": "id = 'a'"}):
        assert download(tmp_path, **asked).planned == 1

    make_unreadable(tmp_path / "ds.tar.gz")

    assert download(tmp_path, filter="id = 'b'", sample=1).planned == 1
    assert download(tmp_path, bbox=[60, 0, 80, 60]).planned == 1


def test_a_broken_item_is_in_the_report_of_every_run(hub, tmp_path):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href, "ftp": "ftp://h/1.tif"})])

    for _ in range(2):
        with pytest.raises(DownloadFailed) as caught:
            download(tmp_path)
        assert caught.value.report.failed == 1


def test_an_unpacked_file_that_was_touched_is_made_anew(hub, tmp_path):
    """Same length, other bytes: its time of change tells."""
    download(tmp_path)
    path = tmp_path / "ds/scenes/a/a.json"
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))

    download(tmp_path)

    assert path.read_bytes() == whole


def test_a_file_in_a_folder_that_became_a_link_is_not_taken_for_kept(hub, tmp_path):
    """Nothing outside of the folder is read or counted."""
    download(tmp_path)
    (tmp_path / "ds/scenes/a").rename(tmp_path / "elsewhere")
    (tmp_path / "ds/scenes/a").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(DownloadFailed) as caught:
        download(tmp_path)

    assert (caught.value.report.kept, caught.value.report.failed) == (1, 1)


def test_overwrite_fetches_what_is_recorded(hub, tmp_path):
    download(tmp_path)

    assert download(tmp_path, if_exists="overwrite").fetched == 2
