"""What comes slowly, fetched by a thread while the loop of a download goes on."""

import queue
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from ..transfer.crew import Crew

T = TypeVar("T")

# Pages that wait: one is worked at, one is here, one is on its way.
_MOST_WAITING = 1
_LOOK_EVERY_S = 0.01
_STOPPED_WITHIN_S = 0.1


def fetched_ahead(things: Iterable[T]) -> Generator[T | None, None, None]:
    """``things``, made in a thread of their own; None while the next one is not there yet.

    The thread ends with this generator, or as soon as it comes back from what it waits for.

    Raises:
        Exception: What ``things`` raised, after all that came before.
    """
    made: queue.Queue[T] = queue.Queue(_MOST_WAITING)
    is_wanted, ended = threading.Event(), threading.Event()
    is_wanted.set()
    failure: list[BaseException] = []

    def make() -> None:
        try:
            _fill(made, things, is_wanted)
        except BaseException as error:  # noqa: BLE001 - raised again where somebody can hear it
            failure.append(error)
        ended.set()

    crew = Crew("mlhub-pages")
    crew.add(make)
    try:
        while not (ended.is_set() and made.empty()):
            yield _next(made)
        if failure:
            raise failure[0]
    finally:
        is_wanted.clear()
        crew.see_off()


def _fill(made: "queue.Queue[T]", things: Iterable[T], is_wanted: threading.Event) -> None:
    each: Iterator[T] = iter(things)
    for thing in each:
        while is_wanted.is_set():
            with suppress(queue.Full):
                made.put(thing, timeout=_STOPPED_WITHIN_S)
                break
        if not is_wanted.is_set():
            return


def _next(made: "queue.Queue[T]") -> T | None:
    try:
        return made.get(timeout=_LOOK_EVERY_S)
    except queue.Empty:
        return None
