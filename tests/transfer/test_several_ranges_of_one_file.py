"""Large files over several connections."""

import hashlib

import pytest

from radiant_mlhub.transfer import Patience
from support.faults import Fault, made_up
from support.fetching import attempt, fetch, left_over

SIZE = 40_000_000


@pytest.fixture(scope="module")
def content():
    return made_up(SIZE)


def test_a_large_file_comes_over_several_connections(server, tmp_path, content):
    """The first request is unranged, so that Content-MD5 is seen; the others name the version."""
    scene = server.add("big.tif", content, trickle_s=0.004)

    # With patience: on a busy machine a server may say nothing for 0.2 s, and is then asked once more.
    outcome = fetch(scene.href, tmp_path / "big.tif", connections=4, patience=Patience())

    assert (tmp_path / "big.tif").read_bytes() == content
    assert outcome.record.digest == f"md5:{hashlib.md5(content).hexdigest()}"
    first, *others = server.requests
    assert "Range" not in first.headers
    assert len(others) >= 2
    assert all("If-Range" in request.headers for request in others)
    assert server.connections >= 3
    assert left_over(tmp_path) == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(cut_after=1_000_000),
        Fault(reset_after=1_000_000),
        Fault(stall_after=1_000_000),
        Fault(status=503),
        Fault(range_shift=-100),
        Fault(range_shift=100),
        Fault(content=made_up(SIZE, "another")),
        Fault(ignores_range=True),
        Fault(flip_byte=SIZE // 2 + 10),
    ],
    ids=lambda fault: str(fault)[:40],
)
def test_a_fault_in_one_range_does_not_spoil_the_file(server, tmp_path, content, fault):
    scene = server.add("big.tif", content, faults=[None, fault], trickle_s=0.001)

    outcome = fetch(scene.href, tmp_path / "big.tif", connections=3)

    assert outcome.state == "fetched"
    assert hashlib.md5((tmp_path / "big.tif").read_bytes()).digest() == hashlib.md5(content).digest()
    assert left_over(tmp_path) == []


def test_ranges_that_were_complete_are_not_fetched_again(server, tmp_path, content):
    """A part with holes is filled where they are."""
    scene = server.add("big.tif", content, faults=[Fault(cut_after=9_000_000)], trickle_s=0.001)
    scene.faults += [None, Fault(cut_after=2_000_000)] + [Fault(status=404)] * 20

    assert attempt(scene.href, tmp_path / "big.tif", connections=3).state == "failed"
    before = server.bytes_sent()
    scene.faults.clear()
    outcome = fetch(scene.href, tmp_path / "big.tif", connections=3)

    assert (tmp_path / "big.tif").read_bytes() == content
    assert outcome.bytes_fetched < SIZE
    assert before > 0


@pytest.mark.parametrize(
    "always", [{"etag": None}, {"etag": 'W/"1"'}, {"ignores_range": True}, {"gzip": True}, {"chunked": True}]
)
def test_without_a_strong_version_or_ranges_one_connection_has_to_do(server, tmp_path, always):
    scene = server.add("big.tif", size_bytes=20_000_000, **always)

    fetch(scene.href, tmp_path / "big.tif", connections=4, patience=Patience())

    assert len(server.requests) == 1
    assert (tmp_path / "big.tif").read_bytes() == scene.content


def test_a_small_file_is_not_split(server, tmp_path):
    scene = server.add("archive.tar.gz", size_bytes=252_970)

    fetch(scene.href, tmp_path / "archive.tar.gz", connections=20)

    assert len(server.requests) == 1
