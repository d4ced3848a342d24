"""What a run of this process has left: threads, files and sockets."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path


def open_files() -> set[str]:
    """The files and sockets that this process has open, where the system tells."""
    found = set()
    for each in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(f"{each.name} {each.readlink()}")
    return {each for each in found if "/proc/" not in each}


def other_threads() -> list[str]:
    """The names of all threads but the main one."""
    return [each.name for each in threading.enumerate() if each is not threading.main_thread()]
