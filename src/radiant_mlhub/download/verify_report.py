"""What came of verifying a download: counts in memory, the rest on disk until it is asked for."""

import os
import tempfile
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from ..masking import masked
from ..readable import readable_size
from .integrity import Finding, State

T = TypeVar("T")
IN_MEMORY_BYTES = 1024 * 1024
PAGE_BYTES = 64 * 1024


class Spool(Generic[T]):
    """Dataclasses written one after the other, in memory up to 1 MiB, beyond it in a nameless file."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._count = 0
        self._is_at_end = True
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - open as long as this is
        weakref.finalize(self, self._file.close)

    def append(self, value: T) -> None:
        """Write one more."""
        if not self._is_at_end:
            self._file.seek(0, os.SEEK_END)
            self._is_at_end = True
        self._file.write(msgspec.json.encode(value) + b"\n")
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[T]:
        decoder = msgspec.json.Decoder(self._kind)
        at = 0
        while lines := self._lines(at):
            at += sum(map(len, lines))
            yield from map(decoder.decode, lines)

    def _lines(self, at: int) -> list[bytes]:
        # A seek empties the buffer: one for each line was a third of the time of a verification.
        self._is_at_end = False
        self._file.seek(at)
        return self._file.readlines(PAGE_BYTES)


class VerifyFailure(NamedTuple):
    """A file that is not known to be right.

    Attributes:
        path: Where it lies, or should.
        state: ``wrong``, ``missing`` or ``unrecorded``.
        reason: Why, in words.
        href: Its address, secrets masked.
    """

    path: Path
    state: State
    reason: str
    href: str


class _Failed(NamedTuple):
    folder: str
    finding: Finding


@dataclass
class VerifyReport:
    """Counts of a verification, in files and bytes.

    Attributes:
        folders: The dataset folders that were looked at.
        checked: Files that must be there: right, wrong, missing and unrecorded together.
        right: Files that are as recorded, and as the catalog names them.
        wrong: Files of another size or digest, or that cannot be read.
        missing: Files that are not there.
        unrecorded: Files of which nobody told size or digest: they lie where the download wants
            one, but it has not come to them yet.
        repaired: Files among the right ones that were not before they were fetched again.
        unlisted: Dataset folders whose last download stopped before it had listed all its files: more
            may be missing there.
        under_way: Dataset folders that a download, or another repair, was at work in when they were looked
            at: what is missing there may be still to come.
        compared: How many of the right ones were compared by a digest that the server or the catalog
            ``named``, by our ``own`` taken while they were written, and by ``length`` alone.
        bytes_checked: How much was read from disk and hashed.
        bytes_fetched: How much came over the wire for the repair.
        seconds: From the call to its end.
    """

    folders: tuple[Path, ...]
    checked: int = 0
    right: int = 0
    wrong: int = 0
    missing: int = 0
    unrecorded: int = 0
    repaired: int = 0
    unlisted: tuple[Path, ...] = ()
    under_way: tuple[Path, ...] = ()
    compared: dict[str, int] = field(default_factory=lambda: {"named": 0, "own": 0, "length": 0})
    bytes_checked: int = 0
    bytes_fetched: int = 0
    seconds: float = 0.0
    _failed: Spool[_Failed] = field(default_factory=lambda: Spool(_Failed), repr=False, compare=False)

    @property
    def is_whole(self) -> bool:
        """Every file is right, and no list of files was left unfinished."""
        return self.right == self.checked and not self.unlisted

    @property
    def failures(self) -> Iterator[VerifyFailure]:
        """Every file that is not known to be right, in catalog order, read when iterated."""
        for folder, finding in self._failed:
            yield failure_of(Path(folder), finding)

    def add(self, folder: Path, finding: Finding) -> None:
        """Count what came of one file of ``folder``."""
        self.checked += 1
        setattr(self, finding.state, getattr(self, finding.state) + 1)
        if finding.compared is not None:
            self.compared[finding.compared] += 1
        if finding.state != "right":
            self._failed.append(_Failed(str(folder), finding))

    def __str__(self) -> str:
        others = [
            f"{count:,} {what}"
            for what in ("wrong", "missing", "unrecorded", "repaired")
            if (count := getattr(self, what))
        ]
        read = f"{readable_size(self.bytes_checked)} read in {self.seconds:.1f} s"
        return f"{self.right:,} of {self.checked:,} files right ({', '.join([*others, read])})"

    def __repr__(self) -> str:
        return f"<VerifyReport {self}>"

    def _repr_html_(self) -> str:
        from .report_html import verification_html  # noqa: PLC0415 - for notebooks alone

        return verification_html(self)


def failure_of(folder: Path, finding: Finding) -> VerifyFailure:
    """A finding as its reader sees it."""
    path = Path(finding.expected.path(str(folder)))
    return VerifyFailure(path, finding.state, finding.reason or "unknown", masked(finding.expected.href))
