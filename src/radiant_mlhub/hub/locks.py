"""Locks that hold between threads and processes and end with whoever holds them, however it ends.

They are SQLite's own, on an empty file: the same on every system.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

_POLL_S = 0.05


@contextmanager
def held(path: Path, *, wait_s: float = 0.0) -> Iterator[bool]:
    """Hold the lock at ``path``; False, where somebody else still does after ``wait_s`` seconds.

    The file is made where there is none, and stays.
    """
    # SQLite's own timeout would wait deaf to Ctrl-C.
    deadline = time.monotonic() + wait_s
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    with closing(connection):
        while not (is_held := _is_taken(connection)) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        yield is_held


@contextmanager
def held_in_turn(path: Path, *, wait_s: float) -> Iterator[bool]:
    """As ``held``, for those who want it again and again: none of them can keep another one out.

    Who waits looks every now and then whether it is free; who has let go a moment ago and wants it back would
    always be first. So there is a second lock, ``{path}.next``, for who is next: everybody takes that first.
    """
    deadline = time.monotonic() + wait_s
    with ExitStack() as stack:
        is_held = False
        with held(path.with_name(f"{path.name}.next"), wait_s=wait_s) as is_next:
            if is_next:
                is_held = stack.enter_context(held(path, wait_s=max(0.0, deadline - time.monotonic())))
        yield is_held


def _is_taken(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
