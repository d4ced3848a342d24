"""Locks that hold between threads and processes and end with whoever holds them, however it ends.

They are SQLite's own, on an empty file: the same on every system.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
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


def _is_taken(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
            raise
        return False
    return True
