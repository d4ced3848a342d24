"""Where files land: inside a root, whole or not at all."""

import contextlib
import errno
import os
import shutil
import stat
from collections import OrderedDict
from pathlib import Path

from ..masking import masked
from .answers import Version
from .notes import source_of
from .parts import ENDINGS, Leftover, Part, PartLost, adopt, claim, leftovers, new_part, remove
from .present import FileFound, Found, PartFound, agrees
from .transfers import Transfer

# Folders remembered, each with the names of its parts: an item's files come together, so few do.
FOLDERS_REMEMBERED = 256

NOTHING_FOUND = Found()

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
    errno.ENFILE: "too many open files in the whole system. End a program or two, or raise its limit",
}


class Destinations:
    """The folders one run writes to."""

    def __init__(self) -> None:
        self._parts: OrderedDict[str, list[str]] = OrderedDict()
        self._inside: set[tuple[str, str]] = set()

    def look(self, transfer: Transfer) -> tuple[Found, Part | None]:
        """What lies at the target of ``transfer``, and the part to go on with, claimed.

        A file that was recorded as complete in a run that ended before it got its final name
        gets that name now.

        Raises:
            OSError: The target is outside its root, is a folder, or cannot be looked at.
        """
        target = transfer.target
        part_names = self._enter(_folder_of(target), transfer.root)
        file = _regular(target, refuse_folders=True)
        if not part_names and transfer.elsewhere is None:
            return (NOTHING_FOUND if file is None else Found(file)), None
        left = leftovers(target, part_names)
        if agrees(transfer.record, file) and not (left and _may_be_replaced(transfer)):
            for leftover in left:
                remove(leftover.path)
            return Found(file), None
        for leftover in left:
            if agrees(transfer.record, file_at(leftover.path)):
                os.replace(leftover.path, target)  # noqa: PTH105 - paths are text here, as in parts
                remove(leftover.path)
                return Found(file_at(target)), None
        part, part_found = _claimed(left, target, transfer.asked_at)
        return Found(file, self._elsewhere(transfer), part_found), part

    def new_part(self, transfer: Transfer, address: str, version: Version) -> Part:
        """An empty part for ``transfer``, of ``address``; its folder is made where there is none."""
        try:
            return new_part(transfer.target, address, version)
        except FileNotFoundError:
            os.makedirs(_folder_of(transfer.target), exist_ok=True)  # noqa: PTH103
            return new_part(transfer.target, address, version)

    def adopt(self, transfer: Transfer, path: str, address: str, version: Version) -> Part:
        """The unfinished file at ``path`` as the part of ``transfer``, of ``address``."""
        return adopt(path, transfer.target, address, version)

    def _enter(self, folder: str, root: str) -> list[str]:
        """Check once that ``folder`` is inside ``root``; the names of the parts that lie in it."""
        known = self._parts.get(folder)
        if known is not None:
            self._parts.move_to_end(folder)
            return known
        if not self._is_inside(folder, root):
            raise PermissionError(errno.EACCES, f"it leads out of {root}", folder)
        names = []
        with contextlib.suppress(FileNotFoundError):
            names = [name for name in os.listdir(folder) if name.endswith(ENDINGS)]  # noqa: PTH208
        self._parts[folder] = names
        if len(self._parts) > FOLDERS_REMEMBERED:
            self._parts.popitem(last=False)
        return names

    def _is_inside(self, folder: str, root: str) -> bool:
        """As ``is_inside``; a folder whose parent is known to be inside costs one look."""
        parent, _, name = folder.rpartition(os.sep)
        if (root, parent) not in self._inside:
            if not is_inside(folder, root):
                return False
            if is_inside(parent, root):
                self._remember(root, parent)
            return True
        return not (name == ".." or os.path.islink(folder)) or is_inside(folder, root)  # noqa: PTH114

    def _remember(self, root: str, folder: str) -> None:
        if len(self._inside) >= FOLDERS_REMEMBERED:
            self._inside.clear()
        self._inside.add((root, folder))

    def _elsewhere(self, transfer: Transfer) -> FileFound | None:
        if transfer.elsewhere is None:
            return None
        return (
            file_at(transfer.elsewhere) if is_inside(_folder_of(transfer.elsewhere), transfer.root) else None
        )


def _may_be_replaced(transfer: Transfer) -> bool:
    """A newer version may be on its way, and a part hold the beginning of it."""
    return transfer.revalidate or transfer.if_exists == "overwrite"


def file_at(path: str) -> FileFound | None:
    """The regular file at ``path``; None when there is none. A link is not followed."""
    return _regular(path, refuse_folders=False)


def _regular(path: str, *, refuse_folders: bool) -> FileFound | None:
    try:
        told = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISREG(told.st_mode):
        return FileFound(path, told.st_size, told.st_mtime_ns)
    if refuse_folders and stat.S_ISDIR(told.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    return None


def is_inside(folder: str | Path, root: str | Path) -> bool:
    """Whether ``folder`` lies in ``root`` once every link on the way is followed."""
    real, real_root = os.path.realpath(folder), os.path.realpath(root)
    try:
        return os.path.commonpath([real, real_root]) == real_root
    except ValueError:  # two drives
        return False


def move(path: str, target: str) -> None:
    """Give a finished file its final name."""
    os.makedirs(_folder_of(target), exist_ok=True)  # noqa: PTH103
    os.replace(path, target)  # noqa: PTH105


def free_bytes(folder: Path) -> int:
    """Bytes that can still be written to ``folder``, or to where it will be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _folder_of(path: str) -> str:
    return path.rpartition(os.sep)[0]


def is_for_lack_of_space(error: str) -> bool:
    """Whether an outcome's error came of a full disk or quota."""
    return any(_REASONS[code] in error for code in (errno.ENOSPC, errno.EDQUOT))


def is_for_lack_of_files(error: str) -> bool:
    """Whether an error's text says that no more files can be opened."""
    return any(_REASONS[code] in error for code in (errno.EMFILE, errno.ENFILE))


def _why_not(error: OSError) -> str:
    """What stands in the way of a file, and what to do about it."""
    if isinstance(error, PartLost):
        return f"{error}; run the same call again once it has ended"
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{why_refused(error)}"


def why_refused(error: OSError) -> str:
    """What the disk refused, and what to do about it, without the name of the file."""
    known = _REASONS.get(error.errno or 0) if not error.strerror or _is_plain(error) else None
    return known or error.strerror or str(error)


def not_written(href: str, error: OSError) -> str:
    """What to say of a file that the disk refused."""
    return f"{masked(href)} could not be written: {_why_not(error)}"


def _is_plain(error: OSError) -> bool:
    """Its text is the system's own, and not one of ours that says more."""
    return error.strerror == os.strerror(error.errno or 0)


def _claimed(
    left: list[Leftover], target: str, addresses: tuple[str, ...]
) -> tuple[Part | None, PartFound | None]:
    """The part with the most bytes of one of these addresses, claimed; what is of no use is deleted."""
    by_source = {source_of(address): address for address in addresses}
    mine = [each for each in left if each.note is not None and each.note.source in by_source]
    for leftover in sorted(mine, key=lambda each: -each.size_bytes):
        if leftover.note is None:
            continue
        address = by_source[leftover.note.source]
        part = claim(leftover, target, address)
        if part is not None:
            for other in left:
                if other is not leftover:
                    remove(other.path)
            return part, PartFound(leftover.note.version, leftover.note.ranges, address)
    for leftover in left:
        remove(leftover.path)
    return None, None
