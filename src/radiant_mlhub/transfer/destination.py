"""Where files land: inside a root, whole or not at all."""

import contextlib
import errno
import os
import shutil
import stat
from collections import OrderedDict
from pathlib import Path

from .answers import Version
from .notes import source_of
from .parts import Leftover, Part, PartLost, adopt, claim, leftovers, new_part, remove
from .present import FileFound, Found, PartFound, agrees
from .transfers import Transfer

# Folders remembered, each with the names of its parts: an item's files come together, so few do.
FOLDERS_REMEMBERED = 256

_REASONS = {
    errno.ENOSPC: "there is no space left on the disk. Free some and run the same call again",
    errno.EDQUOT: "the disk quota is used up. Free some space and run the same call again",
    errno.EROFS: "the file system is read-only. Choose another folder",
    errno.EACCES: "permission denied. Choose a folder you may write to",
    errno.EPERM: "permission denied. Choose a folder you may write to",
    errno.ENAMETOOLONG: "the name is too long for this file system. Choose a shorter folder",
    errno.EISDIR: "a folder is in the way. Move it, or choose another folder",
    errno.ENOTDIR: "a file stands where a folder is needed. Move it, or choose another folder",
    errno.EMFILE: "too many open files. Raise the limit (ulimit -n), or lower max_connections",
}


class Destinations:
    """The folders one run writes to."""

    def __init__(self) -> None:
        self._parts: OrderedDict[Path, list[str]] = OrderedDict()
        self._inside: set[tuple[Path, Path]] = set()

    def look(self, transfer: Transfer) -> tuple[Found, Part | None]:
        """What lies at the target of ``transfer``, and the part to go on with, claimed.

        A file that was recorded as complete in a run that ended before it got its final name
        gets that name now.

        Raises:
            OSError: The target is outside its root, is a folder, or cannot be looked at.
        """
        target = Path(transfer.target)
        self._enter(target.parent, Path(transfer.root))
        file = file_at(target)
        if agrees(transfer.record, file):
            return Found(file=file), None
        if target.is_dir() and not target.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
        left = leftovers(target, self._parts[target.parent])
        for leftover in left:
            if agrees(transfer.record, file_at(leftover.path)):
                leftover.path.replace(target)
                remove(leftover.path)
                return Found(file=file_at(target)), None
        part, part_found = _claimed(left, target, source_of(transfer.href))
        return Found(file, self._elsewhere(transfer), part_found), part

    def new_part(self, transfer: Transfer, version: Version) -> Part:
        """An empty part for ``transfer``; its folder is made first."""
        target = Path(transfer.target)
        target.parent.mkdir(parents=True, exist_ok=True)
        return new_part(target, source_of(transfer.href), version)

    def adopt(self, transfer: Transfer, path: str, version: Version) -> Part:
        """The unfinished file at ``path`` as the part of ``transfer``."""
        return adopt(Path(path), Path(transfer.target), source_of(transfer.href), version)

    def _enter(self, folder: Path, root: Path) -> None:
        """Check once that ``folder`` is inside ``root``, and see which parts lie in it."""
        if folder in self._parts:
            self._parts.move_to_end(folder)
            return
        if not self._is_inside(folder, root):
            raise PermissionError(errno.EACCES, f"it leads out of {root}", str(folder))
        names = []
        with contextlib.suppress(FileNotFoundError):
            names = [name for name in os.listdir(folder) if name.endswith(".part")]  # noqa: PTH208
        self._parts[folder] = names
        if len(self._parts) > FOLDERS_REMEMBERED:
            self._parts.popitem(last=False)

    def _is_inside(self, folder: Path, root: Path) -> bool:
        """As ``is_inside``; a folder whose parent is known to be inside costs one look."""
        parent = folder.parent
        if (root, parent) not in self._inside:
            if not is_inside(folder, root):
                return False
            if parent.is_relative_to(root) and is_inside(parent, root):
                self._remember(root, parent)
            return True
        return not (folder.name == ".." or folder.is_symlink()) or is_inside(folder, root)

    def _remember(self, root: Path, folder: Path) -> None:
        if len(self._inside) >= FOLDERS_REMEMBERED:
            self._inside.clear()
        self._inside.add((root, folder))

    def _elsewhere(self, transfer: Transfer) -> FileFound | None:
        if transfer.elsewhere is None:
            return None
        path = Path(transfer.elsewhere)
        return file_at(path) if is_inside(path.parent, Path(transfer.root)) else None


def file_at(path: Path) -> FileFound | None:
    """The regular file at ``path``; None when there is none. A link is not followed."""
    try:
        told = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(told.st_mode):
        return None
    return FileFound(str(path), told.st_size, told.st_mtime_ns)


def is_inside(folder: Path, root: Path) -> bool:
    """Whether ``folder`` lies in ``root`` once every link on the way is followed."""
    real, real_root = os.path.realpath(folder), os.path.realpath(root)
    try:
        return os.path.commonpath([real, real_root]) == real_root
    except ValueError:  # two drives
        return False


def move(path: Path, target: Path) -> None:
    """Give a finished file its final name."""
    target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(target)


def free_bytes(folder: Path) -> int:
    """Bytes that can still be written to ``folder``, or to where it will be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def why_not(error: OSError) -> str:
    """What stands in the way of a file, and what to do about it."""
    if isinstance(error, PartLost):
        return f"{error}; run the same call again once it has ended"
    place = f"{error.filename}: " if error.filename else ""
    known = _REASONS.get(error.errno or 0) if not error.strerror or _is_plain(error) else None
    return f"{place}{known or error.strerror or error}"


def _is_plain(error: OSError) -> bool:
    """Its text is the system's own, and not one of ours that says more."""
    return error.strerror == os.strerror(error.errno or 0)


def _claimed(left: list[Leftover], target: Path, source: str) -> tuple[Part | None, PartFound | None]:
    """The part with the most bytes of this source, claimed; what is of no use is deleted."""
    mine = [each for each in left if each.note is not None and each.note.source == source]
    for leftover in sorted(mine, key=lambda each: -each.size_bytes):
        part = claim(leftover, target, source)
        if part is not None and leftover.note is not None:
            for other in left:
                if other is not leftover:
                    remove(other.path)
            return part, PartFound(leftover.note.version, leftover.note.ranges)
    for leftover in left:
        remove(leftover.path)
    return None, None
