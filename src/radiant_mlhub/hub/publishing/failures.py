"""What the system says while a publication is written, in words for whoever publishes."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ...exceptions import MLHubException, PublicationFailed

_FULL = "the disk is full"


@contextmanager
def told_plainly(name: str) -> Iterator[None]:
    """Let what goes wrong inside be a ``PublicationFailed`` of the dataset or model ``name``.

    Raises:
        PublicationFailed: The system refused something.
    """
    try:
        yield
    except sqlite3.Error as error:
        is_full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
        raise _failed(name, _FULL if is_full else str(error)) from error
    except OSError as error:
        if isinstance(error, MLHubException) and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        is_full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise _failed(name, _FULL if is_full else str(error)) from error


def _failed(name: str, why: str) -> PublicationFailed:
    failed = PublicationFailed(f'"{name}" was not published: {why}.')
    if why == _FULL:
        failed.add_note("--link and --in-place take no second copy; --no-archives leaves the archives out")
    return failed
