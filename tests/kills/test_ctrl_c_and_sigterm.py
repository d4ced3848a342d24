"""Ctrl-C and SIGTERM in a real process: out at once, as Python and the system have it, and continued."""

import contextlib
import fnmatch
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.downloads_apart import ASSET_SUFFIX
from support.scripts import download_script
from support.time_limits import wait_until
from support.whole_downloads import PublishedDataset, ended_well

AT_ONCE_S = 1.0
"""What is promised; twice that is let pass, since other tests keep the processors busy."""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def environment(hub, tmp_path):
    """Of a process that downloads from ``hub``."""
    return {
        **os.environ,
        "MLHUB_ROOT_URL": hub.root_url,
        "MLHUB_API_KEY": "a-key-of-the-tests",
        "MLHUB_HOME": str(tmp_path / "home"),
    }


def interrupted(code, environment, until, number):
    """Run ``code`` until something is so, send the signal; exit code, stderr, and seconds to the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        wait_until(until, seconds=30)
        began = time.monotonic()
        process.send_signal(number)
        said = process.communicate(timeout=20)[1].decode()
        return process.returncode, said, time.monotonic() - began
    finally:
        process.kill()


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
def test_a_signal_ends_it_at_once_and_the_next_call_goes_on(interpreter, hub, environment, folder, ending):
    number, moment = ending
    dataset = PublishedDataset(hub, small=30, large_bytes=[9_000_000, 12_000_000])
    reached = {
        "catalog": lambda: bool(hub.blobs.requests),
        "first assets": lambda: len(found(folder, f"*{ASSET_SUFFIX}")) > 5,
        "large ones": lambda: sum(found(folder, "*.part")) > 6_000_000,
    }
    dataset.forget_requests()

    code, said, seconds = interrupted(download_script(folder), environment, reached[moment], number)

    assert seconds < 2 * AT_ONCE_S
    assert code == -number
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


WITH_A_HANDLER = """
import json, sys, threading
from pathlib import Path
from support.forked_downloads import open_files
from radiant_mlhub import Dataset
dataset = Dataset.fetch("ds")
before = open_files()
try:
    dataset.download({folder!r}, progress=False)
except KeyboardInterrupt:
    pass
left = [each.name for each in threading.enumerate() if each is not threading.main_thread()]
sys.stderr.write(json.dumps([left, sorted(open_files() - before)]))
"""


def test_a_caught_ctrl_c_leaves_no_thread_no_socket_no_file_open(hub, environment, folder):
    """As in a notebook: the interpreter goes on, and so must nothing of the download."""
    dataset = PublishedDataset(hub, small=30, large_bytes=[9_000_000])
    environment["PYTHONPATH"] = os.pathsep.join(
        path for path in sys.path if path.endswith(("/tests", "/src"))
    )

    _, said, _ = interrupted(
        WITH_A_HANDLER.format(folder=str(folder)),
        environment,
        lambda: sum(found(folder, "*.part")) > 2_000_000,
        signal.SIGINT,
    )

    assert said.splitlines()[-1] == "[[], []]"
    assert list(folder.glob(".*")) == []
    assert not (folder / dataset.dataset_id / "mlhub_stac_assets.db-wal").exists()
