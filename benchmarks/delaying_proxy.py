"""A TCP proxy that delivers every byte some milliseconds late, in both directions.

One process, one epoll loop, no asyncio: since the delay is the same for all, one queue in order of arrival
holds everything under way, and a piece costs one recv, one send and two queue operations. Nothing limits a
connection's bandwidth: whatever can be read is read at once and kept until it is due. A connection opened
through it costs a round trip, too: its first bytes leave one round trip after it was accepted.

Run as a script: ``delaying_proxy.py DELAY_MS LISTEN_PORT:UPSTREAM_PORT...``. It ends when told to (SIGTERM)
or when the process that started it is gone.
"""

import contextlib
import os
import select
import signal
import socket
import sys
import time
from collections import deque

PIECE_BYTES = 1024**2
MOST_BYTES_HELD = 64 * 1024**2  # of one connection and direction; a reader slower than this is waited for
LONGEST_WAIT_S = 0.5
BACKLOG = 1024


class Way:
    """One direction of a connection: what was read from ``source`` and is due at ``target`` later."""

    def __init__(self, source: socket.socket, target: socket.socket) -> None:
        self.source = source
        self.target = target
        self.overdue: deque[bytes] = deque()  # due, but the target's buffer was full
        self.held_bytes = 0
        self.is_paused = False


class DelayingProxy:
    """The loop. Times are ``time.monotonic`` seconds."""

    def __init__(self, delay_s: float, upstream_ports: dict[int, int]) -> None:
        self.delay_s = delay_s
        self.epoll = select.epoll()
        self.watched: dict[int, int] = {}  # what epoll was told, by file number
        self.ways_from: dict[int, Way] = {}  # by the source's file number
        self.ways_to: dict[int, Way] = {}  # by the target's file number
        self.opening: deque[tuple[float, Way]] = deque()
        self.queue: deque[tuple[float, Way, bytes]] = deque()
        self.listeners = {}
        for port, upstream_port in upstream_ports.items():
            listener = socket.create_server(("127.0.0.1", port), backlog=BACKLOG)
            listener.setblocking(False)
            self.listeners[listener.fileno()] = (listener, upstream_port)
            self.epoll.register(listener.fileno(), select.EPOLLIN)

    def serve(self) -> None:
        """Until the parent is gone."""
        parent = os.getppid()
        while os.getppid() == parent:
            for number, events in self.epoll.poll(self._wait_s()):
                if number in self.listeners:
                    self._accept(*self.listeners[number])
                    continue
                if events & select.EPOLLOUT and number in self.ways_to:
                    self._send(self.ways_to[number])
                if events & ~select.EPOLLOUT and number in self.ways_from:
                    self._read(self.ways_from[number])
            self._open()
            self._deliver()

    def _wait_s(self) -> float:
        now = time.monotonic()
        due = min(
            now + LONGEST_WAIT_S,
            self.queue[0][0] if self.queue else float("inf"),
            self.opening[0][0] if self.opening else float("inf"),
        )
        return max(0.0, due - now)

    def _accept(self, listener: socket.socket, upstream_port: int) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except BlockingIOError:
                return
            try:
                upstream = socket.create_connection(("127.0.0.1", upstream_port), timeout=LONGEST_WAIT_S)
            except OSError:
                client.close()
                continue
            for sock in (client, upstream):
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            there, back = Way(client, upstream), Way(upstream, client)
            for way in (there, back):
                self.ways_from[way.source.fileno()] = way
                self.ways_to[way.target.fileno()] = way
            self.opening.append((time.monotonic() + 2 * self.delay_s, there))
            self._watch(upstream)

    def _open(self) -> None:
        """The handshake's round trip is over: what the client wrote may be read."""
        now = time.monotonic()
        while self.opening and self.opening[0][0] <= now:
            _, way = self.opening.popleft()
            self._watch(way.source)

    def _read(self, way: Way) -> None:
        try:
            piece = way.source.recv(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self.queue.append((time.monotonic() + self.delay_s, way, piece))
        way.held_bytes += len(piece)
        if not piece:
            del self.ways_from[way.source.fileno()]
            self._watch(way.source)
        elif way.held_bytes > MOST_BYTES_HELD:
            way.is_paused = True
            self._watch(way.source)

    def _deliver(self) -> None:
        now = time.monotonic()
        queue = self.queue
        while queue and queue[0][0] <= now:
            _, way, piece = queue.popleft()
            way.overdue.append(piece)
            if len(way.overdue) == 1:
                self._send(way)

    def _send(self, way: Way) -> None:
        """Send what is due, as far as the target takes it; an empty piece is the end."""
        try:
            while way.overdue:
                piece = way.overdue[0]
                if not piece:
                    self._end(way)
                    return
                sent = way.target.send(piece)
                way.held_bytes -= sent
                if sent < len(piece):
                    way.overdue[0] = piece[sent:]
                    break
                way.overdue.popleft()
        except BlockingIOError:
            pass
        except OSError:
            self._close(way)
            return
        self._watch(way.target)
        if way.is_paused and way.held_bytes < MOST_BYTES_HELD // 2:
            way.is_paused = False
            self._watch(way.source)

    def _watch(self, sock: socket.socket) -> None:
        """Tell epoll what may happen next at this socket, where that changed."""
        number = sock.fileno()
        reading, writing = self.ways_from.get(number), self.ways_to.get(number)
        events = select.EPOLLIN if reading and not reading.is_paused else 0
        if writing and writing.overdue:
            events |= select.EPOLLOUT
        known = self.watched.get(number, 0)
        if events == known:
            return
        if not known:
            self.epoll.register(number, events)
        elif not events:
            self.epoll.unregister(number)
        else:
            self.epoll.modify(number, events)
        self.watched[number] = events

    def _end(self, way: Way) -> None:
        """The source said all it had to say; with both directions ended the connection is over."""
        way.overdue.clear()
        self.ways_to.pop(way.target.fileno(), None)
        with contextlib.suppress(OSError):
            way.target.shutdown(socket.SHUT_WR)
        if way.source.fileno() in self.ways_to:
            self._watch(way.target)
        else:
            self._close(way)

    def _close(self, way: Way) -> None:
        for sock in (way.source, way.target):
            number = sock.fileno()
            for known in (self.ways_from, self.ways_to, self.watched):
                known.pop(number, None)
            sock.close()  # epoll forgets a closed file by itself


def main(arguments: list[str]) -> None:
    pairs = [pair.split(":") for pair in arguments[1:]]
    ports = {int(port): int(upstream_port) for port, upstream_port in pairs}
    proxy = DelayingProxy(float(arguments[0]) / 1000, ports)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started it; it stops this one
    print("listening", flush=True)
    proxy.serve()


if __name__ == "__main__":
    main(sys.argv[1:])
