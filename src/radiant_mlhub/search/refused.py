"""What the disk refuses of a file that was to be written, told of that file and not of its part."""

import errno
import os
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..exceptions import DirectoryUnusable
from ..transfer import why_refused

_PRIMARY = 0xFF  # of a result code; the bits above say more exactly what it was
_OF_SQLITE = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS}
_OF_RUST = re.compile(r"\(os error (\d+)\)")


@contextmanager
def written_to(path: Path) -> Iterator[None]:
    """Write ``path``, and nothing else, inside.

    Raises:
        DirectoryUnusable: The disk refuses it; the sentence says what helps.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise not_written(path, error) from error


def not_written(path: Path, error: Exception) -> DirectoryUnusable:
    """The error of a file that the disk refused, whoever was writing it."""
    return DirectoryUnusable(f"{path} could not be written: {_reason(error)}")


def _reason(error: Exception) -> str:
    number = _errno_of(error)
    # Where a folder was to be made, the name of a file is taken.
    number = errno.ENOTDIR if number == errno.EEXIST else number
    return why_refused(OSError(number, os.strerror(number))) if number else str(error)


def _errno_of(error: Exception) -> int | None:
    if isinstance(error, OSError):
        return error.errno
    if isinstance(error, sqlite3.Error):
        return _OF_SQLITE.get(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY)
    told = _OF_RUST.search(str(error))
    return int(told[1]) if told else None
