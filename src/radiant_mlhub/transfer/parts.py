"""Unfinished files: where they lie, whose they are, and how they become finished ones.

A part lies beside its target as ``.<name>.<version>.<owner>.<number>.part``; one that can be
continued has a note, ``.part.json``, beside it. Bytes are written at absolute offsets and a
part is never truncated, so two writers of one version can only write the same bytes.

Paths are text here: of 40,000 small files ``pathlib`` would take more time than the disk.
"""

import hashlib
import itertools
import os
import zlib
from collections.abc import Collection
from dataclasses import dataclass
from io import FileIO
from weakref import ref

from .answers import Version
from .notes import Note, draft_of, read_note, source_of
from .owners import Owner, owner_named, this_owner, this_owner_name

# Below this, beginning again is cheaper than keeping a note; an unknown length counts as large.
SMALLEST_NOTED_BYTES = 1024 * 1024
# File systems take names of 255 bytes; version, owner and number need up to 80 of them.
LONGEST_STEM_BYTES = 160
ENDINGS = (".part", ".part.json", ".part.json~")
"""Of a part, its note, and a note that was being written."""
MOST_BYTES_OF_A_LETTER = 4

_numbers = itertools.count()
_in_use: "dict[str, ref[Part]]" = {}


class PartLost(OSError):
    """Another process has claimed this part, and goes on with it."""


class Part:
    """One unfinished file, open for writing.

    Attributes:
        path: Where it lies.
    """

    def __init__(self, path: str, source: str, *, is_new: bool) -> None:
        self.path = path
        self._source = source
        self._has_note = False
        # A file object closes itself where Ctrl-C keeps it from whoever opened it, and its part is the
        # next run's to delete. In a method that is called then, as __del__ is, Ctrl-C would be lost.
        self._file: FileIO | None = FileIO(path, "xb+") if is_new else FileIO(path, "rb+", opener=_no_link)
        self._end = 0
        _in_use[path] = ref(self)  # single steps of the interpreter, this and taking it out

    def write(self, at: int, piece: bytes | memoryview) -> None:
        """Write ``piece`` so that its first byte is byte ``at`` of the file."""
        file = self._open_file()
        if at != self._end:
            file.seek(at)
        size = len(piece)
        written = file.write(piece)
        while written < size:
            written += file.write(memoryview(piece)[written:])
        self._end = at + size

    def save_note(self, version: Version, ranges: tuple[tuple[int, int], ...]) -> None:
        """Write down which bytes of which version are here."""
        Note(source_of(self._source), version, ranges).save(_note_path(self.path))
        self._has_note = True

    def close(self) -> os.stat_result:
        """End writing. The name stays in use until ``publish``, ``keep`` or ``discard``."""
        told = os.fstat(self._open_file().fileno())
        self._close()
        return told

    def publish(self, target: str) -> None:
        """Give the file its final name, in one step; what was there is replaced.

        Raises:
            PartLost: The part is no longer here.
        """
        # The note goes first, since nobody looks for the note of a file that has its name. A kill in
        # between leaves a part that its record names; where nobody keeps records, it is fetched again.
        is_noted = self._has_note and not _delete(_note_path(self.path))
        try:
            os.replace(self.path, target)  # noqa: PTH105 - as the module says
        except FileNotFoundError as error:
            raise PartLost(f"{target}: another process has taken over its download") from error
        finally:
            self._leave()
        if is_noted:  # a full disk may refuse a deletion, too, and take it a moment later
            _delete(_note_path(self.path))

    def keep(self) -> None:
        """Leave it for a later run, if a note makes it worth anything."""
        if not self._has_note:
            return self.discard()
        self._close()
        return self._leave()

    def discard(self) -> None:
        """Throw it away."""
        self._close()
        self._leave()
        remove(self.path)

    def _leave(self) -> None:
        _in_use.pop(self.path, None)

    def _open_file(self) -> FileIO:
        if self._file is None:
            raise ValueError("this part is closed")
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            file.close()

    def mark_noted(self) -> None:
        """A note lies beside it already."""
        self._has_note = True


@dataclass(frozen=True, slots=True)
class Leftover:
    """A part that no living process writes."""

    path: str
    note: Note | None

    @property
    def size_bytes(self) -> int:
        """How many of its bytes are of use."""
        return 0 if self.note is None else sum(end - start for start, end in self.note.ranges)


def new_part(target: str, source: str, version: Version) -> Part:
    """An empty part beside ``target``, of the href ``source``."""
    return Part(_part_path(target, source, version), source, is_new=True)


def leftovers(target: str, names: Collection[str]) -> list[Leftover]:
    """The parts of ``target`` among ``names`` (of its folder) that nobody writes any more.

    A note whose part is gone, because its writer was killed just then, is deleted.
    """
    folder, _, target_name = target.rpartition(os.sep)
    stem = stem_of(target_name)
    found = []
    for name in names:
        part = name.removesuffix("~").removesuffix(".json")
        fields = part.rsplit(".", 4)
        if len(fields) != 5 or fields[0] != f".{stem}" or fields[4] != "part":  # noqa: PLR2004
            continue
        path = f"{folder}{os.sep}{part}"
        owner = owner_named(fields[2])
        if owner is None or _is_written(owner, path):
            continue
        if name == part:
            found.append(Leftover(path, read_note(_note_path(path))))
        elif part not in names:
            remove(path)
    return found


def claim(leftover: Leftover, target: str, source: str) -> Part | None:
    """Take over a part by giving it a name of our own; None if somebody else was faster."""
    version = Version() if leftover.note is None else leftover.note.version
    path = _part_path(target, source, version)
    try:
        # Renaming is atomic, on NFS too: of two that try, one finds no such file.
        os.rename(leftover.path, path)  # noqa: PTH104
    except OSError:
        return None
    try:
        os.replace(_note_path(leftover.path), _note_path(path))  # noqa: PTH105
        part = Part(path, source, is_new=False)
    except OSError:
        remove(path)
        return None
    finally:
        remove(leftover.path)  # of which a note may be left, or one that was being written
    part.mark_noted()
    return part


def adopt(file: str, target: str, source: str, version: Version) -> Part:
    """Make ``file``, left unfinished under a final name, a part of ``target``."""
    path = _part_path(target, source, version)
    os.rename(file, path)  # noqa: PTH104
    return Part(path, source, is_new=False)


def remove(path: str) -> None:
    """Delete a part and its note, if they are still there."""
    note = _note_path(path)
    for each in (path, note, draft_of(note)):
        _delete(each)


def _delete(path: str) -> bool:
    """Delete a file, if it is there; False when that is refused, which is no reason to fail a download."""
    try:
        os.unlink(path)  # noqa: PTH108
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _is_written(owner: Owner, path: str) -> bool:
    if owner == this_owner():
        part = _in_use.get(path)
        return part is not None and part() is not None
    return owner.is_alive(path)


def _part_path(target: str, source: str, version: Version) -> str:
    # The hash keeps parts of different versions apart for people; what a part holds, its note says.
    identity = f"{source} {version.etag or version.last_modified} {version.total}"
    digest = zlib.crc32(identity.encode("utf-8", "surrogatepass"))
    folder, _, name = target.rpartition(os.sep)
    return f"{folder}{os.sep}.{stem_of(name)}.{digest:08x}.{this_owner_name()}.{next(_numbers)}.part"


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _note_path(part: str) -> str:
    return f"{part}.json"


def stem_of(name: str) -> str:
    """How the parts of a target of that name begin, after a dot."""
    if len(name) <= LONGEST_STEM_BYTES // MOST_BYTES_OF_A_LETTER:
        return name
    raw = os.fsencode(name)
    if len(raw) <= LONGEST_STEM_BYTES:
        return name
    # The ends of long names are what differs; the whole of them is in the hash.
    return f"{os.fsdecode(raw[-LONGEST_STEM_BYTES // 2 :])}~{hashlib.sha256(raw).hexdigest()[:16]}"
