"""Scripts in an interpreter of their own: for what only a whole process shows."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path


def run_script(code: str, *flags: str, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run ``code`` with this interpreter and environment; its exit code must be 0."""
    done = subprocess.run(
        [sys.executable, *flags, "-c", code],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done


@contextlib.contextmanager
def started_script(code: str, python: str | Path = sys.executable) -> Iterator[subprocess.Popen[bytes]]:
    """A running script; killed when the block ends, if it still runs."""
    process = subprocess.Popen(
        [str(python), "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def download_script(folder: Path, dataset_id: str = "ds") -> str:
    """The code of a script that downloads a dataset into ``folder``."""
    return f"from radiant_mlhub import Dataset\nDataset.fetch({dataset_id!r}).download({str(folder)!r})\n"
