"""Names that the interpreter cannot hand to the file system."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..exceptions import DirectoryUnusable


@contextmanager
def told_when_names_cannot_be_written() -> Iterator[None]:
    """Tell of a path that has no form in the file system's encoding: of ASCII, where the locale is bare C.

    Raises:
        DirectoryUnusable: There is one.
    """
    try:
        yield
    except UnicodeEncodeError as error:
        encoding = sys.getfilesystemencoding()
        if encoding == "utf-8" or error.encoding != encoding:
            raise
        raise DirectoryUnusable(
            f"{error.object} cannot be reached: this Python names files in {encoding}, which has "
            f"no {error.object[error.start]}. Set PYTHONUTF8=1, or a locale of UTF-8 (LC_ALL=C.UTF-8), "
            "and run the same call again"
        ) from error
