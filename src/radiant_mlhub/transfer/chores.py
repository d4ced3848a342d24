"""Long calls beside the loop: hashing a large file, waiting for somebody who signs addresses."""

import queue
import threading
from collections.abc import Callable
from typing import Any

from .crew import Crew

MOST_THREADS = 2

Work = Callable[[threading.Event], Any]
"""A long call; it raises OSError soon after the event it is given is set."""


class Chores:
    """Runs functions in threads; their results are handed over in the thread that calls ``poll``."""

    def __init__(self, name: str = "mlhub-hash", most_threads: int = MOST_THREADS) -> None:
        self._todo: queue.SimpleQueue[tuple[Work, Callable[[Any], None]] | None]
        self._todo = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
        self._crew = Crew(name)
        self._most_threads = most_threads
        self._stop = threading.Event()
        self.pending = 0

    def start(self, work: Work, then: Callable[[Any], None]) -> None:
        """Run ``work``, and give ``then`` its result, or the OSError that it ended with."""
        self.pending += 1
        self._todo.put((work, then))
        if len(self._crew) < min(self.pending, self._most_threads):
            self._crew.add(self._run)

    def poll(self) -> None:
        """Hand over what is done."""
        while not self._done.empty():
            then, result = self._done.get()
            self.pending -= 1
            then(result)

    def close(self) -> None:
        """Give up what is under way."""
        self._stop.set()
        for _ in range(len(self._crew)):
            self._todo.put(None)
        self._crew.see_off()

    def _run(self) -> None:
        while (chore := self._todo.get()) is not None:
            work, then = chore
            try:
                result = work(self._stop)
            except OSError as error:
                result = error
            except BaseException as error:  # noqa: BLE001 - else nobody hears of it, and `pending` never ends
                result = OSError(f"{type(error).__name__}: {error}")
            self._done.put((then, result))
