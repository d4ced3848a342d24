"""The hub's app on a port: in a thread of this process, or until a signal stops it."""

import signal
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import Limits, limits_here
from .protocol import HubProtocol
from .watch import Watch

LOOPBACK = "127.0.0.1"

GRACE_S = 10
"""What is being answered when the server is asked to stop may take that long."""

_START_LIMIT_S = 10.0
_MAX_LOGGED = 10_000
_BACKLOG = 2048
_USUAL_LIMITS = Limits()


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


def listener(host: str = LOOPBACK, port: int = 0) -> socket.socket:
    """A listening socket; only this machine reaches the default one. 0 takes any free port.

    Raises:
        OSError: Somebody else listens on that port, or the machine has no such address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=_BACKLOG)


@contextmanager
def serving(
    app: ASGIApp, listener: socket.socket, *, grace_s: float = 1, limits: Limits = _USUAL_LIMITS
) -> Iterator[None]:
    """``app`` answers on ``listener`` until the block ends; then the socket is closed.

    Args:
        app: What ``middleware.wrapped`` gave.
        listener: A socket that listens.
        grace_s: What is being answered when the block ends may take that long.
        limits: What clients may take.

    Raises:
        RuntimeError: The server did not come up within 10 seconds.
    """
    server = _server(app, limits, grace_s)
    thread = threading.Thread(target=server.run, args=([listener],), name="hub", daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def serve_forever(app: ASGIApp, listener: socket.socket) -> None:
    """``app`` answers on ``listener`` until SIGINT or SIGTERM; what is under way then has 10 s to end."""
    # uvicorn ends well at either, and then raises the signal again for whoever stood there before.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        _server(app, limits_here(), GRACE_S).run([listener])
    except KeyboardInterrupt:
        return
    finally:
        signal.signal(signal.SIGTERM, before)


def _server(app: ASGIApp, limits: Limits, grace_s: float) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=partial(HubProtocol, limits=limits, watch=Watch(limits)),  # type: ignore[arg-type]  # it is called
        timeout_keep_alive=limits.idle_s,
        loop="asyncio",
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=grace_s,  # type: ignore[arg-type]  # it is handed on to asyncio
    )
    return uvicorn.Server(config)


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    deadline = time.monotonic() + _START_LIMIT_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError(f"The hub did not start within {_START_LIMIT_S:.0f} s; its log says why.")
        time.sleep(0.01)
