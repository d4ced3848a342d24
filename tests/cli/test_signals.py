"""Ctrl-C and SIGTERM end a command at once, with an exit code of their own, and nothing lies about."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from support.interrupted import AT_ONCE_S, interrupted
from support.scripted_hub import ScriptedHub, item

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither signal")

MLHUB = "from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"
COMMAND = "from radiant_mlhub.cli import mlhub\nmlhub(['download', {dataset_id!r}, '-o', {folder!r}])\n"


@pytest.mark.parametrize("dataset_id", ["slow", "silent"])
@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "Interrupted."), (signal.SIGTERM, 143, "Terminated.")]
)
def test_a_signal_ends_a_download_and_its_lock(tmp_path, number, code, word, dataset_id):
    """While bytes come, and while servers say nothing, or nothing more."""
    folder = tmp_path / "data"
    with ScriptedHub() as hub:
        large = hub.file("large.tif", size_bytes=9_000_000, trickle_s=0.01)
        silent = [hub.file(f"{n}.tif", size_bytes=900_000, stall_after=n % 2 * 500) for n in range(40)]
        hub.publish("slow", [item("a", {"image": large.href})])
        hub.publish("silent", [item(f"i{n}", {"image": file.href}) for n, file in enumerate(silent)])
        reached = {
            "slow": lambda _: has_a_part_of(folder, 2_000_000),
            "silent": lambda _: len(hub.asset_requests()) >= 20,
        }

        ended = interrupted(
            COMMAND.format(dataset_id=dataset_id, folder=str(folder)),
            hub.root_url,
            tmp_path,
            reached[dataset_id],
            number,
        )

    assert ended[0] == code, ended[1]
    assert ended[1].splitlines()[-1] == word
    assert ended[2] < AT_ONCE_S
    assert "Traceback" not in ended[1]
    assert [path.name for path in folder.rglob("*") if path.name.endswith((".in-use", "-wal", "-shm"))] == []


def has_a_part_of(folder, size_bytes):
    """Whether so much of a file is there; the part of another may go while one looks."""
    with contextlib.suppress(FileNotFoundError):
        return any(path.stat().st_size > size_bytes for path in folder.rglob("*.part"))
    return False


def test_a_reader_that_leaves_ends_a_list_without_a_word(tmp_path):
    """As `mlhub items scenes --json | head -1` does: 141, what SIGPIPE is to a shell."""
    with ScriptedHub() as hub:
        hub.publish("ds", [item(f"item_{number}", {}) for number in range(5000)])
        process = subprocess.Popen(
            [sys.executable, "-c", MLHUB, "items", "scenes", "--limit", "0", "--json"],
            env={**os.environ, "MLHUB_ROOT_URL": hub.root_url, "MLHUB_API_KEY": "a-key-of-the-tests"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with process:
            first = process.stdout.readline()
            process.stdout.close()
            said = process.stderr.read()

    assert '"item_0"' in first
    assert (process.returncode, said) == (141, "")


def test_no_streams_at_all_is_no_error(tmp_path):
    """As a service or a scheduler may start it."""
    with ScriptedHub() as hub:
        hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
        done = subprocess.run(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-c", MLHUB, "download", "ds"],
            env={**os.environ, "MLHUB_ROOT_URL": hub.root_url, "MLHUB_API_KEY": "a-key-of-the-tests"},
            cwd=tmp_path,
            timeout=60,
            check=False,
        )

    assert done.returncode == 0
    assert len(list(tmp_path.rglob("*.tif"))) == 1
