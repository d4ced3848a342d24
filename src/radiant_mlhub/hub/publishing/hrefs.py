"""What an href of the source means: an address, or a file that lies inside the source."""

import os
import re
import stat
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_FOLDERS_KEPT = 4096


class BadHref(ValueError):
    """An href that cannot be published. Its text is the rest of a sentence about it."""


class SourceFolder:
    """The folder that is published, with all links to it resolved."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._real_folder = lru_cache(maxsize=_FOLDERS_KEPT)(os.path.realpath)
        self._inside = f"{self.root}{os.sep}"

    def name_of(self, path: Path | str) -> str:
        """The path as people are told it: relative to the source."""
        return os.path.relpath(path, self.root)

    def resolve(self, href: str, holder: Path) -> str | None:
        """The real path of the file that ``href`` means in the object at ``holder``; None for an address.

        Raises:
            BadHref: It leads out of the source, by ``..``, an absolute path or a symbolic link, or to
                no regular file.
        """
        if is_address(href):
            return None
        path = self._candidate(href, holder)
        if not path.startswith(self._inside):
            raise BadHref(
                f"{href!r} leads out of {self.root}; only files inside of it are published. "
                "Move the file there, or link it hard"
            )
        return path

    def _candidate(self, href: str, holder: Path) -> str:
        reference = unquote(urlsplit(href).path) if href.startswith("file:") else href
        folder = os.fspath(holder.parent)
        for spelling in dict.fromkeys((reference, unquote(reference.partition("?")[0].partition("#")[0]))):
            try:
                if (found := self._real_file(os.path.join(folder, spelling))) is not None:  # noqa: PTH118 - str: hot
                    return found
            except ValueError as error:  # a NUL
                raise BadHref(f"{href!r} is no path: {error}") from error
        raise BadHref(f"{href!r} is no file here")

    def _real_file(self, path: str) -> str | None:
        """The real path of a regular file; None where there is none."""
        folder, name = os.path.split(path)
        if name in ("", ".", ".."):
            return None
        path = f"{self._real_folder(folder)}{os.sep}{name}"
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                path = os.path.realpath(path)
                mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise BadHref(f"cannot be looked at: {error}") from error
        return path if stat.S_ISREG(mode) else None


def is_address(href: str) -> bool:
    """Whether an href has a scheme other than ``file``; a single letter is a Windows drive."""
    found = _SCHEME.match(href)
    return found is not None and found[0].lower() != "file:"
