"""The loop of one run, and what it has in hand.

::

    transfers --> tasks (at most so many) --> settled --> record(batch) --> final names --> outcomes

Finished files are recorded first and get their names after: a kill in between leaves a part
that the next run recognises by its record and gives its name without asking the server.
"""

import heapq
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Iterator

from ..stopping import has_to_stop
from .allowance import Allowance
from .chores import Chores
from .destination import NOTHING_FOUND, Destinations, move, not_written
from .hashing import Beside
from .jobs import Job, Surroundings, Task
from .lanes import Lane
from .patience import Patience
from .plain_fetch import PlainFetch
from .polite_carrier import PoliteCarrier
from .progress import Progress, Standing
from .supply import Supply
from .transfers import Outcome, Record, Transfer

# One transaction of the manifest per batch: a commit a file halves the rate of small files.
MOST_IN_A_BATCH = 500
# What was not recorded yet is fetched again after a kill. So a batch takes a fiftieth of the time of the run,
# between the two: the more files share a commit, the less it costs each of them.
SHORTEST_BATCH_S = 0.02
LONGEST_BATCH_S = 0.1
SHARE_OF_A_BATCH = 0.02
LONGEST_POLL_S = 0.1
CHORES_POLL_S = 0.01
# The next requests are ready when connections become free, without a turn of the loop.
ASKS_AHEAD = 256
# Jobs that wait for their next try hold no connection, but memory.
JOBS_PER_CONNECTION = 8

_left_to_the_parent: list["Run"] = []


class Run:
    """The loop and what it has in hand."""

    def __init__(
        self,
        supply: Supply,
        carrier: PoliteCarrier,
        *,
        max_connections: int,
        record: Record | None,
        progress: Progress,
        cancel: threading.Event | None,
        patience: Patience,
        allowance: Allowance | None,
        longest_turn_s: float = LONGEST_POLL_S,
    ) -> None:
        self._pid = os.getpid()
        self._longest_turn_s = longest_turn_s
        self._supply = supply
        self._carrier = carrier
        self._allowance = allowance
        self._max_connections = max_connections
        self._record = record
        self._cancel = cancel
        self._progress = progress
        self._destinations = Destinations()
        self._chores = Chores()
        self._beside = Beside()
        self._around = Surroundings(
            carrier,
            self._destinations,
            self._chores,
            self._beside,
            patience,
            progress,
            allowance,
            self._wake_later,
            self._settle,
        )
        self._tasks: dict[str, Task] = {}
        self._running = 0
        self._rest_s = LONGEST_POLL_S
        self._clock: list[tuple[float, int, Lane]] = []
        self._numbers = itertools.count()
        self._settled: list[tuple[Outcome, Task | None]] = []
        self._began = 0.0  # with its first file
        self._batch_due = 0.0
        self._recorded: deque[tuple[Outcome, Task | None]] = deque()

    def outcomes(self) -> Iterator[Outcome]:
        """Run until there is nothing left to do."""
        for outcome in self.turns():
            if outcome is not None:
                yield outcome

    def turns(self) -> Iterator[Outcome | None]:
        """Run until there is nothing left to do; None after every turn of the loop."""
        while not has_to_stop(self._cancel):
            self._progress.turn(self._standing)
            self._start_tasks()
            if self._settled and (not self._running or self._is_batch_due()):
                yield from self._publish()
            elif self._running:
                self._poll()
                self._chores.poll()
                self._wake()
            elif self._supply.is_exhausted and not self._supply:
                return
            else:
                time.sleep(self._rest_s)
            yield None

    def close(self) -> None:
        """Stop everything; parts stay for a later run. Where it was interrupted, it can be called again."""
        if os.getpid() != self._pid:
            # A forked child: connections and parts are its parent's, also when they are forgotten here.
            _left_to_the_parent.append(self)
            return
        self._carrier.close()
        self._chores.close()
        self._name_recorded()
        for task in self._tasks.values():
            task.stop()
        self._beside.close()

    def _standing(self) -> Standing:
        return Standing(len(self._clock), self._carrier.waits())

    def _start_tasks(self) -> None:
        """Fill the free connections, as far as there is something to fill them with."""
        self._rest_s = self._longest_turn_s
        for _ in range(self._room()):
            transfer = self._supply.next(self._tasks)
            if transfer is not None:
                self._start(transfer)
            elif self._supply.is_dry:
                if self._supply.rest_s is not None:
                    self._rest_s = self._supply.rest_s
                return

    def _room(self) -> int:
        """How many more transfers may be begun, or read to wait for the one before them."""
        if not self._running and self._supply:
            return 1  # all that were read wait for one another: one of them may begin
        asking = self._running - len(self._clock) - self._carrier.resting
        return min(
            self._max_connections + ASKS_AHEAD - asking,
            self._max_connections * JOBS_PER_CONNECTION - self._running - len(self._supply),
            MOST_IN_A_BATCH - len(self._settled),
        )

    def _start(self, transfer: Transfer) -> None:
        try:
            found, part = self._destinations.look(transfer)
        except OSError as error:
            text = not_written(transfer.href, error)
            self._add_settled(Outcome(transfer, "failed", error=text, refused_by_disk=True), None)
            return
        is_new = found == NOTHING_FOUND and part is None
        task = PlainFetch(transfer, self._around) if is_new else Job(transfer, self._around, found, part)
        self._tasks[transfer.target] = task
        self._running += 1
        task.start()

    def _settle(self, task: Task, outcome: Outcome) -> None:
        self._running -= 1
        self._add_settled(outcome, task)

    def _add_settled(self, outcome: Outcome, task: Task | None) -> None:
        if not self._settled:
            now = time.monotonic()
            self._began = self._began or now
            batch_s = max((now - self._began) * SHARE_OF_A_BATCH, SHORTEST_BATCH_S)
            self._batch_due = now + min(batch_s, LONGEST_BATCH_S)
        self._settled.append((outcome, task))

    def _is_batch_due(self) -> bool:
        is_full = len(self._settled) >= MOST_IN_A_BATCH
        return is_full or time.monotonic() >= self._batch_due

    def _publish(self) -> list[Outcome]:
        """Record what has settled, then give the files their final names."""
        if self._record is not None:
            self._record([outcome for outcome, _ in self._settled])
        self._recorded.extend(self._settled)
        self._settled.clear()
        return self._name_recorded()

    def _name_recorded(self) -> list[Outcome]:
        outcomes = []
        while self._recorded:
            outcome, task = self._recorded.popleft()
            outcomes.append(outcome if task is None else _named(outcome, task))
            if task is not None:
                del self._tasks[outcome.transfer.target]
        return outcomes

    def _wake_later(self, seconds: float, lane: Lane) -> None:
        heapq.heappush(self._clock, (time.monotonic() + seconds, next(self._numbers), lane))

    def _wake(self) -> None:
        while self._clock and self._clock[0][0] <= time.monotonic():
            heapq.heappop(self._clock)[2].go_on()

    def _poll(self) -> None:
        wait_s = 0.0 if self._allowance is None else self._allowance.wait_s()
        if wait_s > 0:
            time.sleep(min(wait_s, self._poll_s()))
        else:
            self._carrier.poll(self._poll_s())

    def _poll_s(self) -> float:
        now = time.monotonic()
        waits = [self._longest_turn_s, self._rest_s]
        if self._chores.pending:
            waits.append(CHORES_POLL_S)
        if self._clock:
            waits.append(self._clock[0][0] - now)
        if self._settled:
            waits.append(self._batch_due - now)
        return max(min(waits), 0.0)


def _named(outcome: Outcome, task: Task) -> Outcome:
    """The outcome once its file has its final name."""
    target = outcome.transfer.target
    try:
        if task.part is not None:
            task.part.publish(target)
        elif task.move_from is not None:
            move(task.move_from, target)
    except OSError as error:
        text = not_written(outcome.transfer.href, error)
        return outcome._replace(state="failed", record=None, error=text, refused_by_disk=True)
    return outcome
