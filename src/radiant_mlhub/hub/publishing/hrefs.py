"""What an href of the source means: an address, or a file that lies inside the source."""

import os
import re
import stat
from pathlib import Path
from urllib.parse import unquote, urlsplit

_DRIVE = re.compile(r"[A-Za-z]:")
_CODED = frozenset("%?#")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")


class BadHref(ValueError):
    """An href that cannot be published. Its text is the rest of a sentence about it."""


class SourceFolder:
    """The folder that is published, with all links to it resolved."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._inside = f"{self.root}{os.sep}"

    def name_of(self, path: Path | str) -> str:
        """The path as people are told it: relative to the source."""
        text = str(path)
        return (
            text.removeprefix(self._inside)
            if text.startswith(self._inside)
            else os.path.relpath(text, self.root)
        )

    def resolve(self, href: str, holder: Path) -> str | None:
        """The real path of the file that ``href`` means in the object at ``holder``; None for an address.

        Args:
            holder: A real path, as this function gives them.

        Raises:
            BadHref: It leads out of the source, by ``..``, an absolute path or a symbolic link, or to
                no regular file.
        """
        if is_address(href):
            return None
        path = _candidate(href, str(holder.parent))
        if not path.startswith(self._inside):
            raise BadHref(
                f"{href!r} leads out of {self.root}; only files inside of it are published. "
                "Move the file there, or link it hard"
            )
        return path


def _candidate(href: str, folder: str) -> str:
    """The regular file that is meant: the href as it is written, else as an address has it."""
    reference = unquote(urlsplit(href).path) if href.startswith("file:") else href
    try:
        path = _real_file(reference, folder)
        if path is None and not _CODED.isdisjoint(reference):
            path = _real_file(unquote(reference.partition("?")[0].partition("#")[0]), folder)
    except ValueError as error:  # a NUL
        raise BadHref(f"{href!r} is no path: {error}") from error
    except OSError as error:
        raise BadHref(f"{href!r} cannot be looked at: {error}") from error
    if path is None:
        raise BadHref(f"{href!r} is no file here")
    return path


def _real_file(reference: str, folder: str) -> str | None:
    """The real path of a regular file; None where there is none.

    ``folder`` is a real path, so that only what the reference adds has to be looked at.
    """
    if reference.startswith(("/", "\\")) or _DRIVE.match(reference):
        real = Path(reference).resolve()
        return str(real) if real.is_file() else None
    path, mode = folder, stat.S_IFDIR
    for name in reference.split("/"):
        if name in ("", "."):
            continue
        if name == "..":
            path, mode = path.rpartition(os.sep)[0] or os.sep, stat.S_IFDIR
            continue
        path = f"{path}{os.sep}{name}"
        try:
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                path = os.path.realpath(path)
                mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
    return path if stat.S_ISREG(mode) else None


def is_address(href: str) -> bool:
    """Whether an href has a scheme other than ``file``; a single letter is a Windows drive."""
    found = _SCHEME.match(href)
    return found is not None and found[0].lower() != "file:"
