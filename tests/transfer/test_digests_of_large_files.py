"""Digests of large files are made by a thread beside the loop."""

import threading

import pytest

from radiant_mlhub.exceptions import TransferFailed
from radiant_mlhub.transfer.hashing import LARGE_BYTES
from support.faults import Fault
from support.fetching import fetch

SIZE = LARGE_BYTES + 3_333_333


def test_a_large_file_is_checked_against_its_md5(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE)

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert outcome.record.verified_by == "digest"
    assert (tmp_path / "scene.tif").read_bytes() == scene.content


def test_a_flipped_byte_in_a_large_file_is_found(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE, flip_byte=SIZE - 7)

    with pytest.raises(TransferFailed, match=r"its md5 is .*, but the server says .*, 3 times"):
        fetch(scene.href, tmp_path / "scene.tif")

    assert list(tmp_path.iterdir()) == []


def test_a_large_file_that_was_cut_is_checked_as_a_whole(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=SIZE, faults=[Fault(cut_after=LARGE_BYTES)])

    outcome = fetch(scene.href, tmp_path / "scene.tif")

    assert outcome.record.verified_by == "digest"
    assert (outcome.bytes_fetched, len(server.requests)) == (SIZE, 2)


def test_the_thread_is_gone_with_the_run(server, tmp_path):
    before = set(threading.enumerate())
    scene = server.add("scene.tif", size_bytes=SIZE)

    fetch(scene.href, tmp_path / "scene.tif")

    names = {thread.name for thread in set(threading.enumerate()) - before}
    assert "mlhub-digest" not in names
