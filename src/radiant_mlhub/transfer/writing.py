"""The part of one transfer while bytes arrive: written, hashed, counted, noted."""

import contextlib
import os
import threading
from pathlib import Path

from .. import digests
from ..digests import Hasher
from .answers import Version
from .hashing import Beside, HasherBeside
from .parts import SMALLEST_NOTED_BYTES, Part
from .rules import FileRules
from .steps import Digests

# Of no digest there is nothing to keep, so one does for all.
NO_DIGESTS = Hasher(())


class Writing:
    """Brings bytes into a part and keeps what is known of it up to date.

    Attributes:
        part: The part; None until there is one.
    """

    def __init__(self, rules: FileRules, part: Part | None, beside: Beside) -> None:
        self.part = part
        self._rules = rules
        self._beside = beside
        self._disk: Hasher | HasherBeside = NO_DIGESTS
        self._wire = NO_DIGESTS
        self._hashed: int | None = None
        self._unsaved_bytes = 0

    def begin(self, part: Part, names: frozenset[str], wire_names: frozenset[str]) -> None:
        """Go on with ``part``, which is empty; an earlier one is thrown away."""
        self.discard()
        self.part = part
        version = self._rules.version
        self._disk = self._beside.hasher(names, None if version is None else version.total)
        self._wire = Hasher(wire_names) if wire_names else NO_DIGESTS
        self._hashed = 0
        if self._is_worth_a_note():
            self._save_note()

    def take_over(self, part: Part) -> None:
        """Go on with ``part``, which holds the bytes that the rules know of."""
        self.discard()
        self.part = part
        self._hashed = None

    @property
    def path(self) -> str:
        """Where the part lies."""
        return self._open_part().path

    def close(self) -> os.stat_result:
        """End writing: the part is whole."""
        return self._open_part().close()

    def write(self, at: int, piece: bytes) -> None:
        """Write ``piece`` at byte ``at``."""
        end = at + len(piece)
        self._open_part().write(at, piece)
        self._rules.done.add(at, end)
        if self._hashed == at:
            self._disk.update(piece)
            self._hashed = end
        self._unsaved_bytes += end - at
        if self._unsaved_bytes >= SMALLEST_NOTED_BYTES and self._is_a_note_due():
            self._save_note()

    def pass_by(self, piece: bytes) -> None:
        """Take in bytes as they came over the wire, before their coding is undone."""
        self._wire.update(piece)

    def digests(self, names: frozenset[str]) -> Digests | None:
        """The digests of the part, if they were made while it was written."""
        if self._hashed is None or self._hashed != self._rules.done.size_bytes:
            return None
        made = self._disk.hexdigests()
        return Digests(made, self._wire.hexdigests()) if names <= made.keys() else None

    def keep(self) -> None:
        """Leave the part for a later run, as far as that is of use."""
        if self.part is None:
            return
        if not self._is_worth_a_note():
            self.discard()
            return
        with contextlib.suppress(OSError):  # a full disk: the note before this one still holds
            self._save_note()
        self.part.keep()
        self.part = None

    def put_aside(self) -> list[str]:
        """Leave the part as ``keep`` does; its path, where there was one."""
        path = [] if self.part is None else [self.part.path]
        self.keep()
        return path

    def discard(self) -> None:
        """Throw the part away."""
        if self.part is not None:
            self.part.discard()
            self.part = None

    def _open_part(self) -> Part:
        if self.part is None:
            raise ValueError("no part was begun")
        return self.part

    def _is_worth_a_note(self) -> bool:
        version = self._rules.version
        if version is None or (version.total is not None and version.total <= SMALLEST_NOTED_BYTES):
            return False
        return version.can_be_continued and not self._rules.is_coded

    def _is_a_note_due(self) -> bool:
        # A kill costs what came since the last note: under 2 % of a large file.
        version = self._rules.version or Version()
        return self._unsaved_bytes >= (version.total or 0) // 64 and self._is_worth_a_note()

    def _save_note(self) -> None:
        if self.part is not None and self._rules.version is not None:
            self.part.save_note(self._rules.version, tuple(self._rules.done))
        self._unsaved_bytes = 0


def of_file(path: str, names: frozenset[str], stop: threading.Event | None = None) -> Digests:
    """The digests of the file at ``path``; once ``stop`` is set, an InterruptedError."""
    return Digests(digests.of_file(Path(path), names, stop))
