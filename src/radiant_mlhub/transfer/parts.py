"""Unfinished files: where they lie, whose they are, and how they become finished ones.

A part lies beside its target as ``.<name>.<version>.<owner>.<number>.part``; one that can be
continued has a note, ``.part.json``, beside it. Bytes are written at absolute offsets and a
part is never truncated, so two writers of one version can only write the same bytes.
"""

import contextlib
import hashlib
import itertools
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .answers import Version
from .notes import Note, read_note
from .owners import Owner, owner_named, this_owner

# Below this, beginning again is cheaper than keeping a note; an unknown length counts as large.
SMALLEST_NOTED_BYTES = 1024 * 1024
# File systems take names of 255 bytes; version, owner and number need up to 80 of them.
LONGEST_STEM_BYTES = 160

_numbers = itertools.count()
_in_use: set[Path] = set()
_in_use_lock = threading.Lock()


class PartLost(OSError):
    """Another process has claimed this part, and goes on with it."""


class Part:
    """One unfinished file, open for writing.

    Attributes:
        path: Where it lies.
    """

    def __init__(self, path: Path, source: str, *, is_new: bool) -> None:
        # No link is followed, and a new part is never somebody else's file.
        flags = os.O_RDWR | (os.O_CREAT | os.O_EXCL if is_new else 0)
        flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        self.path = path
        self._source = source
        self._has_note = False
        self._file = open(os.open(path, flags, 0o666), "r+b", buffering=0)  # noqa: SIM115, PTH123
        self._end = 0
        with _in_use_lock:
            _in_use.add(path)

    def write(self, at: int, piece: bytes | memoryview) -> None:
        """Write ``piece`` so that its first byte is byte ``at`` of the file."""
        if at != self._end:
            self._file.seek(at)
        rest = memoryview(piece)
        while rest:
            rest = rest[self._file.write(rest) :]
        self._end = at + len(piece)

    def save_note(self, version: Version, ranges: tuple[tuple[int, int], ...]) -> None:
        """Write down which bytes of which version are here."""
        Note(self._source, version, ranges).save(_note_path(self.path))
        self._has_note = True

    def close(self) -> os.stat_result:
        """End writing. The name stays in use until ``publish``, ``keep`` or ``discard``."""
        told = os.fstat(self._file.fileno()) if not self._file.closed else self.path.lstat()
        self._file.close()
        return told

    def publish(self, target: Path) -> None:
        """Give the file its final name, in one step; what was there is replaced.

        Raises:
            PartLost: The part is no longer here.
        """
        try:
            self.path.replace(target)
        except FileNotFoundError as error:
            raise PartLost(f"{target}: another process has taken over its download") from error
        finally:
            self._leave()
        if self._has_note:
            _note_path(self.path).unlink(missing_ok=True)

    def keep(self) -> None:
        """Leave it for a later run, if a note makes it worth anything."""
        if not self._has_note:
            return self.discard()
        self._file.close()
        return self._leave()

    def discard(self) -> None:
        """Throw it away."""
        self._file.close()
        self._leave()
        remove(self.path)

    def _leave(self) -> None:
        with _in_use_lock:
            _in_use.discard(self.path)

    def mark_noted(self) -> None:
        """A note lies beside it already."""
        self._has_note = True


@dataclass(frozen=True, slots=True)
class Leftover:
    """A part that no living process writes."""

    path: Path
    note: Note | None

    @property
    def size_bytes(self) -> int:
        """How many of its bytes are of use."""
        return 0 if self.note is None else sum(end - start for start, end in self.note.ranges)


def new_part(target: Path, source: str, version: Version) -> Part:
    """An empty part beside ``target``."""
    return Part(_part_path(target, source, version), source, is_new=True)


def leftovers(target: Path, names: Iterator[str] | list[str]) -> list[Leftover]:
    """The parts of ``target`` among ``names`` (of its folder) that nobody writes any more."""
    stem = _stem(target.name)
    found = []
    for name in names:
        fields = name.rsplit(".", 4)
        if len(fields) != 5 or fields[0] != f".{stem}" or fields[4] != "part":  # noqa: PLR2004
            continue
        path = target.with_name(name)
        owner = owner_named(fields[2])
        if owner is not None and not _is_written(owner, path):
            found.append(Leftover(path, read_note(_note_path(path))))
    return found


def claim(leftover: Leftover, target: Path, source: str) -> Part | None:
    """Take over a part by giving it a name of our own; None if somebody else was faster."""
    version = Version() if leftover.note is None else leftover.note.version
    path = _part_path(target, source, version)
    try:
        # Renaming is atomic, on NFS too: of two that try, one finds no such file.
        leftover.path.rename(path)
        part = Part(path, source, is_new=False)
        _note_path(leftover.path).replace(_note_path(path))
    except OSError:
        return None
    part.mark_noted()
    return part


def adopt(file: Path, target: Path, source: str, version: Version) -> Part:
    """Make ``file``, left unfinished under a final name, a part of ``target``."""
    path = _part_path(target, source, version)
    file.rename(path)
    return Part(path, source, is_new=False)


def remove(path: Path) -> None:
    """Delete a part and its note, if they are still there."""
    for each in (path, _note_path(path)):
        with contextlib.suppress(OSError):  # what cannot be deleted is no reason to fail a download
            each.unlink(missing_ok=True)


def _is_written(owner: Owner, path: Path) -> bool:
    if owner == this_owner():
        with _in_use_lock:
            return path in _in_use
    return owner.is_alive(path)


def _part_path(target: Path, source: str, version: Version) -> Path:
    identity = f"{source} {version.validator or version.etag} {version.total}"
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return target.with_name(f".{_stem(target.name)}.{digest}.{this_owner()}.{next(_numbers)}.part")


def _note_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _stem(name: str) -> str:
    raw = os.fsencode(name)
    if len(raw) <= LONGEST_STEM_BYTES:
        return name
    # The ends of long names are what differs; the whole of them is in the hash.
    return f"{os.fsdecode(raw[-LONGEST_STEM_BYTES // 2 :])}~{hashlib.sha256(raw).hexdigest()[:16]}"
