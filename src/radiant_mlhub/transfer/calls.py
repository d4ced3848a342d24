"""Calls made by threads beside the one that wants to know what came of them."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from .crew import Crew

T = TypeVar("T")


class Calls:
    """Has calls made, a few at a time.

    Not by a ``ThreadPoolExecutor``: whoever leaves it, by Ctrl-C too, waits for what its threads are at,
    and so does a program at its end, before anybody can tell that it is ending.

    Args:
        name: Of the threads.
        most_threads: How many calls are made at once.
    """

    def __init__(self, name: str, most_threads: int) -> None:
        self._todo: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._crew = Crew(name)
        self._most_threads = most_threads
        self._is_closed = threading.Event()

    def start(self, call: Callable[[], T]) -> Future[T]:
        """Have ``call`` made as soon as a thread is free; what comes of it."""
        made: Future[T] = Future()
        self._todo.put((made, call))
        if len(self._crew) < self._most_threads:
            self._crew.add(self._run)
        return made

    def close(self) -> None:
        """Make no further call. What is under way is waited for 0.2 s at most."""
        self._is_closed.set()
        for _ in range(len(self._crew)):
            self._todo.put(None)
        self._crew.see_off()

    def _run(self) -> None:
        while (task := self._todo.get()) is not None and not self._is_closed.is_set():
            made, call = task
            try:
                made.set_result(call())
            except BaseException as error:  # noqa: BLE001 - raised again where somebody can hear it
                made.set_exception(error)
