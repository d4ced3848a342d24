"""Full disks, Ctrl-C, two at once, broken-off ones: nothing half published, nothing left behind."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from radiant_mlhub.exceptions import EntityDoesNotExist, PublicationFailed
from radiant_mlhub.hub import locks
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.publishing.catalog_archives import catalog_archive
from radiant_mlhub.hub.publishing.checking import check_hub
from radiant_mlhub.hub.publishing.staging import leftovers, staging, sweep
from radiant_mlhub.hub.publishing.tar_writer import tar_gz
from radiant_mlhub.hub.sqlite_store import SqliteStore, open_store
from support.time_limits import wait_until
from support.tmpfs import tmpfs
from support.training_dataset import TrainingDataset

BASE_URL = "https://hub.example.org"
DAY_S = 24 * 60 * 60


@pytest.fixture
def small_disk(tmp_path):
    """A disk that is soon full."""
    with tmpfs(tmp_path, mebibytes=6) as disk:
        yield disk


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
@pytest.mark.parametrize("chip_bytes", [5_000_000, 3_000_000])
def test_a_full_disk_is_one_clear_error_and_the_earlier_version_stays(small_disk, crops, chip_bytes):
    """With 5 MB a file does not fit; with 3 MB all files do, and the archive does not."""
    hub = HubFolder(small_disk / "hub")
    with closing(open_store(hub.path)) as store:
        publish(hub, store, crops.folder, dataset_id="crops")
        before = (store.version("crops"), sorted(each.name for each in hub.publications.iterdir()))
        crops.chip("place_0000").write_bytes(os.urandom(chip_bytes))

        with pytest.raises(PublicationFailed) as failed:
            publish(hub, store, crops.folder, dataset_id="crops")

        assert str(failed.value) == '"crops" was not published: the disk is full.'
        assert (store.version("crops"), sorted(each.name for each in hub.publications.iterdir())) == before
        assert check_hub(hub, store, with_digests=True).problems == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGINT to send")
def test_ctrl_c_leaves_nothing(tmp_path):
    crops = TrainingDataset(tmp_path / "crops", places=400)
    hub = HubFolder(tmp_path / "hub")
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code = f"{heard}from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"
    words = ["publish", str(crops.folder), "--id", "crops", "--hub", str(hub.path)]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: any(hub.publications.glob("*/assets/*/*")), seconds=20)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()

    assert (process.returncode, said) == (130, "\nInterrupted.\n")
    assert [each for each in hub.path.rglob("*") if "publications/" in str(each)] == []


class StoppedJustAfter(SqliteStore):
    """A store that is interrupted between the moment of appearing and its return."""

    def publish(self, publication):
        super().publish(publication)
        raise KeyboardInterrupt


class StoppedJustBefore(SqliteStore):
    """A store that is interrupted before the moment of appearing."""

    def publish(self, publication):
        raise KeyboardInterrupt


def test_ctrl_c_right_after_the_moment_of_appearing_leaves_all_of_it(folder, crops):
    folder.path.mkdir()
    with closing(StoppedJustAfter(folder.path / "hub.sqlite")) as store:
        with pytest.raises(KeyboardInterrupt):
            publish(folder, store, crops.folder, dataset_id="crops")

        assert store.item_count("crops_source") == 3
        assert check_hub(folder, store, with_digests=True).problems == []


def test_ctrl_c_right_before_the_moment_of_appearing_leaves_nothing(folder, crops):
    folder.path.mkdir()
    with closing(StoppedJustBefore(folder.path / "hub.sqlite")) as store:
        with pytest.raises(KeyboardInterrupt):
            publish(folder, store, crops.folder, dataset_id="crops")

        assert store.dataset("crops") is None
        assert list(folder.publications.iterdir()) == []


def test_what_a_kill_left_goes_with_the_next_publication(folder, store, crops):
    broken_off = folder.publication("20200101T000000-dead")
    (broken_off / "assets").mkdir(parents=True)
    (broken_off / "assets/half.tif").write_bytes(b"half")
    assert leftovers(folder, store) == [broken_off]

    publish(folder, store, crops.folder, dataset_id="crops")

    assert [each.name for each in folder.publications.iterdir()] == [store.version("crops")]


def test_a_publication_under_way_is_no_leftover(folder, store, crops):
    with staging(folder, store) as place:
        publish(folder, store, crops.folder, dataset_id="crops")

        assert place.folder.is_dir()
        assert leftovers(folder, store) == []


def test_files_of_a_replaced_version_go_after_a_day(folder, store, crops, monkeypatch):
    first = publish(folder, store, crops.folder, dataset_id="crops").version
    catalog_archive(folder, store, "crops", BASE_URL)
    second = publish(folder, store, crops.folder, dataset_id="crops").version
    assert folder.publication(first).is_dir()

    later = time.time() + DAY_S + 60
    monkeypatch.setattr(time, "time", lambda: later)
    sweep(folder, store)

    assert [each.name for each in folder.publications.iterdir()] == [second]
    assert list(folder.catalogs.glob("*/*")) == []
    assert check_hub(folder, store).problems == []


def test_two_publications_at_once_are_both_whole(folder, store, tmp_path):
    for name in ("one", "two"):
        source = TrainingDataset(tmp_path / name, places=20).folder
        for path in source.rglob("*.json"):
            path.write_text(path.read_text().replace("crops_", f"{name}_"))
        for kind in ("source", "labels"):
            (source / f"crops_{kind}").rename(source / f"{name}_{kind}")

    with ThreadPoolExecutor() as pool:
        reports = [
            each.result()
            for each in [
                pool.submit(publish, folder, store, tmp_path / name, dataset_id=name)
                for name in ("one", "two")
            ]
        ]

    assert [each.items for each in reports] == [40, 40]
    assert check_hub(folder, store, with_digests=True).problems == []
    assert len(list(folder.publications.iterdir())) == 2


def test_two_who_ask_for_one_catalog_at_once_get_the_same_whole_file(folder, store, crops):
    publish(folder, store, crops.folder, dataset_id="crops")
    alone = catalog_archive(folder, store, "crops", "http://other").read_bytes()
    together = threading.Barrier(8)

    def ask():
        together.wait()
        path = catalog_archive(folder, store, "crops", BASE_URL)
        return path, path.stat().st_ino

    with ThreadPoolExecutor(8) as pool:
        answers = {each.result() for each in [pool.submit(ask) for _ in range(8)]}

    [(path, _)] = answers
    assert len(path.read_bytes()) > len(alone) * 0.9
    assert list(path.parent.glob("*.part")) == []


def test_however_many_addresses_a_hub_is_asked_by_few_catalogs_are_kept(folder, store, crops):
    """The last sixteen of a version; what a client names in a header fills no disk."""
    publish(folder, store, crops.folder, dataset_id="crops")
    made = [catalog_archive(folder, store, "crops", f"http://{number}.example") for number in range(20)]

    assert [path.exists() for path in made] == [False] * 4 + [True] * 16


def test_archives_and_copies_are_on_the_disk_before_they_are_named(folder, store, crops, monkeypatch):
    """Else they could be empty after a power failure, and would be served so for good."""
    synced = {}
    named = []
    fsync, sync = os.fsync, os.sync

    def fsync_and_note(descriptor):
        there = os.fstat(descriptor)
        synced[there.st_ino] = there.st_size
        fsync(descriptor)

    def sync_and_note():
        named.append((len(list(folder.publications.rglob("*.tif"))) > 0, store.version("crops")))
        sync()

    monkeypatch.setattr(os, "fsync", fsync_and_note)
    monkeypatch.setattr(os, "sync", sync_and_note)
    publish(folder, store, crops.folder, dataset_id="crops")
    archives = [
        catalog_archive(folder, store, "crops", BASE_URL),
        *folder.publications.rglob("archives/*.tar.gz"),
    ]

    assert named == [(True, None)]
    assert len(archives) == 3
    assert [synced[each.stat().st_ino] for each in archives] == [each.stat().st_size for each in archives]


def test_a_catalog_of_nothing_is_said(folder, store):
    with pytest.raises(EntityDoesNotExist):
        catalog_archive(folder, store, "nothing", BASE_URL)


def test_a_lock_holds_between_threads_and_is_free_afterwards(tmp_path):
    with locks.held(tmp_path / "a.lock") as first, locks.held(tmp_path / "a.lock") as second:
        assert (first, second) == (True, False)
    with locks.held(tmp_path / "a.lock") as third:
        assert third


def test_who_wants_a_lock_again_and_again_keeps_nobody_out(tmp_path):
    """Four who publish without a pause: before there were turns, one of them had to wait for ten minutes."""
    path = tmp_path / "a.lock"
    is_over = threading.Event()
    taken = threading.Semaphore(0)

    def take_again_and_again():
        while not is_over.is_set():
            with locks.held_in_turn(path, wait_s=10) as is_held:
                assert is_held
                taken.release()
                time.sleep(0.06)  # longer than who waits looks away

    greedy = threading.Thread(target=take_again_and_again)
    greedy.start()
    taken.acquire()
    with locks.held_in_turn(path, wait_s=10) as is_held:
        assert is_held
        rounds = next(number for number in itertools.count() if not taken.acquire(blocking=False))
    is_over.set()
    greedy.join()

    assert rounds <= 5  # some 50 without turns; more than one only where this thread was late to ask


@pytest.mark.parametrize("size", [3, 5])
def test_a_file_that_changed_between_digest_and_archive_stops_the_archive(tmp_path, size):
    """A file left in place is read twice: its archive must not tell other bytes than its digest."""
    (tmp_path / "chip.tif").write_bytes(b"four")

    with tar_gz(tmp_path / "a.tar.gz") as archive, pytest.raises(OSError, match="changed while it was read"):
        archive.add_file("chip.tif", tmp_path / "chip.tif", size)
