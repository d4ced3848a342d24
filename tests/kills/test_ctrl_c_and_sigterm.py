"""Ctrl-C and SIGTERM in a real process: out at once, as Python and the system have it, and continued."""

import contextlib
import fnmatch
import os
import signal
from pathlib import Path

import pytest

from support.downloads_apart import ASSET_SUFFIX
from support.interrupted import AT_ONCE_S, interrupted
from support.scripts import download_script
from support.whole_downloads import PublishedDataset, ended_well


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.mark.parametrize(
    "ending",
    [
        (signal.SIGINT, "catalog"),
        (signal.SIGINT, "first assets"),
        (signal.SIGINT, "large ones"),
        (signal.SIGTERM, "first assets"),
        (signal.SIGTERM, "large ones"),
    ],
)
def test_a_signal_ends_it_at_once_and_the_next_call_goes_on(interpreter, hub, tmp_path, folder, ending):
    number, moment = ending
    dataset = PublishedDataset(hub, small=30, large_bytes=[9_000_000, 12_000_000])
    reached = {
        "catalog": lambda _: bool(hub.blobs.requests),
        "first assets": lambda _: len(found(folder, f"*{ASSET_SUFFIX}")) > 5,
        "large ones": lambda _: sum(found(folder, "*.part")) > 6_000_000,
    }
    dataset.forget_requests()

    code, said, seconds = interrupted(
        download_script(folder), hub.root_url, tmp_path, reached[moment], number
    )

    assert code == -number, said
    assert seconds < AT_ONCE_S
    assert ("KeyboardInterrupt" in said.splitlines()[-1]) == (number == signal.SIGINT)
    allowed = dataset.bytes_in_flight() + dataset.total_bytes // 20
    assert ended_well(interpreter.start(hub.root_url, folder))
    assert dataset.differences(folder) == []
    assert dataset.bytes_sent() - dataset.total_bytes <= allowed


def found(folder, pattern):
    """Sizes of the files below ``folder`` that match; those that vanish meanwhile are left out."""
    sizes = []
    for path, _, names in os.walk(folder):
        for name in fnmatch.filter(names, pattern):
            with contextlib.suppress(FileNotFoundError):
                sizes.append(Path(path, name).stat().st_size)
    return sizes


CAUGHT = """
import json, signal, sys
{first}
from radiant_mlhub import Dataset
from support.left_open import open_files, other_threads
dataset = Dataset.fetch("ds")
before = open_files()
try:
    dataset.download({folder!r}, progress=False)
except KeyboardInterrupt:
    pass
sys.stderr.write(json.dumps([other_threads(), sorted(open_files() - before)]))
"""
WITHOUT_PYCURL = "sys.modules['pycurl'] = None"
LIKE_CTRL_C = "signal.signal(signal.SIGTERM, signal.default_int_handler)"


@pytest.mark.parametrize(
    "ending",
    [(signal.SIGINT, ""), (signal.SIGINT, WITHOUT_PYCURL), (signal.SIGTERM, LIKE_CTRL_C)],
    ids=["libcurl", "a session", "SIGTERM"],
)
def test_where_it_is_caught_no_thread_no_socket_no_file_is_left(hub, tmp_path, folder, ending):
    """As in a notebook: the interpreter goes on, and so must nothing of the download."""
    dataset = PublishedDataset(hub, small=30, large_bytes=[9_000_000])
    number, first = ending

    code, said, seconds = interrupted(
        CAUGHT.format(first=first, folder=str(folder)),
        hub.root_url,
        tmp_path,
        lambda _: sum(found(folder, "*.part")) > 6_000_000,
        number,
    )

    assert (code, said.splitlines()[-1:]) == (0, ["[[], []]"]), said
    assert seconds < AT_ONCE_S
    assert list(folder.glob(".*")) == []
    assert not (folder / dataset.dataset_id / "mlhub_stac_assets.db-wal").exists()
