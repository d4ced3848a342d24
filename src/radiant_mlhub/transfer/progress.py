"""How long work gets on: counted in one place, told as small events to one listener.

::

    engine, caller --(every byte, every file)--> Counter --(an event, now and then)--> Listener

Counting must cost next to nothing, so nothing is told while something is counted: ``turn`` tells,
from the loops of the work, where an error of the listener ends the work cleanly. (Out of a callback
of libcurl it would not come.)
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, Protocol

from ..progress_events import Phase, ProgressCallback, ProgressEvent, Wait
from .listeners import Callback, Listener, listener_of_people
from .transfers import Outcome

# What the speed is judged by: shorter is nervous, longer tells of a network that is no more.
SPEED_OF_S = 10.0


class Standing(NamedTuple):
    """What a run waits for at the moment.

    Attributes:
        retrying: Files that wait for their next try.
        waits: Hosts that asked to be left alone.
    """

    retrying: int = 0
    waits: tuple[Wait, ...] = ()


class Progress(Protocol):
    """Hears how a long step gets on, of bytes from the engine, of files from whoever uses it."""

    def advance(self, n: int) -> None:
        """``n`` more bytes are here; fewer than before where ``n`` is negative."""

    def found(self, n: int) -> None:
        """``n`` bytes were here already."""

    def expect(self, n: int) -> None:
        """``n`` more bytes have turned out to be to come."""

    def retry(self) -> None:
        """A request came to nothing and will be made again."""

    def turn(self, standing: Callable[[], Standing] = Standing) -> None:
        """A good moment to tell how things are. May raise whatever the listener raises."""

    def count(self, n: int = 1) -> None:
        """``n`` more files are done."""

    def keep(self, size_bytes: int, files: int = 1) -> None:
        """Files of ``size_bytes`` in all are done that were here already."""

    def plan(self, files: int, size_bytes: int | None) -> None:
        """So many files, and so many bytes, there are in all; None where nobody named them."""


class Silent:
    """Shows nothing."""

    def advance(self, n: int) -> None:
        """Show nothing."""

    def found(self, n: int) -> None:
        """Show nothing."""

    def expect(self, n: int) -> None:
        """Show nothing."""

    def retry(self) -> None:
        """Show nothing."""

    def turn(self, standing: Callable[[], Standing] = Standing) -> None:
        """Show nothing."""

    def count(self, n: int = 1) -> None:
        """Show nothing."""

    def keep(self, size_bytes: int, files: int = 1) -> None:
        """Show nothing."""

    def plan(self, files: int, size_bytes: int | None) -> None:
        """Show nothing."""


class Counter:
    """Counts one step, and tells a listener of it as often as that one wants to hear.

    Args:
        phase: Which step.
        subject: What it works on.
        listener: Who hears of it.
        files_total: How many files there are; None where it is not known yet.
        bytes_total: How many bytes; None where it is not known. Of a single file, its answer tells.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        phase: Phase,
        subject: str,
        listener: Listener,
        *,
        files_total: int | None = None,
        bytes_total: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._phase = phase
        self._subject = subject
        self._listener = listener
        self._clock = clock
        self._files_total = files_total
        self._bytes_total = bytes_total
        self._is_single = files_total == 1 and bytes_total is None
        self._files = self._bytes = self._retries = 0
        # What came, without what was here already: the speed is that of the work.
        self._files_come = self._bytes_come = 0
        self._began = self._due = clock()
        self._moments = deque([(self._began, 0, 0)])

    def advance(self, n: int) -> None:
        """``n`` more bytes are here."""
        self._bytes += n
        self._bytes_come += n

    def found(self, n: int) -> None:
        """``n`` bytes were here already."""
        self._bytes += n

    def expect(self, n: int) -> None:
        """``n`` more bytes are to come: of one file among several, that says nothing about all."""
        if self._is_single:
            self._bytes_total = (self._bytes_total or 0) + n

    def retry(self) -> None:
        """A request will be made again."""
        self._retries += 1

    def count(self, n: int = 1) -> None:
        """``n`` more files are done."""
        self._files += n
        self._files_come += n

    def keep(self, size_bytes: int, files: int = 1) -> None:
        """Files were here already."""
        self._files += files
        self._bytes += size_bytes
        if self._is_single:
            self._bytes_total = size_bytes

    def plan(self, files: int, size_bytes: int | None) -> None:
        """So much there is in all."""
        self._files_total, self._bytes_total = files, size_bytes

    def turn(self, standing: Callable[[], Standing] = Standing) -> None:
        """Tell how things are, if it is time to."""
        now = self._clock()
        if now >= self._due:
            self._tell(now, standing())

    def end(self) -> None:
        """Tell for the last time."""
        self._tell(self._clock(), Standing(), ended=True)

    def _tell(self, now: float, standing: Standing, *, ended: bool = False) -> None:
        self._due = now + self._listener.every_s
        bytes_per_s, seconds_left = self._speed(now)
        self._listener.hear(
            ProgressEvent(
                phase=self._phase,
                subject=self._subject,
                files_done=self._files,
                files_total=self._files_total,
                bytes_done=self._bytes,
                bytes_total=self._bytes_total,
                bytes_per_s=round(bytes_per_s, 1),
                seconds_left=0.0 if ended else seconds_left,
                seconds=round(now - self._began, 3),
                retries=self._retries,
                retrying=standing.retrying,
                waits=standing.waits,
                ended=ended,
            )
        )

    def _speed(self, now: float) -> tuple[float, float | None]:
        """Bytes a second of late, and the seconds that are left at that speed."""
        moments = self._moments
        moments.append((now, self._bytes_come, self._files_come))
        while len(moments) > 2 and moments[1][0] <= now - SPEED_OF_S:  # noqa: PLR2004
            moments.popleft()
        then, bytes_then, files_then = moments[0]
        seconds = now - then
        if seconds <= 0:
            return 0.0, None
        bytes_per_s = max(self._bytes_come - bytes_then, 0) / seconds
        if self._bytes_total is not None:
            return bytes_per_s, _left(self._bytes_total - self._bytes, bytes_per_s)
        if self._files_total is None:
            return bytes_per_s, None
        files_per_s = (self._files_come - files_then) / seconds
        return bytes_per_s, _left(self._files_total - self._files, files_per_s)


def _left(to_do: int, per_s: float) -> float | None:
    return round(max(to_do, 0) / per_s, 1) if per_s > 0 else None


def count_outcome(progress: Progress, outcome: Outcome) -> None:
    """Count a file that is done with."""
    if outcome.state == "kept" and outcome.record is not None:
        progress.keep(outcome.record.size_bytes)
    else:
        progress.count()


@contextmanager
def progress(
    phase: Phase,
    subject: str,
    show: bool | ProgressCallback = True,
    *,
    unit: str | None = None,
    files_total: int | None = None,
    bytes_total: int | None = None,
) -> Iterator[Progress]:
    """What counts a step for as long as the ``with`` lasts.

    Args:
        phase: Which step.
        subject: What it works on.
        show: True for people: bars in a terminal, a line each in a notebook, plain lines elsewhere.
            False for nobody. A callable for a program.
        unit: In which unit people are shown bytes: ``"B"``, ``"KB"``, ``"MB"`` (documented as
            ``"M"``) or ``"GB"``; None for the one that fits.
        files_total: How many files there are; None where it is not known yet.
        bytes_total: How many bytes; None where it is not known.
    """
    listener = Callback(show) if callable(show) else listener_of_people(unit) if show else None
    if listener is None:
        yield Silent()
        return
    counter = Counter(phase, subject, listener, files_total=files_total, bytes_total=bytes_total)
    try:
        counter.turn()
        yield counter
        counter.end()
    finally:
        listener.close()
