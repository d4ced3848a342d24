"""Looks at every connection now and then, and ends those whose time has run out.

One look a second at all of them costs less than a timer for each step of each request.
"""

import asyncio
from http import HTTPStatus
from typing import Protocol

from .limits import Limits


class Connection(Protocol):
    """What is looked at."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop
    receives: str
    since: float
    is_refused: bool

    @property
    def is_answering(self) -> bool:
        """Whether an answer is under way."""
        ...

    @property
    def is_held_up(self) -> bool:
        """Whether it is the server that does not read on."""
        ...

    def refuse(self, status: HTTPStatus, text: str) -> None:
        """Answer with an error, and close."""
        ...


class Watch:
    """Over the connections of one server, in its loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._is_awake = False
        # Of each connection: bytes that wait to be sent, and since when it is that many.
        self._waiting: dict[Connection, tuple[int, float]] = {}

    def over(self, connection: Connection) -> None:
        """Watch over the connection until it is lost."""
        self._waiting[connection] = (0, connection.loop.time())
        if not self._is_awake:
            self._is_awake = True
            connection.loop.call_later(self._limits.check_every_s, self._look, connection.loop)

    def no_more_over(self, connection: Connection) -> None:
        """It is lost."""
        self._waiting.pop(connection, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in list(self._waiting):
            self._look_at(connection, now)
        self._is_awake = bool(self._waiting)
        if self._is_awake:
            loop.call_later(self._limits.check_every_s, self._look, loop)

    def _look_at(self, connection: Connection, now: float) -> None:
        size_before, since = self._waiting[connection]
        size = connection.transport.get_write_buffer_size()
        if size < size_before or not size_before:
            self._waiting[connection] = (size, now)
        elif now - since > self._limits.stall_s:
            connection.transport.abort()
            return
        self._look_at_what_comes(connection, now - connection.since)

    def _look_at_what_comes(self, connection: Connection, waited_s: float) -> None:
        limits = self._limits
        if connection.is_refused:
            if waited_s > limits.linger_s and not connection.is_answering:
                connection.transport.close()
        elif connection.is_held_up:
            return
        elif connection.receives == "head" and waited_s > limits.headers_s:
            connection.refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's head did not come in time.")
        elif connection.receives == "body" and waited_s > limits.body_s:
            connection.refuse(HTTPStatus.REQUEST_TIMEOUT, "The request's body did not come in time.")
