"""Threads that nobody has to wait for, and that are gone all the same when a run is over."""

import threading
import time
from collections.abc import Callable

# Out within a second after Ctrl-C: a thread in the middle of something is left to end by itself.
LONGEST_GOODBYE_S = 0.2
_LOOK_EVERY_S = 0.001


class Crew:
    """Daemon threads of one name: whoever leaves by Ctrl-C does not wait for a silent server."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._threads: list[threading.Thread] = []

    def __len__(self) -> int:
        return len(self._threads)

    def add(self, work: Callable[[], object]) -> None:
        """Let one more thread do ``work``."""
        thread = threading.Thread(target=work, name=self._name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def see_off(self) -> None:
        """Come back once they have ended, which they were told to, or after 0.2 s."""
        deadline = time.monotonic() + LONGEST_GOODBYE_S
        # Not by join(): where Ctrl-C ends one, Python 3.11 takes the thread for dead.
        while any(thread.is_alive() for thread in self._threads) and time.monotonic() < deadline:
            time.sleep(_LOOK_EVERY_S)
