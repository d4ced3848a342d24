"""A disk that is soon full."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def tmpfs(folder: Path, *, mebibytes: int) -> Iterator[Path]:
    """A tmpfs of that size below ``folder``; the test is skipped where none can be mounted."""
    disk = folder / "disk"
    disk.mkdir()
    size = f"size={mebibytes}m"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", disk], check=False)
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)
