"""What a source's file or folder refuses when it is read, told of that file or folder."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..exceptions import CatalogBroken, MLHubException

_GONE = (errno.ENOENT, errno.ENOTDIR)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


@contextmanager
def read_from(path: Path) -> Iterator[None]:
    """Read ``path`` inside: it may have gone since it was named, or may not be read.

    Raises:
        CatalogBroken: The system refuses it; a note says what helps.
    """
    try:
        yield
    except MLHubException:
        raise
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> CatalogBroken:
    if error.errno in _GONE:
        broken = CatalogBroken(f"{path} is not there any more.")
    else:
        broken = CatalogBroken(f"{path} cannot be read: {error.strerror or error}.")
    if error.errno in _FORBIDDEN:
        broken.add_note("whoever runs this needs the right to read it, and to enter the folders above it")
    else:
        broken.add_note("put it back, or open it from where it is now")
    return broken
