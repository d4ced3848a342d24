"""One line of questions and answers: the rules ask, a carrier answers, bytes are written."""

import zlib
from typing import Any, Protocol

from .answers import Answer
from .carriers import Exchange
from .decoding import Decoder
from .steps import Ask, NewPart, Receive, Step, Steps, Trouble, Verdict


class Driver(Protocol):
    """Does what a lane cannot do by itself."""

    def ask(self, lane: "Lane", ask: Ask) -> Exchange:
        """Send a request whose answer goes to ``lane``."""

    def drop(self, exchange: Exchange) -> None:
        """Forget an exchange."""

    def do(self, lane: "Lane", step: Step) -> tuple[bool, Any]:
        """Do another step: True and its result, or False where ``lane`` hears of it later."""

    def write(self, at: int, piece: bytes) -> None:
        """Bring bytes to the part."""

    def count(self, piece: bytes, *, is_coded: bool) -> None:
        """Bytes came over the wire."""

    def receiving(self) -> None:
        """A body is on its way."""

    def ended(self, lane: "Lane", verdict: Verdict | None) -> None:
        """The rules have no more to ask of ``lane``."""

    def failed(self, error: OSError) -> None:
        """The disk refused."""


class Lane:
    """Drives one generator of the rules; the sink of its exchanges."""

    __slots__ = ("_at", "_decoder", "_driver", "_exchange", "_has_ended", "_receive", "_steps")

    def __init__(self, driver: Driver, steps: Steps) -> None:
        self._driver = driver
        self._steps = steps
        self._exchange: Exchange | None = None
        self._receive: Receive | None = None
        self._decoder: Decoder | None = None
        self._at = 0
        self._has_ended = False

    def go_on(self, value: Any = None) -> None:
        """Give the rules the result of their last step, and do those that follow."""
        try:
            while not self._has_ended:
                step = self._steps.send(value)
                if isinstance(step, Receive):
                    self._begin_receiving(step)
                    return
                if not isinstance(step, NewPart):  # which comes before the body it is for
                    self._drop_exchange()
                if isinstance(step, Ask):
                    self._exchange = self._driver.ask(self, step)
                    return
                is_done, value = self._driver.do(self, step)
                if not is_done:
                    return
        except StopIteration as stop:
            self.stop()
            self._driver.ended(self, stop.value)
        except OSError as error:
            self._driver.failed(error)

    def take_over(self, exchange: Exchange) -> None:
        """Let ``exchange`` be the answer to the rules' first request, which it asks for already."""
        next(self._steps)
        self._exchange = exchange
        exchange.sink = self

    def stop(self) -> None:
        """Ask no more, and drop what is under way."""
        self._has_ended = True
        self._drop_exchange()

    def head(self, answer: Answer) -> None:
        """Hear status and headers."""
        self.go_on(answer)

    def data(self, piece: bytes) -> None:
        """Hear bytes of the body."""
        if self._receive is None:
            return
        self._driver.count(piece, is_coded=self._decoder is not None)
        try:
            if self._decoder is None:
                self._write(piece)
            else:
                for unfolded in self._decoder.decoded(piece):
                    self._write(unfolded)
        except zlib.error as error:
            self._end_receiving(Trouble(f"the coded body is damaged: {error}"))
        except OSError as error:
            self._driver.failed(error)

    def end(self, trouble: Trouble | None) -> None:
        """Hear that nothing more will come."""
        self._exchange = None
        if self._receive is None:
            if trouble is not None:  # no answer at all
                self.go_on(trouble)
            return
        if trouble is None and self._decoder is not None and not self._decoder.is_complete:
            trouble = Trouble("the coded body ended early")
        self._end_receiving(trouble)

    def _begin_receiving(self, step: Receive) -> None:
        self._receive, self._at = step, step.at
        self._decoder = None if step.coding is None else Decoder(step.coding)
        self._driver.receiving()

    def _write(self, piece: bytes) -> None:
        if self._receive is None:
            return
        stretch = self._receive.stretch
        wanted = stretch.wanted(self._at, len(piece))
        if wanted:
            self._driver.write(self._at, piece if wanted == len(piece) else piece[:wanted])
            self._at += wanted
            stretch.pos = max(stretch.pos, self._at)
        if wanted < len(piece):  # another stretch has taken over from here
            self._end_receiving(None)

    def _end_receiving(self, trouble: Trouble | None) -> None:
        self._receive = None
        self._drop_exchange()
        self.go_on(trouble)

    def _drop_exchange(self) -> None:
        if self._exchange is not None:
            self._driver.drop(self._exchange)
            self._exchange = None
