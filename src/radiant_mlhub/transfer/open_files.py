"""The system's limit of open files: how many connections it has room for, and what to say beyond it."""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..exceptions import DirectoryUnusable
from .destination import is_for_lack_of_files, why_refused

# Each transfer under way may have a socket and a part open.
FILES_A_TRANSFER = 2
# For the manifest, the archive, the interpreter, and whatever else the program has open.
KEPT_BACK = 128


def connections_affordable() -> int:
    """How many transfers may be under way before a file cannot be opened (``ulimit -n``).

    macOS allows 256 open files where nobody raised the limit.
    """
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - Windows has none

        limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        if limit != resource.RLIM_INFINITY:
            return max((limit - KEPT_BACK) // FILES_A_TRANSFER, 1)
    return sys.maxsize


def out_of_files() -> OSError:
    """The system's own error, for somebody who was told less."""
    return OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def is_out_of_files(error: OSError) -> bool:
    """Whether nothing is wrong with a file but that no more files can be opened."""
    return error.errno in (errno.EMFILE, errno.ENFILE)


def refused_to_open(files: int) -> OSError | None:
    """The system's error if so many more files cannot be open at once."""
    with ExitStack() as opened:
        try:
            for _ in range(files):
                opened.enter_context(Path(os.devnull).open("rb"))
        except OSError as error:
            return error
    return None


@contextmanager
def told_when_out_of_files(what: str) -> Iterator[None]:
    """Give errors of too many open files their one clear text, whoever met them.

    Args:
        what: What then cannot be done, the beginning of a sentence.

    Raises:
        DirectoryUnusable: A file cannot be opened for that.
    """
    try:
        yield
    except Exception as error:
        refused = _refused_in(error)
        if refused is None or is_for_lack_of_files(str(error)):
            raise
        raise DirectoryUnusable(f"{what}: {why_refused(refused)}") from error


def _refused_in(error: BaseException | None) -> OSError | None:
    """The error of too many open files that ``error`` is or comes of."""
    while error is not None:
        if isinstance(error, OSError) and is_out_of_files(error):
            return error
        error = error.__cause__
    return None
