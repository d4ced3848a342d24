"""What is printed onto a full disk: told in a line, and no work that was done is lost for it."""

import errno
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from support.scripted_hub import item

FULL = Path("/dev/full")
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")

MLHUB = "from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"
NO_SPACE, NO_TERMINAL = (
    f"Error: The output could not be written: {os.strerror(code)}\n" for code in (errno.ENOSPC, errno.EIO)
)


@pytest.fixture
def hub(hub):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", b"a" * 5000).href})])
    return hub


def run(*words, full, unbuffered=False):
    """Run ``mlhub`` with one of its streams on a full disk: its exit code, and what the other one got."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with FULL.open("w") as disk:
        done = subprocess.run(
            [sys.executable, *(["-u"] if unbuffered else []), "-c", MLHUB, *words],
            **{**streams, full: disk},
            text=True,
            timeout=60,
            check=False,
        )
    return done.returncode, done.stderr if full == "stdout" else done.stdout


@pytest.mark.parametrize("unbuffered", [False, True])
@pytest.mark.parametrize(
    "words", [["datasets"], ["datasets", "--json"], ["download", "ds", "--json"], ["--help"], ["--version"]]
)
def test_an_answer_that_cannot_be_written_is_told_in_a_line(hub, words, unbuffered):
    assert run(*words, full="stdout", unbuffered=unbuffered) == (1, NO_SPACE)


def test_what_was_downloaded_stays_where_it_cannot_be_told(hub, tmp_path):
    run("download", "ds", full="stdout")

    assert [path.read_bytes() for path in tmp_path.rglob("*.tif")] == [b"a" * 5000]


@pytest.mark.parametrize("how", ["auto", "json"])
def test_progress_that_cannot_be_written_fails_no_download(hub, tmp_path, how):
    code, answer = run("download", "ds", "--progress", how, full="stderr")

    assert (code, len(list(tmp_path.rglob("*.tif")))) == (0, 1)
    assert answer.startswith("ds: fetched 1 of 1 files")


@pytest.mark.parametrize(
    ("words", "code"), [(["dataset", "no_such"], 3), (["datasets", "--bogus"], 2), (["bogus"], 2), ([], 2)]
)
def test_an_error_that_cannot_be_written_keeps_its_exit_code(hub, words, code):
    assert run(*words, full="stderr") == (code, "")


def test_an_answer_to_a_terminal_that_is_gone_is_told_too(hub):
    """As of a connection that broke, under ``nohup``."""
    ours, theirs = pty.openpty()
    code = f"import os; os.close({ours}); {MLHUB}"
    with subprocess.Popen(
        [sys.executable, "-c", code, "datasets"],
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        pass_fds=[ours],
    ) as process:
        os.close(theirs)
        os.close(ours)
        said = process.stderr.read()

    assert (process.returncode, said) == (
        1,
        f"Error: The output could not be written: {os.strerror(errno.EIO)}\n",
    )
