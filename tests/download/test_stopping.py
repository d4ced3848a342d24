"""A download in a thread ends when it is told to: within a second, and the same call goes on."""

import threading
import time

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.client import CatalogDownloader, CatalogDownloaderConfig
from radiant_mlhub.exceptions import DownloadStopped, InvalidArgument
from radiant_mlhub.session import get_session
from radiant_mlhub.sources import unpacking
from support.scripted_hub import ScriptedHub, item
from support.time_limits import wait_until

AT_ONCE_S = 1.0


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub


def stopped(folder, until, **options):
    """The error of a download in a thread that is told to stop once something is so, and its seconds."""
    cancel = threading.Event()
    told = []

    def run():
        try:
            Dataset.fetch("ds").download(folder, progress=False, cancel=cancel, **options)
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

    told, seconds = stopped(tmp_path, lambda: any(tmp_path.glob(f"ds/{unpacking.STAGE}*")), **options)

    assert (len(told), seconds < AT_ONCE_S) == (1, True)
    assert list(tmp_path.glob(f"ds/{unpacking.STAGE}*")) == []
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
