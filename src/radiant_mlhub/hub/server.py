"""An app on a loopback port, in a thread of this process."""

import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = "127.0.0.1"

_START_LIMIT_S = 10.0
_MAX_LOGGED = 10_000


@dataclass(frozen=True)
class RequestLog:
    """An app that notes each request that it answers, without its query: that carries the key.

    Attributes:
        lines: The last 10,000 answers, such as ``"GET /mlhub/v1/datasets 200"``.
    """

    app: ASGIApp
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=_MAX_LOGGED))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and note how it begins to."""

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.lines.append(f"{scope['method']} {scope['path']} {message['status']}")
            await send(message)

        await self.app(scope, receive, send_and_note)


def loopback_listener(port: int = 0) -> socket.socket:
    """A listening socket that only this machine can reach; 0 takes any free port.

    Raises:
        OSError: Somebody else listens on that port.
    """
    return socket.create_server((HOST, port))


@contextmanager
def serving(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """``app`` answers on ``listener`` until the block ends; then the socket is closed.

    Raises:
        RuntimeError: The server did not come up within 10 seconds.
    """
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), name="hub", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"The hub did not start within {_START_LIMIT_S:.0f} s; its log says why.")
        time.sleep(0.01)
