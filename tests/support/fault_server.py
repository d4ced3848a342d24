"""A file server on loopback that goes wrong exactly as told.

Standard library only, and nothing of the package under test, since the same server also
stands before other clients. It speaks HTTP/1.1 with keep-alive, ranges, conditional
requests and HEAD; each connection has a thread, and only the log has a lock.

::

    with FaultServer() as server:
        scene = server.add("/scene.tif", b"...", faults=[Fault(cut_after=100)])
        fetch(scene.href)                      # the first GET is cut, the second is whole
        server.requests[-1].headers["Range"]   # what was asked
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, unquote

from support.faults import Fault, Scene, answer_scene, made_up
from support.wire import PIECE_BYTES, Headers, Request, Response, Wire, shut


class FaultServer:
    """Serves scenes and routes on 127.0.0.1, at a port of its own, until the ``with`` ends.

    Attributes:
        url: Its address, without a slash at the end.
        requests: Every request so far, in order of arrival.
    """

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._scenes: dict[str, Scene] = {}
        self._routes: dict[tuple[str, str], Callable[[Request], Response]] = {}
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._stopping = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, name="fault-server", daemon=True)

    def __enter__(self) -> FaultServer:
        self._acceptor.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        # An accept() that waits is not woken by close() on Linux, but it is by shutdown().
        for sock in (self._listener, *self._open_sockets()):
            shut(sock)
        self._listener.close()

    def add(
        self,
        path: str,
        content: bytes | None = None,
        *,
        size_bytes: int = 1000,
        faults: Sequence[Fault | None] = (),
        head: Fault | None = None,
        content_md5: bool = True,
        last_modified: str | None = "auto",
        **always: object,
    ) -> Scene:
        """A file under ``path``: ``content``, or ``size_bytes`` of made-up bytes.

        Args:
            path: Decoded, beginning with or without a slash.
            faults: What goes wrong with the first GETs, one after the other; None: nothing.
            head: What goes wrong with HEAD.
            content_md5: Send Content-MD5 (x-ms-blob-content-md5 on a 206), as Azure does.
            last_modified: The header's value; None sends none.
            always: Fields of ``Fault`` for every GET that ``faults`` does not speak of.
        """
        path = "/" + path.lstrip("/")
        if content is None:
            content = made_up(size_bytes, path)
        scene = Scene(self.url + quote(path), content, faults, Fault(**always))  # type: ignore[arg-type]
        scene.head = head
        scene.content_md5 = content_md5
        if last_modified != "auto":
            scene.last_modified = last_modified
        self._scenes[path] = scene
        return scene

    def route(self, method: str, path: str, answer: Callable[[Request], Response]) -> None:
        """Let ``answer`` serve ``path`` and everything below it; the longest path wins.

        GET serves HEAD as well; the method ``"*"`` serves all. Scenes come before routes.
        """
        self._routes[method, "/" + path.strip("/")] = answer

    def requests_of(self, path: str, method: str = "GET") -> list[Request]:
        """The requests of one path, in order of arrival."""
        path = "/" + path.lstrip("/")
        return [r for r in self.requests if r.method == method and unquote(r.path) == path]

    def bytes_sent(self) -> int:
        """Body bytes handed to sockets so far."""
        return sum(r.bytes_sent for r in self.requests)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(sock)
                self.connections += 1
                number = self.connections
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _open_sockets(self) -> list[socket.socket]:
        with self._lock:
            return list(self._open)

    def _serve(self, sock: socket.socket, number: int) -> None:
        try:
            with sock.makefile("rb", PIECE_BYTES) as stream:
                while not self._stopping.is_set():
                    request = _read_request(stream, number)
                    if request is None or not self._answer(sock, request):
                        return
        except OSError:
            pass  # the client left, or the server is being stopped
        finally:
            with self._lock:
                self._open.discard(sock)
            shut(sock)
            sock.close()

    def _answer(self, sock: socket.socket, request: Request) -> bool:
        """Answer one request; False when the connection is of no more use."""
        with self._lock:
            self.requests.append(request)
        wire = Wire(sock, request, self._stopping)
        scene = self._scenes.get(unquote(request.path))
        if scene is not None and request.method in {"GET", "HEAD"}:
            return answer_scene(wire, scene, scene.next_fault(request.method))
        return wire.send(self._response_of_route(request))

    def _response_of_route(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        path = unquote(request.path).rstrip("/") or "/"
        while True:
            for key in ((request.method, path), (method, path), ("*", path)):
                if key in self._routes:
                    return self._routes[key](request)
            if path == "/":
                return Response(404, {"Content-Type": "text/plain"}, b"nothing is served here")
            path = path.rpartition("/")[0] or "/"


def _read_request(stream, connection: int) -> Request | None:
    line = stream.readline(PIECE_BYTES)
    if not line.strip():
        return None
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = Headers()
    while (line := stream.readline(PIECE_BYTES)) not in (b"\r\n", b"\n", b""):
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip()] = value.strip()
    body = stream.read(int(headers.get("Content-Length", 0) or 0))
    path, _, query = target.partition("?")
    return Request(method, path, query, headers, connection, body)


def pieces(content: bytes, size_bytes: int, pause_s: float = 0.0) -> Iterator[bytes]:
    """``content`` in pieces, for a route that streams."""
    for start in range(0, len(content), size_bytes):
        yield content[start : start + size_bytes]
        time.sleep(pause_s)
