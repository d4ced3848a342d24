"""One answer on one socket, whole or broken off: what the fault server writes with."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

PIECE_BYTES = 64 * 1024
LONGEST_WAIT_S = 1.0
NOTHING_QUEUED = "00000000:00000000"  # to be sent, and to be read


class Headers(dict):
    """Header fields by name, whatever the case it is asked in."""

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(str(name).lower())

    def get(self, name: str, default=None):
        return super().get(name.lower(), default)


@dataclass
class Request:
    """One request as it arrived, and how many body bytes were handed to the socket for it."""

    method: str
    path: str
    query: str
    headers: Headers
    connection: int
    body: bytes = b""
    bytes_sent: int = 0
    status: int = 0

    @property
    def args(self) -> dict[str, list[str]]:
        """The query's parameters, decoded."""
        return parse_qs(self.query, keep_blank_values=True)


@dataclass
class Response:
    """An answer of a route. An iterable body is sent chunked, unless Content-Length is given."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterable[bytes] = b""


@dataclass(frozen=True)
class Ending:
    """How the body of one answer is sent, and where it breaks off; see ``Fault``."""

    reset_after: int | None = None
    cut_after: int | None = None
    stall_after: int | None = None
    trickle_s: float = 0.0
    piece_bytes: int = PIECE_BYTES
    chunked: bool = False
    no_length: bool = False
    length_off: int = 0


class Wire:
    """Writes one answer to one socket, with what may go wrong while writing."""

    def __init__(self, sock: socket.socket, request: Request, stopping: threading.Event) -> None:
        self.sock = sock
        self.request = request
        self.stopping = stopping

    def send(self, response: Response) -> bool:
        """Send a whole answer."""
        headers = dict(response.headers)
        names = {name.lower() for name in headers}
        if isinstance(response.body, (bytes, bytearray)):
            if "content-length" not in names and response.status not in {204, 304}:
                headers["Content-Length"] = str(len(response.body))
            return self.send_body(response.status, headers, bytes(response.body), Ending())
        chunked = "content-length" not in names
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
        self.sock.sendall(self._head(response.status, headers))
        if self.request.method != "HEAD":
            for piece in response.body:
                self._send_piece(piece, chunked)
            if chunked:
                self.sock.sendall(b"0\r\n\r\n")
        return self._keeps_alive(headers)

    def send_body(self, status: int, headers: Mapping[str, str], body: bytes, ending: Ending) -> bool:
        """Send an answer as ``ending`` says; False when the connection is done for."""
        head = self._head(status, headers)
        if self.request.method == "HEAD" or status == 304:
            self.sock.sendall(head)
            return self._keeps_alive(headers)
        limits = [n for n in (ending.reset_after, ending.cut_after, ending.stall_after) if n is not None]
        end = min([len(body), *limits])
        if not ending.chunked and not ending.trickle_s and end <= PIECE_BYTES:
            # One system call for head and body: half the time of a small answer.
            self.sock.sendall(head + body[:end])
            self.request.bytes_sent += end
        else:
            self.sock.sendall(head)
            self._send_pieces(memoryview(body)[:end], ending)
        if ending.stall_after is not None:
            self._wait_until_the_client_leaves()
            return False
        if limits:
            reset(self.sock) if ending.reset_after is not None else None
            return False
        if ending.chunked:
            self.sock.sendall(b"0\r\n\r\n")
        return not (ending.no_length or ending.length_off) and self._keeps_alive(headers)

    def _send_pieces(self, body: memoryview, ending: Ending) -> None:
        for start in range(0, len(body), ending.piece_bytes):
            if start and ending.trickle_s and self.stopping.wait(ending.trickle_s):
                raise ConnectionAbortedError
            self._send_piece(body[start : start + ending.piece_bytes], ending.chunked)

    def _send_piece(self, piece: bytes | memoryview, chunked: bool) -> None:
        if chunked:
            self.sock.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        else:
            self.sock.sendall(piece)
        self.request.bytes_sent += len(piece)

    def _head(self, status: int, headers: Mapping[str, str]) -> bytes:
        self.request.status = status
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = "Unknown"
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _keeps_alive(self, headers: Mapping[str, str]) -> bool:
        asked = (self.request.headers.get("Connection") or "").lower()
        said = next((v for n, v in headers.items() if n.lower() == "connection"), "").lower()
        return "close" not in (asked, said)

    def _wait_until_the_client_leaves(self) -> None:
        self.sock.settimeout(0.05)
        while not self.stopping.is_set():
            try:
                if not self.sock.recv(1):
                    return
            except TimeoutError:
                continue


def reset(sock: socket.socket) -> None:
    """Close so that the client sees ECONNRESET: linger of 0 s discards what is not yet sent."""
    # RST overtakes what is buffered, at the client's end as well.
    time.sleep(0.01)
    give_up = time.monotonic() + LONGEST_WAIT_S
    while not _has_been_read(sock) and time.monotonic() < give_up:
        time.sleep(0.01)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _has_been_read(sock: socket.socket) -> bool:
    """Whether the client has taken in all that was sent; Linux alone tells, of both ends on loopback."""
    connections = Path("/proc/net/tcp")
    if not connections.exists():
        return True
    ports = {sock.getsockname()[1], sock.getpeername()[1]}
    for line in connections.read_text().splitlines()[1:]:
        _, *ends, _, queues = line.split()[:5]
        if {int(end.rpartition(":")[2], 16) for end in ends} == ports and queues != NOTHING_QUEUED:
            return False
    return True


def shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):  # already closed, by either side
        sock.shutdown(socket.SHUT_RDWR)
