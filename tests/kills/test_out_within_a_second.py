"""Ctrl-C ends the process within a second, whatever the download is at or waits for."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.sources.tree import STAGE
from support.interrupted import AT_ONCE_S, interrupted
from support.processes import opened
from support.scripted_hub import ScriptedHub, collection, item
from support.scripts import download_script, run_script
from support.time_limits import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process is at")

BESIDE = "from radiant_mlhub.sources import unpacking\nunpacking.WORTH_A_PROCESS_BYTES = {least_bytes}\n"
WITHOUT_PYCURL = "import sys\nsys.modules['pycurl'] = None\n"
VERIFY = "from radiant_mlhub.download.verify import verify\nverify({folder!r}, progress=False)\n"
ARCHIVE = """
from radiant_mlhub.client import download_collection_archive
download_collection_archive("slow_archive", {folder!r}, progress=False)
"""
IN_A_THREAD = """
import threading, time
thread = threading.Thread(target=exec, args=({code!r}, {{}}))
thread.start()
while thread.is_alive():  # join(), where Ctrl-C ends it, lets Python 3.11 forget the thread
    time.sleep(0.01)
"""
LARGE_BYTES = 300_000_000
BARE_ITEMS = 2_500


@pytest.fixture(scope="module")
def hub():
    with ScriptedHub() as hub:
        small = hub.file("small.bin")
        slow = [hub.file(f"slow/{n}.bin", size_bytes=2_000_000, trickle_s=0.01) for n in range(40)]
        busy = [hub.file(f"busy/{n}.bin", status=503, retry_after=60) for n in range(20)]
        silent = [hub.file(f"silent/{n}.bin", size_bytes=900_000, stall_after=n % 2 * 500) for n in range(40)]
        hub.publish("many", [item(f"i{n}", {"a": small.href}) for n in range(12_000)])
        for dataset_id, files in (("slow", slow), ("busy", busy), ("silent", silent)):
            hub.publish(dataset_id, [item(f"i{n}", {"a": file.href}) for n, file in enumerate(files)])
        bare = [item(f"i{n}", {"a": small.href} if n % 1000 == 0 else {}) for n in range(BARE_ITEMS)]
        hub.publish("bare", bare)
        hub.archive("slow_archive", size_bytes=9_000_000, trickle_s=0.01)
        hub.publish("weary", collections=[collection("tired")])
        for path in ("datasets/tired", "collections/tired"):
            hub.answer(path, 503, {"detail": "later"}, Retry_After="10")
        yield hub


@pytest.fixture(autouse=True)
def forget_requests(hub):
    hub.api.requests.clear()
    hub.blobs.requests.clear()


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def ends(hub, tmp_path):
    """A function: run code until something is so, press Ctrl-C, and be told what is left of it."""

    def end(code, until, **more):
        code, said, seconds = interrupted(code, hub.root_url, tmp_path, until, signal.SIGINT, **more)
        assert seconds < AT_ONCE_S
        assert code == -signal.SIGINT, said
        return said

    return end


def processes_about(folder):
    """Processes whose command names ``folder``."""
    commands = {path.parent.name: path for path in Path("/proc").glob("[0-9]*/cmdline")}
    found = []
    for pid, path in commands.items():
        try:
            if str(folder).encode() in path.read_bytes() and int(pid) != os.getpid():
                found.append(pid)
        except OSError:
            continue
    return found


def is_bare(folder):
    """Nothing with a dot's name but parts that go on, no stage, no lock, no ledger's log."""
    names = [path.name for path in folder.rglob("*")]
    left = [name for name in names if name.endswith(("-wal", "-shm", ".in-use")) or name.startswith(STAGE)]
    return left == []


def test_while_the_catalog_is_read(hub, ends, folder):
    code = BESIDE.format(least_bytes=10**12) + download_script(folder, "many")

    ends(code, lambda _: (folder / "many/mlhub_stac_assets.db").exists())

    assert is_bare(folder)


def test_while_it_is_unpacked(hub, ends, folder):
    code = BESIDE.format(least_bytes=10**12) + download_script(folder, "many")

    ends(code, lambda _: any(folder.glob(f"many/{STAGE}*")))

    assert is_bare(folder)


def test_while_a_process_beside_unpacks_it(hub, ends, folder):
    """Which ends, too."""
    code = BESIDE.format(least_bytes=0) + download_script(folder, "many")

    ends(code, lambda _: any(folder.glob(f"many/{STAGE}*")))

    assert processes_about(folder) == []
    assert is_bare(folder)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_process_beside_ends_with_one_that_clears_nothing_away(hub, tmp_path, folder, monkeypatch, number):
    """However that ends; and the next call makes good what both of them left."""
    code = BESIDE.format(least_bytes=0) + download_script(folder, "bare")

    ended, said, seconds = interrupted(
        code, hub.root_url, tmp_path, lambda _: any(folder.glob(f"bare/{STAGE}*")), number
    )

    assert ended == -number, said
    assert seconds < AT_ONCE_S
    wait_until(lambda: processes_about(folder) == [], seconds=2)
    assert len(list(folder.glob("bare/scenes/*/*.json"))) < BARE_ITEMS
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
    run_script(download_script(folder, "bare"))
    assert len(list(folder.glob("bare/scenes/*/*.json"))) == BARE_ITEMS
    assert is_bare(folder)


def assets_asked_for(hub, dataset_id):
    return lambda _: len([each for each in hub.asset_requests() if dataset_id in each.path]) >= 20


@pytest.mark.parametrize("dataset_id", ["slow", "busy", "silent"])
@pytest.mark.parametrize("before", ["", WITHOUT_PYCURL], ids=["libcurl", "a session"])
def test_while_assets_come_or_wait_or_do_not_come(hub, ends, folder, before, dataset_id):
    """Bytes that trickle, a Retry-After of a minute, servers that say nothing, or nothing more."""
    ends(before + download_script(folder, dataset_id), assets_asked_for(hub, dataset_id))

    assert is_bare(folder)


def in_a_thread(code):
    return IN_A_THREAD.format(code=code)


@pytest.mark.parametrize("dataset_id", ["many", "slow", "busy", "silent"])
def test_in_a_thread_of_a_program(hub, ends, folder, dataset_id):
    """It hears no Ctrl-C; it ends when the main thread has."""
    ends(
        in_a_thread(download_script(folder, dataset_id)),
        lambda _: (folder / dataset_id / "mlhub_stac_assets.db").exists(),
    )

    assert is_bare(folder)


@pytest.mark.parametrize("dataset_id", ["slow", "busy", "silent"])
def test_in_a_thread_without_libcurl(hub, ends, folder, dataset_id):
    """Whose own threads then carry the files."""
    ends(WITHOUT_PYCURL + in_a_thread(download_script(folder, dataset_id)), assets_asked_for(hub, dataset_id))

    assert is_bare(folder)


def test_in_a_thread_while_an_archive_comes(hub, ends, folder):
    said = ends(
        in_a_thread(ARCHIVE.format(folder=str(folder))),
        lambda _: any(path.stat().st_size > 1_000_000 for path in folder.glob(".*.part")),
    )

    assert "slow_archive was cancelled" in said


WAITS = {
    "datasets/tired": "Dataset.fetch('tired')",
    "collections/tired": "Dataset.fetch('weary').collections",
}


@pytest.mark.parametrize("path", WAITS)
@pytest.mark.parametrize("place", [str, in_a_thread], ids=["the main thread", "a thread"])
def test_while_the_hub_is_waited_for(hub, ends, place, path):
    """A Retry-After of ten seconds, which the client keeps to."""
    code = f"from radiant_mlhub import Dataset\n{WAITS[path]}\n"

    ends(place(code), lambda _: any(each.path.endswith(path) for each in hub.api.requests))


@pytest.fixture(scope="module")
def large(hub, tmp_path_factory):
    """A download with one large file, of which the catalog names the SHA-512; the folder and the file."""
    content = bytes(LARGE_BYTES)
    scene = hub.file("large.bin", content, content_md5=False, etag='"1"')
    checksum = f"1340{hashlib.sha512(content).hexdigest()}"
    hub.publish("large", [item("a", {"a": {"href": scene.href, "file:checksum": checksum}})])
    folder = tmp_path_factory.mktemp("large")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLHUB_ROOT_URL", hub.root_url)
        environment.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        Dataset.fetch("large").download(folder, progress=False)
    return folder, folder / "large/scenes/a/a.bin"


def test_while_files_are_verified(ends, large):
    folder, file = large

    ends(VERIFY.format(folder=str(folder)), lambda pid: str(file) in opened(pid))


def test_in_a_thread_while_files_are_verified(ends, large):
    folder, file = large

    said = ends(in_a_thread(VERIFY.format(folder=str(folder))), lambda pid: str(file) in opened(pid))

    assert "DownloadStopped" in said


def test_while_a_copied_file_is_hashed(ends, large):
    """Its time is another: only its bytes can tell."""
    folder, file = large
    os.utime(file)

    ends(download_script(folder, "large"), lambda pid: str(file) in opened(pid))

    assert is_bare(folder)


@pytest.fixture
def deaf_name_server(tmp_path):
    """A name server that answers nobody, and the command under which a process asks no other."""
    resolv_conf = tmp_path / "resolv.conf"
    script = f'mount --bind {resolv_conf} /etc/resolv.conf && exec "$@"'
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind(("127.53.53.53", 53))
        except OSError:
            pytest.skip("a name server cannot be set up here: that takes root")
        resolv_conf.write_text("nameserver 127.53.53.53\n")
        command = ["unshare", "--mount", "sh", "-c", script, "sh"]
        if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
            pytest.skip("/etc/resolv.conf cannot be replaced here: that takes root")
        server.setblocking(False)
        yield server, command


def test_while_no_name_server_answers(hub, ends, folder, deaf_name_server):
    """The system's resolver takes ten seconds to give up, and cannot be hurried."""
    server, command = deaf_name_server
    hub.publish("lost", [item(f"i{n}", {"a": f"http://files.example.org/{n}.bin"}) for n in range(3)])

    def is_asked(_):
        try:
            return bool(server.recv(512))
        except BlockingIOError:
            return False

    ends(download_script(folder, "lost"), is_asked, before=command)

    assert is_bare(folder)
