"""One transfer under way, from what lies here to its outcome."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from .allowance import Allowance
from .answers import Answer
from .carriers import Exchange
from .chores import Chores
from .destination import Destinations, not_written
from .hashing import Beside
from .lanes import Lane
from .parts import Part, remove
from .patience import MIB, Patience
from .polite_carrier import PoliteCarrier
from .present import Found
from .progress import Progress, Silent
from .rules import FileRules
from .steps import (
    AdoptPart,
    Ask,
    Digests,
    Failed,
    Fetched,
    Hash,
    Kept,
    NewPart,
    Pause,
    StartOver,
    Step,
    Steps,
    Trouble,
    Verdict,
)
from .transfers import FileRecord, Outcome, State, Transfer
from .writing import Writing, of_file


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the jobs of one run share.

    Attributes:
        carrier: Moves the bytes, as their hosts allow.
        destinations: Knows the folders.
        chores: Hashes large files that are here.
        beside: Hashes large files as they come.
        patience: How long to wait, how often to try.
        progress: Hears of bytes.
        allowance: How many bytes may be read; None for any number.
        wake_later: Called with seconds and a function that is then called once.
        settled: Called with a finished job, once.
    """

    carrier: PoliteCarrier
    destinations: Destinations
    chores: Chores
    beside: Beside
    patience: Patience
    progress: Progress
    allowance: Allowance | None
    wake_later: Callable[[float, Lane], None]
    settled: Callable[["Task", Outcome], None]


class Task(Protocol):
    """One transfer under way, as the loop sees it.

    Attributes:
        transfer: The transfer.
        part: The whole part that waits for its final name, once it has settled.
        move_from: The file elsewhere that is to be moved to the target, once it has settled.
    """

    transfer: Transfer
    part: Part | None
    move_from: str | None

    def start(self) -> None:
        """Send the first request, or settle."""

    def stop(self) -> None:
        """Leave it unfinished; what arrived is kept for a later run."""


class Job:
    """Drives the rules of one transfer."""

    def __init__(
        self,
        transfer: Transfer,
        around: Surroundings,
        found: Found,
        part: Part | None,
        began: float | None = None,
    ) -> None:
        self.transfer = transfer
        self.part: Part | None = None
        self.move_from: str | None = None
        self._around = around
        self._rules = FileRules(transfer, found, around.patience, random.random)
        self._writing = Writing(self._rules, part, around.beside)
        self._lanes: list[Lane] = []
        self._aside: list[str] = []
        self._began = time.monotonic() if began is None else began
        self._is_settled = False
        self._bytes_fetched = 0
        self._is_shown = not isinstance(around.progress, Silent)
        self._expected_bytes = 0
        self._shown_bytes: int | None = None

    def start(self) -> None:
        """Ask the rules for the first time."""
        self._open_lane(self._rules.main())

    def go_on_with(self, exchange: Exchange, reply: Answer | Trouble | None) -> None:
        """Begin with a request that was sent already, the one that the rules begin with.

        Args:
            exchange: The request; from now on it tells this job what comes.
            reply: What came of it.
        """
        lane = Lane(self, self._rules.main())
        self._lanes.append(lane)
        lane.take_over(exchange)
        lane.go_on(reply)

    def stop(self) -> None:
        """Leave it unfinished; what arrived is kept for a later run."""
        self._is_settled = True
        self._stop_lanes()
        self._writing.keep()

    def ask(self, lane: Lane, ask: Ask) -> Exchange:
        """Send a request whose answer goes to ``lane``."""
        return self._around.carrier.start(ask, lane)

    def drop(self, exchange: Exchange) -> None:
        """Forget an exchange."""
        self._around.carrier.cancel(exchange)

    def do(self, lane: Lane, step: Step) -> tuple[bool, Any]:
        """Do a step that is no request."""
        match step:
            case NewPart(version, names, wire_names):
                part = self._around.destinations.new_part(self.transfer, self._address, version)
                self._writing.begin(part, names, wire_names)
            case Hash(names, path):
                return self._hash(lane, names, path)
            case AdoptPart(path, version):
                adopted = self._around.destinations.adopt(self.transfer, path, self._address, version)
                self._writing.take_over(adopted)
            case Pause(seconds):
                self._around.progress.retry()
                self._around.wake_later(seconds, lane)
                return False, None
        return True, None

    def write(self, at: int, piece: bytes) -> None:
        """Bring bytes to the part."""
        self._writing.write(at, piece)
        if self._is_shown:
            self._show_progress(len(piece))

    def count(self, piece: bytes, *, is_coded: bool) -> None:
        """Bytes came over the wire."""
        self._bytes_fetched += len(piece)
        if self._around.allowance is not None:
            self._around.allowance.spend(len(piece))
        if is_coded:
            self._writing.pass_by(piece)

    def receiving(self) -> None:
        """A body is on its way: see whether further connections would pay."""
        if self.transfer.connections == 1:
            return
        while len(self._lanes) < self.transfer.connections and self._rules.has_work_for_a_helper:
            self._open_lane(self._rules.helper())

    def ended(self, lane: Lane, verdict: Verdict | None) -> None:
        """The rules have no more to ask of ``lane``."""
        if lane in self._lanes:
            self._lanes.remove(lane)
        match verdict:
            case None if not self._lanes:
                self._open_lane(self._rules.finish())
            case Fetched():
                self._settle(self._fetched(verdict))
            case StartOver():
                self._stop_lanes()
                self._open_lane(self._rules.main())
            case Failed():
                self._failed_there(verdict)
            case Kept():
                self._settle(self._kept(verdict))

    def failed(self, error: OSError) -> None:
        """The disk refused."""
        text = not_written(self.transfer.href, error)
        self._settle(self._outcome("failed", error=text, refused_by_disk=True))

    @property
    def _address(self) -> str:
        return self._rules.alternatives.address

    def _failed_there(self, failed: Failed) -> None:
        """Go on at the next address; what the last one gave is kept for a later run until a file is here."""
        self._stop_lanes()
        aside = self._writing.put_aside()
        if self._rules.turn(failed):
            self._aside.extend(aside)
            self._open_lane(self._rules.main())
        else:
            text = self._rules.alternatives.told(failed)
            self._settle(self._outcome("failed", error=text, status=failed.status))

    def _open_lane(self, steps: Steps) -> None:
        lane = Lane(self, steps)
        self._lanes.append(lane)
        lane.go_on()

    def _stop_lanes(self) -> None:
        for lane in self._lanes:
            lane.stop()
        self._lanes.clear()

    def _hash(self, lane: Lane, names: frozenset[str], path: str | None) -> tuple[bool, Any]:
        made = self._writing.digests(names) if path is None else None
        if made is not None:
            return True, made
        file = path or self._writing.path
        if os.lstat(file).st_size <= MIB:
            return True, of_file(file, names)
        self._around.chores.start(
            lambda stop: of_file(file, names, stop), lambda result: self._hashed(lane, result)
        )
        return False, None

    def _hashed(self, lane: Lane, result: Digests | OSError) -> None:
        if self._is_settled:
            return
        if isinstance(result, OSError):
            self.failed(result)
        else:
            lane.go_on(result)

    def _show_progress(self, just_came: int) -> None:
        done = self._rules.done.size_bytes
        version = self._rules.version
        if version is not None and version.total is not None:
            self._expect(version.total)
        if self._shown_bytes is None:  # what came before the first piece was here when we began
            self._shown_bytes = max(done - just_came, 0)
            self._around.progress.found(self._shown_bytes)
        self._around.progress.advance(done - self._shown_bytes)
        self._shown_bytes = done

    def _expect(self, total: int) -> None:
        if total != self._expected_bytes:
            self._around.progress.expect(total - self._expected_bytes)
            self._expected_bytes = total

    def _fetched(self, verdict: Fetched) -> Outcome:
        told = self._writing.close()
        if self._is_shown:
            self._expect(told.st_size)
        self.part = self._writing.part
        validator = self._of_its_own(self._rules.version.validator if self._rules.version else None)
        record = FileRecord(told.st_size, told.st_mtime_ns, validator, verdict.digest, verdict.verified_by)
        came_from = self._address if self._rules.alternatives.is_elsewhere else None
        return self._outcome("fetched", record=record, came_from=came_from)

    def _kept(self, verdict: Kept) -> Outcome:
        self._writing.discard()
        self.move_from = verdict.path
        told = os.lstat(self.move_from or self.transfer.target)
        validator = self._of_its_own(verdict.validator)
        record = FileRecord(told.st_size, told.st_mtime_ns, validator, verdict.digest, verdict.verified_by)
        return self._outcome("kept", record=record, unchanged=verdict.is_unchanged)

    def _of_its_own(self, validator: str | None) -> str | None:
        """``validator`` where it is the catalogued address's: another's would mean nothing there."""
        return None if self._rules.alternatives.is_elsewhere else validator

    def _outcome(self, state: State, **more: Any) -> Outcome:
        return Outcome(
            self.transfer,
            state,
            bytes_fetched=self._bytes_fetched,
            seconds=time.monotonic() - self._began,
            served_name=self._rules.served_name,
            redirected_to=self._rules.redirected_to,
            **more,
        )

    def _settle(self, outcome: Outcome) -> None:
        if self._is_settled:
            return
        self._is_settled = True
        self._stop_lanes()
        if outcome.state == "failed":
            self._writing.keep()
        else:
            for path in self._aside:
                remove(path)
        self._around.settled(self, outcome)
