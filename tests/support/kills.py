"""A download killed at a chosen moment, continued by the same call, and judged."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.downloads_apart import PHASES, Interpreter
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


@dataclass(frozen=True)
class Killed:
    """What came of one kill.

    Attributes:
        moment: When it was to happen.
        phase: What the download was at when it happened.
        wrong: How the folder differed from the source after one more run.
        resent_bytes: Sent by the server over both runs, less the size of everything.
        allowed_bytes: What may be sent again: 5 % and one buffer a connection.
    """

    moment: Moment
    phase: str
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
    """

    def __init__(
        self, interpreter: Interpreter, hub: ScriptedHub, dataset: PublishedDataset, folder: Path, seed: int
    ) -> None:
        self.dataset = dataset
        self._interpreter = interpreter
        self._hub = hub
        self._folder = folder
        self._random = random.Random(seed)
        self._numbers = iter(range(1_000_000))
        self.durations = self._measured()

    def kills(self, count: int) -> Iterator[Killed]:
        """Kill ``count`` downloads, as often in each phase, at moments spread over it.

        A download that ended before the kill came does not count, and is done again.
        """
        made = 0
        for _ in range(count * 5):
            phase = PHASES[made % len(PHASES)]
            killed = self.kill(self._moment_in(phase))
            if killed is not None:
                made += 1
                yield killed
            if made == count:
                return
        raise RuntimeError("the downloads end before they can be killed")

    def kill(self, moment: Moment) -> Killed | None:
        """Kill a download, do it again, judge; None when it had ended before the kill."""
        folder = self._folder / str(next(self._numbers))
        self.dataset.forget_requests()
        run = self._start(folder, die_at_name=moment.at_name)
        if not moment.at_name:
            run.wait_for(moment.phase)
            time.sleep(moment.after_s)
            run.kill()
        if run.wait() == 0:
            shutil.rmtree(folder)
            return None
        # The server notices that a client has gone when it sends again: all is counted by the end.
        allowed = self.dataset.bytes_in_flight() + int(RESENT_AT_MOST * self.dataset.total_bytes)
        ended_well(self._start(folder))
        killed = Killed(
            moment,
            run.phase,
            self.dataset.differences(folder),
            self.dataset.bytes_sent() - self.dataset.total_bytes,
            allowed,
        )
        shutil.rmtree(folder)
        return killed

    def _moment_in(self, phase: str) -> Moment:
        if phase == "names":
            return Moment(phase, at_name=self._random.randrange(1, self.dataset.assets + 1))
        return Moment(phase, after_s=self._random.random() * self.durations[phase])

    def _measured(self) -> dict[str, float]:
        """How long each phase takes, in seconds: the shortest of three undisturbed runs."""
        runs = []
        for _ in range(3):
            folder = self._folder / "measured"
            run = self._start(folder)
            ended_well(run)
            ends = [*sorted(run.began.values())[1:], run.ended]
            runs.append(dict(zip(sorted(run.began, key=run.began.__getitem__), ends, strict=True)))
            runs[-1] = {phase: end - run.began[phase] for phase, end in runs[-1].items()}
            shutil.rmtree(folder)
        return {phase: min(each[phase] for each in runs) for phase in PHASES}

    def _start(self, folder: Path, **options: int):
        return self._interpreter.start(
            self._hub.root_url,
            folder,
            last_name=self.dataset.assets,
            max_connections=CONNECTIONS,
            **options,
        )
