"""What a run finds out is not found out again, and what it cannot trust is."""

import os
import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DownloadFailed
from support.scripted_hub import ScriptedHub, item


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        hub.publish(
            "ds",
            [
                item("a", {"image": hub.file("a.tif").href}),
                item("b", {"image": hub.file("b.tif").href}, bbox=[70, 1, 71, 2]),
            ],
        )
        yield hub


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def test_an_unchanged_catalog_is_neither_read_nor_unpacked_again(hub, tmp_path):
    """The archive of the first run, made unreadable without a trace, is not even opened."""
    download(tmp_path)
    archive = tmp_path / "ds.tar.gz"
    before = archive.stat()
    archive.write_bytes(bytes(before.st_size))
    os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))
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
