"""How many bytes a second may be taken from the network, all hosts together."""

import time
from collections.abc import Callable

# What was not used is good for this long, so that a pause between two answers costs nothing.
SAVED_S = 0.25
# A connection that gets less than this a second is better not opened.
LEAST_PER_CONNECTION = 256 * 1024


class Allowance:
    """Bytes that may still be read; beyond it nobody reads, so that the senders slow down by themselves.

    Args:
        bytes_per_s: How many are added every second; at least 1.
        clock: Seconds that only go forward.
    """

    def __init__(self, bytes_per_s: int, clock: Callable[[], float] = time.monotonic) -> None:
        if bytes_per_s < 1:
            raise ValueError(f"max_bytes_per_s is {bytes_per_s}; nothing can arrive at less than 1")
        self._bytes_per_s = bytes_per_s
        self._clock = clock
        self._left = 0.0
        self._counted_at = clock()

    @property
    def connections(self) -> int:
        """How many connections it is enough for."""
        return max(self._bytes_per_s // LEAST_PER_CONNECTION, 1)

    def spend(self, size_bytes: int) -> None:
        """So many bytes were read."""
        self._left -= size_bytes

    def wait_s(self) -> float:
        """Seconds until more may be read; 0 where it may be at once."""
        now = self._clock()
        earned = (now - self._counted_at) * self._bytes_per_s
        self._left = min(self._left + earned, SAVED_S * self._bytes_per_s)
        self._counted_at = now
        return max(-self._left / self._bytes_per_s, 0.0)
