"""One easy handle of libcurl, and what comes in over it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

import pycurl

from .answers import Answer, content_length_of
from .carriers import Exchange
from .curl_settings import HostSettings
from .curl_text import header_line, read_head
from .patience import Patience
from .steps import Trouble
from .transfers import Request

# As much is read at once: of a body that may be short, and of one that is long.
SHORT_BUFFER_BYTES = 16 * 1024
LONG_BUFFER_BYTES = 128 * 1024
# Pieces of 16 KiB that may come of a body before it is bound: what a connection holds stays bounded.
MOST_PIECES = 4
# libcurl hands over 16 KiB at a time: of a large file, dealing with each took longer than the network.
PIECE_BYTES = 128 * 1024
# The rest of an answer nobody wants is read to its end up to here: cheaper than a new connection.
WORTH_DRAINING_BYTES = 64 * 1024


class Ended(NamedTuple):
    """An exchange that is over, with what it was not told yet."""

    exchange: Exchange
    answer: Answer | None
    body: bytes
    trouble: Trouble | None

    def tell(self) -> None:
        """Tell it."""
        exchange = self.exchange
        if self.answer is not None and not exchange.is_cancelled:
            exchange.head(self.answer)
        if self.body and not exchange.is_cancelled:
            exchange.sink.data(self.body)
        if not exchange.is_cancelled:
            exchange.end(self.trouble)


class Line:
    """One easy handle and the exchange it carries; used again for the next one.

    Attributes:
        handle: The handle.
        exchange: What it carries; None while it is idle.
        raised: What an exchange raised when libcurl called: Ctrl-C, or a fault of ours.
        pieces: What has come of the body since it was handed over last.
        silent_since: When the last byte was seen.
    """

    def __init__(self, patience: Patience) -> None:
        """Make a handle.

        Args:
            patience: How long to wait for a connection.
        """
        self.handle = pycurl.Curl()
        self.exchange: Exchange | None = None
        self.raised: BaseException | None = None
        # libcurl appends the lines of the headers by itself, and the pieces of a body until it is seen
        # not to come at once: calls into Python for them cost a fifth of a small file's time.
        self.pieces: list[bytes] = []
        self._is_bound = False
        self._held_bytes = 0
        self.silent_since = 0.0
        self._patience = patience
        self._request = Request("")
        self._settings: HostSettings | None = None
        self._headers: tuple[Mapping[str, str], Mapping[str, str]] | None = None
        self._method = "GET"
        self._head_lines: list[bytes] = []
        self._answer: Answer | None = None
        self._received_bytes = -1
        self._set_for_life()

    def begin(self, exchange: Exchange, request: Request, settings: HostSettings) -> None:
        """Get ready to carry ``exchange``.

        Args:
            exchange: What it carries.
            request: What it asks for, made ready.
            settings: How its host is reached.

        Raises:
            ValueError: A header cannot be sent.
        """
        self._head_lines.clear()
        self._answer = None
        if self._is_bound:
            self._unbind()
        self._received_bytes = -1
        self.silent_since = 0.0
        if self._settings is not settings:
            self._reach(settings)
        self._request = request
        self.handle.setopt(pycurl.URL, request.url)
        both = (request.headers, exchange.ask.headers)
        if both != self._headers:
            lines = [header_line(*field) for field in {**both[0], **both[1]}.items()]
            self.handle.setopt(pycurl.HTTPHEADER, lines)
            self._headers = both
        if exchange.ask.method != self._method:
            self._method = exchange.ask.method
            self.handle.setopt(pycurl.HTTPGET if self._method == "GET" else pycurl.NOBODY, 1)
        self.exchange = exchange

    @property
    def is_worth_draining(self) -> bool:
        """The rest of the answer is short enough to be read to its end."""
        if self._answer is None:
            return False
        length = content_length_of(self._answer)
        return length is not None and length <= WORTH_DRAINING_BYTES

    @property
    def proxy(self) -> str:
        """What it asks through; empty where it asks the host itself."""
        return "" if self._settings is None else self._settings.proxy

    @property
    def is_looking_up_its_host(self) -> bool:
        """The name of the host is being resolved: there is no connection yet, old or new."""
        getinfo = self.handle.getinfo
        return bool(getinfo(pycurl.NAMELOOKUP_TIME) == 0 == getinfo(pycurl.REQUEST_SIZE))

    def has_moved(self) -> bool:
        """Whether any byte has come since this was asked last."""
        getinfo = self.handle.getinfo
        received = getinfo(pycurl.SIZE_DOWNLOAD_T) + getinfo(pycurl.HEADER_SIZE)
        before, self._received_bytes = self._received_bytes, received
        return bool(received != before)

    def bound(self) -> None:
        """Let no more pieces pile up than ``PIECE_BYTES``: the body is a long one."""
        if not self._is_bound:
            self._is_bound = True
            self._held_bytes = sum(map(len, self.pieces))
            self.handle.setopt(pycurl.WRITEFUNCTION, self._body)
            self.handle.setopt(pycurl.BUFFERSIZE, LONG_BUFFER_BYTES)

    def _unbind(self) -> None:
        self._is_bound = False
        self.handle.setopt(pycurl.WRITEFUNCTION, self.pieces.append)
        self.handle.setopt(pycurl.BUFFERSIZE, SHORT_BUFFER_BYTES)

    def hand_over(self) -> None:
        """Tell the exchange what has come: of a body, so the headers are whole."""
        self.bound()
        exchange, body = self.exchange, self._taken()
        if exchange is None:
            return
        if self._answer is None:
            self._answer = self._read_head()
            if not exchange.is_cancelled:
                exchange.head(self._answer)
        if not exchange.is_cancelled:
            exchange.sink.data(body)

    def finish(self, trouble: Trouble | None) -> Ended | None:
        """Let go of the exchange; None where it had none."""
        exchange, self.exchange = self.exchange, None
        body = self._taken()
        if exchange is None:
            return None
        answer = None
        if self._answer is None and (trouble is None or body or self._has_head):
            answer = self._read_head()
        return Ended(exchange, answer, body, trouble)

    def _taken(self) -> bytes:
        pieces = self.pieces
        body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self._held_bytes = 0
        return body

    def _read_head(self) -> Answer:
        return read_head(self._head_lines, self._request.url, self._request.refusals)

    @property
    def _has_head(self) -> bool:
        """The headers came to their end; an answer without a body has told them to nobody yet."""
        lines = self._head_lines
        return lines[-1:] == [b"\r\n"] and read_head(lines, "").status >= HTTPStatus.OK

    def _body(self, piece: bytes) -> int | None:
        """Hear bytes of a long body; anything but None ends the exchange."""
        exchange = self.exchange
        if exchange is None:
            return -1
        self.pieces.append(piece)
        self._held_bytes += len(piece)
        if self._held_bytes >= PIECE_BYTES:
            try:
                self.hand_over()
            except BaseException as error:  # noqa: BLE001 - libcurl would swallow it; poll raises it again
                self.raised = error
                return -1
        return -1 if exchange.is_cancelled and not self.is_worth_draining else None

    def _reach(self, settings: HostSettings) -> None:
        if self._settings is not None:  # not every option can be taken back by itself
            self.handle.reset()
            self._set_for_life()
            self._headers, self._method = None, "GET"
        settings.apply(self.handle)
        self._settings = settings

    def _set_for_life(self) -> None:
        handle = self.handle
        handle.setopt(pycurl.NOSIGNAL, 1)
        handle.setopt(pycurl.FOLLOWLOCATION, 0)
        handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        handle.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_2TLS)
        handle.setopt(pycurl.TCP_NODELAY, 1)
        handle.setopt(pycurl.CONNECTTIMEOUT_MS, int(self._patience.connect_s * 1000))
        handle.setopt(pycurl.HEADERFUNCTION, self._head_lines.append)
        self._unbind()
        handle.line = self
