"""What is still to be fetched, as the caller's iterator hands it out."""

import time
from collections import deque
from collections.abc import Container, Iterator

from .transfers import Transfer

# An iterator that took this long to say "nothing yet" was at work itself: it may go on at once.
WORKED_S = 0.001
# One that answered sooner waits for somebody else, and is left alone for a moment.
REST_S = 0.01
_END = object()


class Supply:
    """Transfers in order; of two to one place, the later one waits.

    Attributes:
        is_exhausted: The iterator has come to its end.
        rest_s: After "nothing yet", seconds until it is worth asking again; else None.
    """

    def __init__(self, transfers: Iterator[Transfer | None]) -> None:
        self.is_exhausted = False
        self.rest_s: float | None = None
        self._transfers = transfers
        self._waiting: deque[Transfer] = deque()

    def __len__(self) -> int:
        """How many were read and wait for the one before them."""
        return len(self._waiting)

    @property
    def is_dry(self) -> bool:
        """There is nothing more to be read, or nothing yet."""
        return self.is_exhausted or self.rest_s is not None

    def next(self, busy: Container[str]) -> Transfer | None:
        """The next one to a place that is not ``busy``; None where that one has to wait, or is dry."""
        for transfer in self._waiting:
            if transfer.target not in busy:
                self._waiting.remove(transfer)
                return transfer
        read = self._read()
        if read is not None and read.target in busy:
            self._waiting.append(read)  # two at once would race for one name
            return None
        return read

    def _read(self) -> Transfer | None:
        if self.is_exhausted:
            return None
        began = time.monotonic()
        transfer = next(self._transfers, _END)
        self.rest_s = None
        if isinstance(transfer, Transfer):
            return transfer
        if transfer is None:
            self.rest_s = 0.0 if time.monotonic() - began >= WORKED_S else REST_S
        else:
            self.is_exhausted = True
        return None
