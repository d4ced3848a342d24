"""Long calls that need no interpreter lock, beside the loop: hashing a large file."""

import queue
import threading
from collections.abc import Callable
from typing import Any

MOST_THREADS = 2


class Chores:
    """Runs functions in threads; their results are handed over in the thread that calls ``poll``."""

    def __init__(self) -> None:
        self._todo: queue.SimpleQueue[tuple[Callable[[], Any], Callable[[Any], None]] | None]
        self._todo = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Callable[[Any], None], Any]] = queue.SimpleQueue()
        self._threads = 0
        self.pending = 0

    def start(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run ``work``, and give ``then`` its result, or the OSError that it ended with."""
        self.pending += 1
        self._todo.put((work, then))
        if self._threads < min(self.pending, MOST_THREADS):
            self._threads += 1
            threading.Thread(target=self._run, name="mlhub-hash", daemon=True).start()

    def poll(self) -> None:
        """Hand over what is done."""
        while not self._done.empty():
            then, result = self._done.get()
            self.pending -= 1
            then(result)

    def close(self) -> None:
        """Let the threads end once they are idle."""
        for _ in range(self._threads):
            self._todo.put(None)

    def _run(self) -> None:
        while (chore := self._todo.get()) is not None:
            work, then = chore
            try:
                result = work()
            except OSError as error:
                result = error
            self._done.put((then, result))
