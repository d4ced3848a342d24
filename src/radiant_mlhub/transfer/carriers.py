"""Who moves the bytes. A carrier is given asks and hands what comes back to their sinks.

Sinks are called in the thread that calls ``poll``, never in another one.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from .answers import Answer
from .steps import Ask, Trouble

if TYPE_CHECKING:
    import requests

PIECE_BYTES = 256 * 1024
# A body up to this size is handed over with its headers: one switch of threads, not three.
SMALL_BODY_BYTES = 64 * 1024
FIRST_ERROR = 400
"""The lowest status that is no answer to what was asked."""


class Sink(Protocol):
    """Takes in one answer."""

    def head(self, answer: Answer) -> None:
        """Status and headers; called once, first."""

    def data(self, piece: bytes) -> None:
        """Bytes of the body, as they came over the wire."""

    def end(self, trouble: Trouble | None) -> None:
        """The body ended, or why it, or the answer, did not come; called once, last."""


class Exchange:
    """One request under way; its carrier tells it what comes, and it tells its sink.

    Attributes:
        ask: What was asked.
        sink: Hears of the answer. It may be another one from one call to the next.
        is_cancelled: Nobody wants the answer any more.
    """

    __slots__ = ("ask", "is_cancelled", "response", "sink")

    def __init__(self, ask: Ask, sink: Sink) -> None:
        self.ask = ask
        self.sink = sink
        self.is_cancelled = False
        self.response: requests.Response | None = None

    def over(self) -> None:
        """Its connection is free."""

    def head(self, answer: Answer) -> None:
        """Status and headers have come."""
        self.sink.head(answer)

    def data(self, piece: bytes) -> None:
        """Bytes of the body have come."""
        self.sink.data(piece)

    def end(self, trouble: Trouble | None) -> None:
        """Nothing more will come."""
        self.sink.end(trouble)


class Carrier(Protocol):
    """Carries requests; after ``close`` it is of no more use.

    Attributes:
        when_free: Called by ``poll`` when exchanges are over, before they are told what came: it
            may start others, whose requests then leave first.
    """

    when_free: Callable[[], None]

    @property
    def idle_s(self) -> float:
        """How long ``poll`` has waited for something to come, all its calls together."""
        ...

    def start(self, exchange: Exchange) -> None:
        """Send its request, now or when a connection is free."""

    def poll(self, timeout_s: float) -> None:
        """Tell the exchanges what has come, or wait up to ``timeout_s`` for something."""

    def cancel(self, exchange: Exchange) -> None:
        """Drop an exchange: its sink is not called again."""

    def close(self) -> None:
        """Drop all exchanges and close their connections; again, where that was interrupted. No wait."""
