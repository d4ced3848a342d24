"""How long to wait for a server, and how often to try again."""

from collections.abc import Callable
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """Every number of seconds and tries that a transfer lives by.

    Attributes:
        connect_s: Longest wait for a connection.
        silence_s: Longest wait for the next byte of an answer.
        tries: How many requests in a row may fail without progress.
        first_wait_s: Wait after the first failure; it doubles from there.
        longest_wait_s: Where the doubling ends.
        retry_after_cap_s: A Retry-After beyond it ends the transfer with an error that says so.
        outage_s: A host that fails at everything for so long is given up for the rest of the run.
        digest_tries: How often a file whose digest is wrong is fetched from its first byte.
    """

    connect_s: float = 10.0
    silence_s: float = 60.0
    tries: int = 6
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    retry_after_cap_s: float = 120.0
    outage_s: float = 300.0
    digest_tries: int = 3


class Tries:
    """The failures of one file since it last made progress.

    Progress is 1 MiB or 1 % of the file more than there ever was, so that a server which cuts
    every answer short after a few bytes, or sends the same bytes over and over, meets an end.
    """

    __slots__ = ("_chance", "_failures", "_most_bytes", "_patience")

    def __init__(self, patience: Patience, chance: Callable[[], float]) -> None:
        self._patience = patience
        self._chance = chance
        self._failures = 0
        self._most_bytes = 0

    @property
    def failures(self) -> int:
        """Failed requests in a row."""
        return self._failures

    def wait_s(
        self, *, done_bytes: int, total_bytes: int | None, retry_after_s: float | None
    ) -> float | None:
        """Seconds until the next try; None when there is none left.

        Args:
            done_bytes: Bytes of the file that are on disk now.
            total_bytes: Its length, where known.
            retry_after_s: What the server asked for, at most the cap.
        """
        enough = MIB if total_bytes is None else min(MIB, max(total_bytes // 100, 1))
        if done_bytes >= self._most_bytes + enough:
            self._most_bytes = done_bytes
            self._failures = 0
        self._failures += 1
        if self._failures >= self._patience.tries:
            return None
        longest = min(
            self._patience.longest_wait_s, self._patience.first_wait_s * 2.0 ** (self._failures - 1)
        )
        # Half of it by chance, so that many clients do not come back at the same moment.
        return max(longest * (0.5 + self._chance() / 2), retry_after_s or 0.0)
