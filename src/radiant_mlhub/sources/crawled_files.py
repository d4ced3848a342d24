"""The files of a crawl: which of them are here already, and since when.

What a crawl reads is kept below ``{dataset}/.crawl/`` until the object lies at its place in the
dataset's folder, which then serves as its copy. A later crawl asks for each file whether it is still
the same (If-None-Match, If-Modified-Since); a crawl that was killed goes on without asking for
what it has read.
"""

import contextlib
import os
import shutil
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import msgspec

from ..transfer import FileRecord, Outcome, Transfer
from .documents import MOST_BYTES
from .source import Memory

CRAWL_FOLDER = ".crawl"

_ANSWERS_AGE_S = 24 * 3600.0
"""How long a crawl that was killed may go on without asking anew for what it has read."""

# A copy goes once what tells where the object lies now is surely written down.
_COPY_STAYS_S = 1.0
_THIS_CRAWL = "crawl"
_PASSING = frozenset({408, 425, 429})


class _Crawl(msgspec.Struct):
    """The last crawl.

    Attributes:
        number: It has.
        began_s: When it began, in seconds since the epoch.
        is_whole: Whether it came to its end.
    """

    number: int
    began_s: float
    is_whole: bool


class _Known(msgspec.Struct, array_like=True):
    """What is known of a file by its address.

    Attributes:
        crawl: Number of the crawl in which it was read, or found unchanged, last.
        record: Of its copy.
        redirected_to: Where redirects led to.
        place: Where the object lies in the dataset's folder; None where it does not.
    """

    crawl: int
    record: tuple[int, int, str | None, str | None, str]
    redirected_to: str | None = None
    place: str | None = None


@dataclass(slots=True)
class _Entry:
    """A file that is asked for: its name on disk and in the memory, and what is known of it."""

    name: str
    known: _Known | None


_read_known = msgspec.json.Decoder(_Known).decode
_read_crawl = msgspec.json.Decoder(_Crawl).decode


class CrawledFiles:
    """The files of one crawl."""

    def __init__(self, memory: Memory, goes_on_with: int | None = None) -> None:
        """Begin a crawl, or go on with the one that was killed.

        Args:
            memory: What is known.
            goes_on_with: Number of a crawl that is whole and may be taken for the present.

        Raises:
            OSError: The folder for copies cannot be made.
        """
        self._memory = memory
        self._root = memory.folder
        self._copies = os.fspath(memory.folder / CRAWL_FOLDER)
        self._to_go: deque[tuple[float, str]] = deque()
        self._has_passing_failures = False
        self._at_hand: dict[str, _Entry] = {}  # of the files asked for and not let go, by address
        Path(self._copies).mkdir(parents=True, exist_ok=True)
        self._crawl = self._begun(goes_on_with)

    @property
    def number(self) -> int:
        """The crawl's."""
        return self._crawl.number

    def transfer(self, href: str, ident: int) -> Transfer:
        """How to have the file at ``href`` here: not at all, or if it changed, where there is a copy."""
        entry = self._entry(href)
        known, copy = entry.known, self.path(href)
        transfer = Transfer(href, copy, self._copies, ident, most_bytes=MOST_BYTES)
        has_copy = os.path.exists(copy)  # noqa: PTH110
        if known is None or not (has_copy or self._copy_from_its_place(known, copy)):
            if has_copy:  # of which nobody knows how old it is
                os.unlink(copy)  # noqa: PTH108
            return transfer
        record = FileRecord(*known.record)  # type: ignore[arg-type]
        return transfer._replace(record=record, revalidate=known.crawl != self._crawl.number)

    def note(self, outcomes: Iterable[Outcome]) -> None:
        """Write down what has arrived."""
        for outcome in outcomes:
            if outcome.record is None:
                self._has_passing_failures |= not _is_final(outcome.status)
                continue
            entry, record = self._entry(outcome.transfer.href), outcome.record
            before, entry.known = (
                entry.known,
                _Known(
                    self._crawl.number,
                    (record.size_bytes, record.mtime_ns, record.validator, record.digest, record.verified_by),
                    outcome.redirected_to,
                ),
            )
            if before is not None:
                entry.known.place = before.place
            if before is not None and outcome.served_name is None:  # nothing was asked
                entry.known.redirected_to = before.redirected_to
            self._remember(entry)
        self._memory.keep()

    def redirected_to(self, href: str) -> str | None:
        """Where redirects led from ``href``, in this crawl or, for what it did not ask, an earlier one."""
        known = self._entry(href).known
        return None if known is None else known.redirected_to

    def path(self, href: str) -> str:
        """Where the copy of the file at ``href`` lies, until the object is at its place."""
        return f"{self._copies}{os.sep}{self._entry(href).name}.json"

    def let_go(self, href: str) -> None:
        """The file is not needed any more; where its object has no place, the copy stays."""
        self._at_hand.pop(href, None)

    def handed_out(self, href: str, place: str) -> None:
        """Let go of the copy of an object that now lies at ``place``; without it there, the copy stays."""
        entry, copy = self._entry(href), self.path(href)
        if not self._memory.is_lasting:
            self._forget(entry.name, copy)
        elif entry.known is not None:
            is_there = _size_of(f"{self._root}{os.sep}{place}") == entry.known.record[0]
            if entry.known.place != (place if is_there else None):
                entry.known.place = place if is_there else None
                self._remember(entry)
            if is_there:
                self._to_go.append((time.monotonic() + _COPY_STAYS_S, copy))
            self._delete(time.monotonic())

    def end(self) -> None:
        """The crawl has come to its end: what no longer belongs to the catalog goes.

        Where a server failed, the next run goes on with this crawl, and asks for what it lacks alone.
        """
        if self._has_passing_failures:
            self._memory.keep()
            return
        self._crawl.is_whole = True
        self._memory.put(_THIS_CRAWL, msgspec.json.encode(self._crawl).decode())
        self._delete(float("inf"))
        for entry in list(os.scandir(self._copies)):
            name = entry.name.removesuffix(".json")
            known = self._known(name)
            if known is None or known.crawl != self._crawl.number:
                self._forget(name, entry.path)
        with contextlib.suppress(OSError):
            os.rmdir(self._copies)  # noqa: PTH106 - where it is empty

    def _forget(self, name: str, path: str) -> None:
        with contextlib.suppress(OSError):
            os.unlink(path)  # noqa: PTH108
        self._memory.forget(_memory_name(name))

    def _begun(self, goes_on_with: int | None) -> _Crawl:
        text = self._memory.get(_THIS_CRAWL)
        try:
            last = _Crawl(0, 0.0, is_whole=True) if text is None else _read_crawl(text)
        except msgspec.MsgspecError:
            last = _Crawl(0, 0.0, is_whole=True)
        age_s = time.time() - last.began_s
        if (not last.is_whole and 0 <= age_s < _ANSWERS_AGE_S) or last.number == goes_on_with:
            return last
        crawl = _Crawl(last.number + 1, time.time(), is_whole=False)
        self._memory.put(_THIS_CRAWL, msgspec.json.encode(crawl).decode())
        return crawl

    def _entry(self, href: str) -> "_Entry":
        entry = self._at_hand.get(href)
        if entry is None:
            name = name_of(href)
            entry = self._at_hand[href] = _Entry(name, self._known(name))
        return entry

    def _known(self, name: str) -> _Known | None:
        text = self._memory.get(_memory_name(name))
        try:
            return None if text is None else _read_known(text)
        except msgspec.MsgspecError:
            return None  # written by another version

    def _remember(self, entry: "_Entry") -> None:
        self._memory.put(_memory_name(entry.name), msgspec.json.encode(entry.known).decode())

    def _copy_from_its_place(self, known: _Known, copy: str) -> bool:
        if known.place is None:
            return False
        place = f"{self._root}{os.sep}{known.place}"
        if _size_of(place) != known.record[0]:
            return False
        try:
            os.link(place, copy)
        except OSError:  # a file system without links
            try:
                shutil.copy2(place, copy)
            except OSError:
                return False
        return True

    def _delete(self, now_s: float) -> None:
        while self._to_go and self._to_go[0][0] <= now_s:
            with contextlib.suppress(OSError):
                os.unlink(self._to_go.popleft()[1])  # noqa: PTH108


def name_of(href: str) -> str:
    """What names the file at ``href`` on disk and in the memory: an address may hold what is secret."""
    return blake2b(href.encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _is_final(status: int | None) -> bool:
    """Whether a server said that there is nothing, and would say so again."""
    return status is not None and 400 <= status < 500 and status not in _PASSING  # noqa: PLR2004 - classes of HTTP


def _memory_name(name: str) -> str:
    return f"{_THIS_CRAWL} {name}"


def _size_of(path: str) -> int:
    """Length of a regular file; -1 where there is none."""
    try:
        return os.lstat(path).st_size
    except (OSError, ValueError):
        return -1
