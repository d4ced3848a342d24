"""A call in a thread ends when it is told to: within a second, and the same call goes on."""

import os
import sqlite3
import threading
import time
from contextlib import closing

import pytest

from radiant_mlhub import Dataset, layout, verify
from radiant_mlhub.client import CatalogDownloader, CatalogDownloaderConfig
from radiant_mlhub.download import recorded_files
from radiant_mlhub.exceptions import DownloadStopped, InvalidArgument
from radiant_mlhub.session import get_session
from radiant_mlhub.sources import tree, unpacking
from support.scripted_hub import item
from support.time_limits import wait_until

AT_ONCE_S = 1.0


def stopped(folder, until, **options):
    """The error of a download in a thread that is told to stop once something is so, and its seconds."""
    return stopped_call(
        until, lambda cancel: Dataset.fetch("ds").download(folder, progress=False, cancel=cancel, **options)
    )


def stopped_call(until, call):
    """The error of a call in a thread that is told to stop once something is so, and its seconds."""
    cancel = threading.Event()
    told = []

    def run():
        try:
            call(cancel)
        except DownloadStopped as error:
            told.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(until)
    began = time.monotonic()
    cancel.set()
    thread.join(20)
    return told, time.monotonic() - began


def test_while_assets_come(hub, tmp_path):
    scenes = [hub.file(f"{n}.tif", size_bytes=3_000_000, trickle_s=0.02) for n in range(4)]
    hub.publish("ds", [item(str(n), {"image": scene.href}) for n, scene in enumerate(scenes)])

    told, seconds = stopped(tmp_path, lambda: hub.blobs.bytes_sent() > 6_000_000)

    assert told == [
        'The download of "ds" was stopped. What arrived is kept: the same call goes on where it was.'
    ]
    assert seconds < AT_ONCE_S
    assert [path.name for path in tmp_path.glob(".*")] == []
    before = hub.blobs.bytes_sent()
    assert Dataset.fetch("ds").download(tmp_path, progress=False).fetched == len(scenes)
    assert hub.blobs.bytes_sent() - before < 9_000_000


@pytest.mark.parametrize(
    "script", [{"stall_after": 0}, {"stall_after": 100}, {"status": 503, "retry_after": 60}]
)
def test_while_a_server_is_waited_for(hub, tmp_path, script):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", **script).href})])

    told, seconds = stopped(tmp_path, lambda: bool(hub.asset_requests()))

    assert (len(told), seconds < AT_ONCE_S) == (1, True)


def test_while_the_catalog_comes(hub, tmp_path):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})], stall_after=10)

    told, seconds = stopped(tmp_path, lambda: bool(hub.blobs.requests))

    assert (len(told), seconds < AT_ONCE_S) == (1, True)
    assert hub.asset_requests() == []


@pytest.mark.parametrize("least_bytes", [0, 10**12], ids=["beside", "here"])
@pytest.mark.parametrize("options", [{}, {"catalog_only": True}], ids=["all", "catalog only"])
def test_while_the_catalog_is_unpacked(hub, tmp_path, monkeypatch, least_bytes, options):
    monkeypatch.setattr(unpacking, "WORTH_A_PROCESS_BYTES", least_bytes)
    href = hub.file("a.tif").href
    hub.publish("ds", [item(f"i{n}", {"image": href} if n == 0 else {}) for n in range(5000)])

    told, seconds = stopped(tmp_path, lambda: any(tmp_path.glob(f"ds/{tree.STAGE}*")), **options)

    assert (len(told), seconds < AT_ONCE_S) == (1, True)
    assert list(tmp_path.glob(f"ds/{tree.STAGE}*")) == []
    assert list(tmp_path.glob("ds/*-wal")) == []


def test_before_it_has_begun(hub, tmp_path):
    """By the documented door, too."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    cancel = threading.Event()
    cancel.set()
    config = CatalogDownloaderConfig(
        dataset_id="ds", output_dir=tmp_path, mlhub_api_session=get_session(), progress=False, cancel=cancel
    )

    with pytest.raises(DownloadStopped):
        CatalogDownloader(config)()

    assert hub.blobs.requests == []


def test_what_is_no_event_is_refused(hub, tmp_path):
    hub.publish("ds", [])

    with pytest.raises(InvalidArgument, match=r"cancel is True; it must be a threading\.Event, or None"):
        Dataset.fetch("ds").download(tmp_path, cancel=True)


def as_long_as(path, size_bytes):
    """Make a file of a download that long, without taking room, and record it so."""
    os.truncate(path, size_bytes)
    with closing(sqlite3.connect(layout.manifest_file(path.parents[2]))) as manifest, manifest:
        manifest.execute("UPDATE files SET size_bytes = ?", (size_bytes,))


def is_hashing():
    return any(thread.name.startswith("mlhub-verify") for thread in threading.enumerate())


def test_while_files_are_verified(hub, tmp_path):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    Dataset.fetch("ds").download(tmp_path, progress=False)
    as_long_as(tmp_path / "ds/scenes/a/image.tif", 100 * 10**9)

    told, seconds = stopped_call(is_hashing, lambda cancel: verify(tmp_path, progress=False, cancel=cancel))

    assert told == [
        f"The verification of {tmp_path / 'ds'} was stopped. What a repair brought is kept: "
        "run it again to know."
    ]
    assert seconds < AT_ONCE_S
    assert not is_hashing()


def test_while_a_repair_waits_for_a_server(hub, tmp_path):
    hub.publish("ds", [item(name, {"image": hub.file(f"{name}.tif").href}) for name in ("a", "b")])
    Dataset.fetch("ds").download(tmp_path, progress=False)
    lost = {name: tmp_path / f"ds/scenes/{name}/image.tif" for name in ("a", "b")}
    content = {name: path.read_bytes() for name, path in lost.items()}
    for path in lost.values():
        path.unlink()
    hub.file("b.tif", content["b"], stall_after=0)

    told, seconds = stopped_call(
        lost["a"].exists,
        lambda cancel: Dataset.fetch("ds").verify(tmp_path, repair=True, progress=False, cancel=cancel),
    )

    assert (len(told), seconds < AT_ONCE_S) == (1, True)
    hub.file("b.tif", content["b"])
    after = verify(tmp_path, repair=True, progress=False)
    assert (after.is_whole, after.repaired) == (True, 1)


def test_while_a_manifest_is_read(hub, tmp_path, monkeypatch):
    """Of millions of rows that takes seconds; of a short one, the moments to look are made closer."""
    monkeypatch.setattr(recorded_files, "_STEPS_BETWEEN", 10)
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    Dataset.fetch("ds").download(tmp_path, progress=False)
    cancel = threading.Event()
    cancel.set()

    with pytest.raises(DownloadStopped):
        recorded_files.RecordedFiles(tmp_path / "ds", cancel)


def test_a_verification_wants_an_event(tmp_path):
    with pytest.raises(InvalidArgument, match=r"cancel is 1; it must be a threading\.Event, or None"):
        verify(tmp_path, cancel=1)
