"""uvicorn's HTTP protocol with what it leaves to others: deadlines, bounds on a request's head, refusals.

llhttp, which reads requests here, refuses by itself what two readers could read in two ways
(Content-Length beside Transfer-Encoding, two Content-Lengths).
"""

import asyncio
import socket
from http import HTTPStatus
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .limits import Limits
from .watch import Watch
from .zero_copy import ZeroCopy

_HOSTS = {"1.1": (1,), "1.0": (0, 1)}  # how many Host headers a request of each version may have
_MOST_WAITING = 100  # requests that were sent before the answer to an earlier one
_NOT_HTTP = "This is no valid HTTP request."


class HubProtocol(HttpToolsProtocol):
    """One connection.

    Attributes:
        receives: What of a request is being received: its ``head``, its ``body``, or nothing.
        since: When that began, by the loop's clock.
        is_refused: Whether what still comes is thrown away.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
        watch: Watch,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.app = ZeroCopy(self.app, limits.stall_s)
        self.receives = ""
        self.since = 0.0
        self.is_refused = False
        self._limits = limits
        self._watch = watch
        self._bytes_kept = 0
        self._has_moved = False
        self._refusal = (HTTPStatus.BAD_REQUEST, _NOT_HTTP)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Bound what waits in memory, and how many there are."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(0)
        # asyncio does this for sockets that name their protocol; those of socket.create_server() do
        # not, and each answer in two pieces then waits 40 ms for the client's delayed ACK.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._begin("head")
        self._watch.over(self)
        if len(self.connections) > self._limits.connections:
            self.refuse(HTTPStatus.SERVICE_UNAVAILABLE, "The hub has too many connections. Try again.")

    def data_received(self, data: bytes) -> None:
        """Read on, unless the client was refused, or what the parser has to keep becomes too long."""
        if self.is_refused:
            return
        if not self.receives and not self.is_answering:
            # Blank lines before a request are none yet, and have its deadline all the same.
            self._begin("head")
        self._has_moved = False
        super().data_received(data)
        # A head without end, or a trailer: the piece in which it began may hold other things, too.
        if self.receives and not self._has_moved:
            self._bytes_kept += len(data)
            if self._bytes_kept > self._limits.head_bytes:
                self.refuse(*_head_too_large(self._limits))

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        self._watch.no_more_over(self)
        super().connection_lost(exc)

    @property
    def is_answering(self) -> bool:
        """Whether an answer is under way."""
        return self.cycle is not None and not (self.cycle.response_complete or self.cycle.disconnected)

    @property
    def is_held_up(self) -> bool:
        """Whether it is this server that does not read on."""
        return self.flow.read_paused

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._move()
        self._begin("head")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, unless there are too many."""
        super().on_header(name, value)
        if len(self.headers) > self._limits.headers:
            self._refusal = _head_too_large(self._limits)
            raise _Refused

    def on_headers_complete(self) -> None:
        """Start the app, unless the head is too large, says twice whom it is for, or too many wait."""
        head_bytes = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if head_bytes > self._limits.head_bytes:
            self._refusal = _head_too_large(self._limits)
            raise _Refused
        hosts = sum(1 for name, _ in self.headers if name == b"host")
        if hosts not in _HOSTS.get(self.parser.get_http_version(), ()):
            raise _Refused
        if len(self.pipeline) >= _MOST_WAITING:
            raise _Refused
        self._move()
        self._begin("body")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body is there."""
        self._move()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there, whole."""
        self.receives = ""
        super().on_message_complete()

    def send_400_response(self, _msg: str) -> None:
        """Refuse what could not be read; uvicorn calls this."""
        self.refuse(*self._refusal)

    def refuse(self, status: HTTPStatus, text: str) -> None:
        """Answer with an error, throw away what still comes, and close."""
        if self.is_refused:
            return
        self.is_refused = True
        self._begin("")
        if self.is_answering:
            cycle = self.cycle  # of the last request that was read; answers come in order
            if not cycle.more_body:
                # The requests before this one are answered, whole; then the connection ends.
                cycle.keep_alive = False
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started or self.pipeline:
                self.transport.abort()
                return
        self.transport.write(_answer(status, text))
        self.transport.write_eof()

    def _move(self) -> None:
        """The parser has let go of what it kept."""
        self._bytes_kept = 0
        self._has_moved = True

    def _begin(self, what: str) -> None:
        self.receives = what
        self.since = self.loop.time()


class _Refused(Exception):
    """Makes the parser stop; the protocol knows the reason."""


def _head_too_large(limits: Limits) -> tuple[HTTPStatus, str]:
    return (
        HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        f"A request's head may have {limits.headers} headers and {limits.head_bytes} bytes.",
    )


def _answer(status: HTTPStatus, text: str) -> bytes:
    body = f'{{"detail":"{text}"}}'.encode()
    retry = b"retry-after: 2\r\n" if status == HTTPStatus.SERVICE_UNAVAILABLE else b""
    head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: {len(body)}\r\n".encode()
    return head + retry + b"content-type: application/json\r\nconnection: close\r\n\r\n" + body
