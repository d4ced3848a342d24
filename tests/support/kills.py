"""A download killed at a chosen moment, continued by the same call, and judged."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.downloads_apart import PHASES, Interpreter, Run
from support.scripted_hub import ScriptedHub
from support.whole_downloads import PublishedDataset, ended_well

RESENT_AT_MOST = 0.05
"""Of all bytes, besides one buffer a connection."""
CONNECTIONS = 8


@dataclass(frozen=True)
class Moment:
    """When to kill: so long after the beginning of a phase, or just before an asset gets its name."""

    phase: str
    after_s: float = 0.0
    at_name: int = 0
    beside: bool = False


@dataclass(frozen=True)
class Killed:
    """What came of one kill.

    Attributes:
        moment: When it was to happen.
        phases: What the download was at when it happened; empty between two of them.
        wrong: How the folder differed from the source after one more run.
        resent_bytes: Sent by the server over both runs, less the size of everything.
        allowed_bytes: What may be sent again: 5 % and one buffer a connection.
    """

    moment: Moment
    phases: frozenset[str]
    wrong: list[str]
    resent_bytes: int
    allowed_bytes: int

    @property
    def complaints(self) -> list[str]:
        """Everything that is not as promised."""
        if self.resent_bytes <= self.allowed_bytes:
            return self.wrong
        return [*self.wrong, f"{self.resent_bytes} bytes were sent again, {self.allowed_bytes} may be"]


class KillTest:
    """Kills downloads of one dataset.

    Args:
        interpreter: Runs them.
        hub: Serves the dataset.
        dataset: The dataset.
        folder: Where each download has a folder, for as long as it takes.
        seed: Of the moments.

    Attributes:
        counts: How many kills caught each phase.
    """

    def __init__(
        self, interpreter: Interpreter, hub: ScriptedHub, dataset: PublishedDataset, folder: Path, seed: int
    ) -> None:
        self.dataset = dataset
        self.counts = Counter(dict.fromkeys(PHASES, 0))
        self._interpreter = interpreter
        self._hub = hub
        self._folder = folder
        self._random = random.Random(seed)
        self._numbers = iter(range(1_000_000))
        self._lengths_s = {beside: self._measured(beside=beside) for beside in (False, True)}

    def kills(self, count: int) -> Iterator[Killed]:
        """Kill ``count`` downloads, each in the phase that was caught least, at a moment spread over it.

        In every other one, a process beside unpacks the archive. A download that ended before the
        kill came does not count, and is done again.
        """
        made = 0
        for _ in range(count * 5):
            phase = min(PHASES, key=self.counts.__getitem__)
            killed = self.kill(self._moment_in(phase, beside=made % 2 == 1))
            if killed is not None:
                made += 1
                self.counts.update(killed.phases)
                yield killed
            if made == count:
                return
        raise RuntimeError("the downloads end before they can be killed")

    def kill(self, moment: Moment) -> Killed | None:
        """Kill a download, do it again, judge; None when it had ended before the kill."""
        folder = self._folder / str(next(self._numbers))
        self.dataset.forget_requests()
        run = self._start(folder, die_at_name=moment.at_name, beside=moment.beside)
        if not moment.at_name:
            run.wait_for(moment.phase)
            time.sleep(moment.after_s)
            run.kill()
        if run.wait() == 0:
            shutil.rmtree(folder)
            return None
        phases = self.dataset.phases(folder)
        # The server notices that a client has gone when it sends again: all is counted by the end.
        allowed = self.dataset.bytes_in_flight() + int(RESENT_AT_MOST * self.dataset.total_bytes)
        ended_well(self._start(folder))
        killed = Killed(
            moment,
            frozenset(phases),
            self.dataset.differences(folder),
            self.dataset.bytes_sent() - self.dataset.total_bytes,
            allowed,
        )
        shutil.rmtree(folder)
        return killed

    def _moment_in(self, phase: str, *, beside: bool) -> Moment:
        if phase == "names":
            return Moment(phase, at_name=self._random.randrange(1, self.dataset.assets + 1), beside=beside)
        after_s = self._random.random() * self._lengths_s[beside][phase]
        if phase == "unpack":  # of whose end nothing is heard: sooner is likelier
            after_s *= self._random.random()
        return Moment(phase, after_s=after_s, beside=beside)

    def _measured(self, *, beside: bool) -> dict[str, float]:
        """How long each phase takes, in seconds: until the next one begins, the shortest of three runs."""
        runs = []
        for _ in range(3):
            folder = self._folder / "measured"
            run = self._start(folder, beside=beside)
            ended_well(run)
            ends = [*sorted(run.began.values())[1:], run.ended]
            begun = zip(sorted(run.began, key=run.began.__getitem__), ends, strict=True)
            runs.append({phase: end - run.began[phase] for phase, end in begun})
            runs[-1]["unpack"] = run.ended - run.began["unpack"]  # while everything else goes on
            shutil.rmtree(folder)
        return {phase: min(each[phase] for each in runs) for phase in PHASES}

    def _start(self, folder: Path, *, die_at_name: int = 0, beside: bool = False) -> Run:
        return self._interpreter.start(
            self._hub.root_url,
            folder,
            last_name=self.dataset.assets,
            die_at_name=die_at_name,
            beside=beside,
            max_connections=CONNECTIONS,
        )
