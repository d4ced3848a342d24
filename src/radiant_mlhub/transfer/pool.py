"""Many transfers at once: one loop, in the caller's thread, bounded, and out at Ctrl-C.

::

    transfers --> jobs (at most so many) --> settled --> record(batch) --> final names --> outcomes

Finished files are recorded first and get their names after: a kill in between leaves a part
that the next run recognises by its record and gives its name without asking the server.
"""

import contextlib
import heapq
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

import requests

from ..exceptions import TransferFailed
from ..masking import masked
from .allowance import Allowance
from .carriers import Carrier, SessionCarrier
from .chores import Chores
from .destination import NOTHING_FOUND, Destinations, move, not_written
from .hashing import Beside
from .jobs import Job, Surroundings, Task
from .lanes import Lane
from .open_files import connections_affordable
from .patience import Patience
from .plain_fetch import PlainFetch
from .polite_carrier import PoliteCarrier
from .progress import Progress, Silent
from .stopping import has_to_stop
from .supply import Supply
from .transfers import Outcome, Record, RequestFor, Transfer

# One transaction of the manifest per batch: a commit a file halves the rate of small files.
MOST_IN_A_BATCH = 500
# What was not recorded yet is fetched again after a kill: up to a tenth of the files when it was 0.1 s.
LONGEST_BATCH_S = 0.02
LONGEST_POLL_S = 0.1
CHORES_POLL_S = 0.01
# The next requests are ready when connections become free, without a turn of the loop.
ASKS_AHEAD = 256
# Jobs that wait for their next try hold no connection, but memory.
JOBS_PER_CONNECTION = 8
# A ceiling: each host gets what it answers well, from 32 on (see hosts). At 50 ms round trip, time
# goes down with every connection up to some 400, where the loop has no more time to spare.
MAX_CONNECTIONS = 384

_left_to_the_parent: list["_Run"] = []


def fetch_all(
    transfers: Iterable[Transfer | None],
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    max_connections: int = MAX_CONNECTIONS,
    record: Record | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
    max_bytes_per_s: int | None = None,
) -> Iterator[Outcome]:
    """Bring files to their places; their outcomes come as they finish, in no order.

    A file that fails is an outcome, never an exception. Leaving the iterator, by Ctrl-C,
    ``close()`` or an exception, ends all transfers at once; their parts are continued by the
    next call.

    Args:
        transfers: Read as connections become free, never far ahead. A None among them means
            "nothing yet": what is under way goes on, and the iterator is asked again, at once
            where it took over 1 ms to say so, since it was at work itself, else 0.01 s later at
            the latest. It works in the loop's own time: under 0.01 s a call keeps transfers going.
        request_for: Makes an address ready, before every try and for every redirect.
        session: The caller's own, which then carries all requests; None for ours.
        max_connections: The most requests that may be under way at once; how many are depends
            on how their hosts answer, and on how many files the system lets a program open.
        record: Told of finished files, at most 500 of them or 0.02 s late, before they get
            their final names.
        progress: Advanced by bytes.
        cancel: Once set, everything ends as at Ctrl-C; what is unfinished has no outcome.
        patience: How long to wait and how often to try.
        max_bytes_per_s: The most to take from the network, all connections together; None for
            as much as comes.

    Raises:
        ValueError: ``max_bytes_per_s`` is below 1.
    """
    patience = patience or Patience()
    allowance = None if max_bytes_per_s is None else Allowance(max_bytes_per_s)
    max_connections = min(max_connections, connections_affordable())
    if allowance is not None:
        max_connections = min(max_connections, allowance.connections)
    carrier = carrier_for(session, request_for, patience, max_connections)
    run = _Run(
        Supply(iter(transfers)),
        PoliteCarrier(carrier, patience, max_connections),
        max_connections=max_connections,
        record=record,
        progress=progress or Silent(),
        cancel=cancel,
        patience=patience,
        allowance=allowance,
    )
    try:
        yield from run.outcomes()
    finally:
        run.close()


def fetch_one(
    transfer: Transfer,
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
) -> Outcome:
    """Bring one file to its place, over up to ``transfer.connections`` connections.

    Bytes go to disk as they arrive, whatever the size of the file. Where the name of the file
    depends on the address that answers, ``Outcome.served_name`` tells it.

    Raises:
        TransferFailed: It did not arrive; ``.status`` is what the server answered, if it did.
    """
    outcomes = fetch_all(
        [transfer],
        request_for=request_for,
        session=session,
        max_connections=max(transfer.connections, 1),
        progress=progress,
        cancel=cancel,
        patience=patience,
    )
    for outcome in outcomes:
        if outcome.error is not None:
            raise TransferFailed(outcome.error, href=transfer.href, status=outcome.status)
        return outcome
    raise TransferFailed(f"{masked(transfer.href)} was cancelled", href=transfer.href)


def carrier_for(
    session: requests.Session | None, request_for: RequestFor, patience: Patience, max_connections: int
) -> Carrier:
    """The caller's own session, whatever it is; else libcurl; else, without pycurl, a session of ours."""
    if session is None:
        with contextlib.suppress(ImportError):  # pycurl has no wheel for Alpine
            from .curl_carrier import CurlCarrier  # noqa: PLC0415

            return CurlCarrier(request_for, patience, max_connections)
    return SessionCarrier(session, request_for, patience, max_connections)


class _Run:
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
    ) -> None:
        self._pid = os.getpid()
        self._supply = supply
        self._carrier = carrier
        self._allowance = allowance
        self._max_connections = max_connections
        self._record = record
        self._cancel = cancel
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
        self._settled_since = 0.0
        self._recorded: deque[tuple[Outcome, Task | None]] = deque()

    def outcomes(self) -> Iterator[Outcome]:
        """Run until there is nothing left to do."""
        while not has_to_stop(self._cancel):
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

    def close(self) -> None:
        """Stop everything; parts stay for a later run."""
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

    def _start_tasks(self) -> None:
        """Fill the free connections, as far as there is something to fill them with."""
        self._rest_s = LONGEST_POLL_S
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
            self._add_settled(Outcome(transfer, "failed", error=not_written(transfer.href, error)), None)
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
            self._settled_since = time.monotonic()
        self._settled.append((outcome, task))

    def _is_batch_due(self) -> bool:
        is_full = len(self._settled) >= MOST_IN_A_BATCH
        return is_full or time.monotonic() - self._settled_since >= LONGEST_BATCH_S

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
        waits = [LONGEST_POLL_S, self._rest_s]
        if self._chores.pending:
            waits.append(CHORES_POLL_S)
        if self._clock:
            waits.append(self._clock[0][0] - now)
        if self._settled:
            waits.append(self._settled_since + LONGEST_BATCH_S - now)
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
        return replace(outcome, state="failed", record=None, error=text)
    return outcome
