"""Every write, rename, mkdir, fsync of a small download fails in turn: one more run ends right."""

import contextlib
import random
import subprocess
import sys

import pytest

from support.failing_operations import FailingOperations
from support.syscalls import IS_POSSIBLE
from support.whole_downloads import PublishedDataset, ended_well

SEED = 20221105
SAMPLE = 8
"""Of some 300 operations; `make soak` does them all."""

traced = pytest.mark.skipif(not IS_POSSIBLE, reason="system calls are followed on Linux x86-64 only")


@pytest.fixture
def operations(interpreter, hub, tmp_path):
    dataset = PublishedDataset(hub, small=2, large_bytes=[1_500_000])
    return FailingOperations(interpreter, hub, dataset, tmp_path)


@traced
def test_what_is_made_to_fail_is_every_kind_of_operation(operations):
    kinds = {operation.split()[0] for operation in operations.seen}

    assert kinds >= {"open", "write", "rename", "mkdir", "fsync", "unlink"}
    assert any(operation.endswith("mlhub_stac_assets.db-wal") for operation in operations.seen)


@traced
@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", ["kill", "full"])
def test_one_more_run_ends_right(operations, how):
    """The operation before which the process is killed, or which finds no space left."""
    numbers = random.Random(SEED).sample(operations.numbers(how), SAMPLE)

    print(f"seed {SEED}: {numbers}")
    assert [failed for failed in (operations.fail(each, how) for each in numbers) if failed.wrong] == []


@traced
def test_a_kill_around_the_name_of_a_large_file_leaves_no_note(operations):
    """The note goes first: of a file that has its name, nobody would look for one."""
    is_note = [each.startswith("unlink") and ".part.json" in each for each in operations.seen]
    at = is_note.index(True)

    assert [failed for failed in (operations.fail(at + n, "kill") for n in (0, 1, 2)) if failed.wrong] == []


@pytest.fixture
def small_disk(tmp_path):
    """A function that mounts a file system of so many bytes."""
    mounted = []

    def mount(size_bytes):
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={size_bytes}", "tmpfs", str(folder)]
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:
                mounted.append(folder)
                return folder
        pytest.skip("a small file system cannot be mounted here: that takes root")
        return None

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
@pytest.mark.parametrize("size_bytes", [4096, 40_960, 150_000, 400_000, 2_500_000])
def test_a_full_disk_is_said_and_once_there_is_space_the_download_goes_on(
    interpreter, hub, small_disk, size_bytes
):
    """Full from the lock file on, in the manifest, among small files, in a large one."""
    dataset = PublishedDataset(hub, small=20, large_bytes=[4_000_000])
    disk = small_disk(size_bytes)
    folder = disk / "data"

    full = interpreter.start(hub.root_url, folder)
    full.wait()

    assert full.told["error"] in {"DirectoryUnusable", "DownloadFailed", "TransferFailed"}, full.told
    assert (full.told["threads"], full.told["open"]) == ([], [])
    subprocess.run(["mount", "-o", "remount,size=100M", str(disk)], check=True)
    assert ended_well(interpreter.start(hub.root_url, folder))
    assert dataset.differences(folder) == []
