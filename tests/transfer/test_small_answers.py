"""What libcurl collects by itself until somebody looks is read as if it had been looked at all along."""

import contextlib
import gzip
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from radiant_mlhub.transfer import Patience, fetch_all, plain_request_for
from support.faults import made_up
from support.fetching import attempt, left_over, transfer_to

pytest.importorskip("pycurl")

CONTENT = made_up(100, "a hundred")
CHUNKED = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nETag: "a"\r\n\r\n'


@contextlib.contextmanager
def answering(*answers):
    """The address of a server that gives these answers, in turn, and closes; the last one again and again."""
    left = list(answers)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client = listener.accept()[0]
                with client:
                    client.recv(65536)
                    client.sendall(left.pop(0) if len(left) > 1 else left[0])

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/scene.tif"


def chunked(content, trailer):
    return CHUNKED + b"%x\r\n%b\r\n0\r\n%b\r\n\r\n" % (len(content), content, trailer)


@pytest.mark.parametrize(
    "trailer",
    [
        b"Content-Range: bytes 0-49/50",
        b"Content-Range: bytes 100-199/200",
        b"Content-Encoding: gzip",
        b"Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==",
        b"Content-Length: 7",
        b'ETag: "another"',
        b"Location: http://127.0.0.1:1/",
        b"HTTP/1.1: no status",
    ],
)
@pytest.mark.parametrize("content", [CONTENT, gzip.compress(CONTENT)], ids=["plain", "a .gz file"])
def test_a_trailer_speaks_for_nothing_that_came_before_it(tmp_path, content, trailer):
    """RFC 9110, section 6.5.1: framing, routing and what a body is belong into the head."""
    target = tmp_path / "scene.tif"

    with answering(chunked(content, trailer)) as href:
        outcome = attempt(href, target)

    assert (outcome.state, outcome.record.validator) == ("fetched", '"a"')
    assert target.read_bytes() == content
    assert left_over(tmp_path) == []


def test_of_a_body_that_breaks_off_the_head_is_heard(tmp_path):
    """Lines that end in a line feed alone are taken by libcurl, too."""
    head = b'HTTP/1.1 404 Not Found\nContent-Length: 100\nETag: "a"\n\n'

    with answering(head + CONTENT[:50]) as href:
        outcome = attempt(href, tmp_path / "scene.tif", patience=Patience(tries=1))

    assert outcome.status == 404


MEMORY = """
import sys
from pathlib import Path
from radiant_mlhub.transfer import Transfer, fetch_all, plain_request_for

def peak_kib():
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])

folder, *hrefs = sys.argv[1:]
transfers = [Transfer(href, f"{folder}/{n}", folder) for n, href in enumerate(hrefs)]
list(fetch_all(transfers[:1], request_for=plain_request_for()))
before = peak_kib()
outcomes = list(fetch_all(transfers[1:], request_for=plain_request_for()))
assert {outcome.state for outcome in outcomes} == {"fetched"}
print(peak_kib() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of its memory from /proc")
def test_bodies_that_come_faster_than_they_are_written_do_not_pile_up(server, tmp_path):
    """32 connections over which whole megabytes come at once."""
    hrefs = [server.add(f"{n}.tif", size_bytes=3_000_000).href for n in range(40)]

    done = subprocess.run(
        [sys.executable, "-c", MEMORY, str(tmp_path), *hrefs],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert int(done.stdout) < 12 * 1024


OUT_OF_FILES = """
import os, resource, sys
from radiant_mlhub.transfer import Transfer, fetch_all
from radiant_mlhub.transfer import Patience

held = []

def request_for(href):
    try:
        while True:
            held.append(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        pass
    return os.open(os.devnull, os.O_RDONLY)

resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))
transfers = [Transfer(f"http://127.0.0.1:1/{n}", f"{sys.argv[1]}/{n}", sys.argv[1]) for n in range(3)]
outcomes = list(fetch_all(transfers, request_for=request_for, patience=Patience(tries=1)))
for each in held:
    os.close(each)
print(*(outcome.error for outcome in outcomes), sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of open files are POSIX's")
def test_without_a_file_left_to_open_each_transfer_says_so(tmp_path):
    """What tells an error's meaning is loaded before there is one."""
    done = subprocess.run(
        [sys.executable, "-c", OUT_OF_FILES, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout.count("Too many open files") == 3


def test_a_body_that_does_not_come_at_once_is_whole(server, tmp_path):
    """libcurl collects its pieces first, and each is heard then; small ones follow on the same lines."""
    sizes = [10, 70_000, 3_000_000, 20, 400_000, 65_536, 65_537, 30] * 4
    scenes = [
        server.add(f"{n}.tif", size_bytes=size, trickle_s=0.002 * (n % 3)) for n, size in enumerate(sizes)
    ]
    transfers = [transfer_to(tmp_path / f"{n}.tif", scene.href) for n, scene in enumerate(scenes)]

    outcomes = list(fetch_all(transfers, request_for=plain_request_for(), max_connections=3))

    assert {outcome.state for outcome in outcomes} == {"fetched"}
    for transfer, scene in zip(transfers, scenes, strict=True):
        assert Path(transfer.target).read_bytes() == scene.content
