"""Files of this machine, carried as a server would: the same rules then look at them.

Whether a ``file:`` address may be read is for the ``RequestFor`` to say; no redirect leads to one.
"""

import os
import re
import stat
import time
from collections import deque
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from io import FileIO
from urllib.parse import urlsplit

from .answers import NOT_MODIFIED, OK, PARTIAL, PAST_THE_END, Answer
from .carriers import PIECE_BYTES, Carrier, Exchange
from .steps import Ask, Trouble
from .transfers import Request, RequestFor
from .troubles import trouble_of

# Longest slice of reading, after which what comes over the network has its turn.
SLICE_S = 0.005
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


def is_local(href: str) -> bool:
    """Whether ``href`` names a file of this machine."""
    return href[:5].lower() == "file:"


def local_path(href: str) -> str:
    """The path that a ``file:`` address names.

    Raises:
        ValueError: It names another machine, or no path.
    """
    parts = urlsplit(href)
    if parts.netloc not in ("", "localhost"):
        raise ValueError(f'it names a file of another machine, "{parts.netloc}"')
    from urllib.request import url2pathname  # noqa: PLC0415 - it loads http.client and ssl

    path = url2pathname(parts.path)
    if not os.path.isabs(path) or "\0" in path:  # noqa: PTH117 - text, as everywhere in this room
        raise ValueError("it names no absolute path")
    return path


class WithLocalFiles:
    """A carrier that reads files of this machine by itself, one after the other.

    Attributes:
        when_free: The network's: a file of this machine takes no connection.
    """

    def __init__(self, network: Carrier, request_for: RequestFor) -> None:
        """Take who carries all other requests, and who says which files may be read."""
        self._network = network
        self._request_for = request_for
        self._asked: deque[Exchange] = deque()
        self._open: _OpenFile | None = None

    @property
    def idle_s(self) -> float:
        """How long ``poll`` has waited."""
        return self._network.idle_s

    @property
    def when_free(self) -> Callable[[], None]:
        """Called when connections are free."""
        return self._network.when_free

    @when_free.setter
    def when_free(self, call: Callable[[], None]) -> None:
        self._network.when_free = call

    def start(self, exchange: Exchange) -> None:
        """Send its request, or read its file when the loop comes round."""
        if is_local(exchange.ask.href):
            self._asked.append(exchange)
        else:
            self._network.start(exchange)

    def poll(self, timeout_s: float) -> None:
        """Read for a while, and let the network work; wait for it only where there was nothing to read."""
        has_read = self._read()
        self._network.poll(0.0 if has_read else timeout_s)

    def cancel(self, exchange: Exchange) -> None:
        """Drop ``exchange``."""
        if is_local(exchange.ask.href):
            exchange.is_cancelled = True
        else:
            self._network.cancel(exchange)

    def close(self) -> None:
        """Drop everything."""
        self._asked.clear()
        self._close_file()
        self._network.close()

    def _read(self) -> bool:
        """Whether there was anything to read. What waits for its turn is asked for as soon as it has it."""
        until = time.monotonic() + SLICE_S
        has_read = False
        while (self._asked or self._open) and time.monotonic() < until:
            has_read = True
            if self._open is not None:
                self._go_on(self._open)
            else:
                self._begin(self._asked.popleft())
            if not self._asked and self._open is None:
                self.when_free()
        return has_read

    def _begin(self, exchange: Exchange) -> None:
        if exchange.is_cancelled:
            return
        try:
            made = self._request_for(exchange.ask.href)
            request = made if isinstance(made, Request) else made()
            opened, answer = _answered(exchange.ask, local_path(request.url), request)
        except Exception as error:  # noqa: BLE001 - whoever makes requests is foreign code
            exchange.end(trouble_of(error))
            return
        if opened is not None:
            opened.exchange, self._open = exchange, opened
        exchange.head(answer)
        if opened is None and not exchange.is_cancelled:
            exchange.end(None)

    def _go_on(self, opened: "_OpenFile") -> None:
        exchange, trouble = opened.exchange, None
        piece = b""
        if exchange is not None and not exchange.is_cancelled:
            try:
                piece = opened.read()
            except OSError as error:
                trouble = Trouble(f"it cannot be read: {error.strerror}", is_final=True)
        if piece and exchange is not None:
            exchange.data(piece)
            return
        self._close_file()
        if exchange is not None and not exchange.is_cancelled:
            exchange.end(trouble)

    def _close_file(self) -> None:
        if self._open is not None:
            self._open.file.close()
            self._open = None


class _OpenFile:
    """A file, and how much of it is still to be read."""

    def __init__(self, file: FileIO, left_bytes: int) -> None:
        self.file = file
        self.exchange: Exchange | None = None
        self._left_bytes = left_bytes

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        piece = self.file.read(min(PIECE_BYTES, self._left_bytes)) or b""
        self._left_bytes -= len(piece)
        return piece


def _answered(ask: Ask, path: str, request: Request) -> tuple[_OpenFile | None, Answer]:
    """What a server would say of the file, and the file where it has a body."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - to open a pipe would wait for ever
            return None, Answer(HTTPStatus.NOT_FOUND, {}, request.url)
        file = FileIO(path)
    except (FileNotFoundError, NotADirectoryError):
        return None, Answer(HTTPStatus.NOT_FOUND, {}, request.url)
    except PermissionError:
        return None, Answer(HTTPStatus.FORBIDDEN, {}, request.url)
    told = os.fstat(file.fileno())
    size = told.st_size
    etag = f'"{size:x}-{told.st_mtime_ns:x}-{told.st_ino:x}"'
    headers = {
        "etag": etag,
        "last-modified": formatdate(told.st_mtime, usegmt=True),
        "accept-ranges": "bytes",
        "content-length": str(size),
    }
    status, start, end = _part(ask, size, etag)
    if status == PARTIAL:
        headers |= {"content-range": f"bytes {start}-{end - 1}/{size}", "content-length": str(end - start)}
    elif status == PAST_THE_END:
        headers |= {"content-range": f"bytes */{size}", "content-length": "0"}
    answer = Answer(status, headers, request.url)
    if ask.method == "HEAD" or status not in (OK, PARTIAL):
        file.close()
        return None, answer
    file.seek(start)
    return _OpenFile(file, end - start), answer


def _part(ask: Ask, size: int, etag: str) -> tuple[int, int, int]:
    """Status, first byte, and the one after the last."""
    if ask.headers.get("If-None-Match") == etag:
        return NOT_MODIFIED, 0, 0
    found = _RANGE.fullmatch(ask.headers.get("Range", ""))
    if found is None or ask.headers.get("If-Range", etag) != etag:
        return OK, 0, size
    start = int(found[1])
    end = min(int(found[2]) + 1, size) if found[2] else size
    return (PARTIAL, start, end) if start < end else (PAST_THE_END, 0, 0)
