"""What stands between the server and the hub's app: limits, access, the hub's address, the log."""

import logging
from dataclasses import dataclass
from urllib.parse import unquote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..settings import HubSettings
from ..store import Store
from . import access, tokens
from .access import AccessMiddleware, Door
from .base_url import BaseUrlMiddleware
from .file_answer import ZERO_COPY
from .limited_body import LimitedBody
from .long_work import RETRY_AFTER_S, Busy

MOST_AT_ONCE = 1024
"""Requests in the making, and answers on their way but for files; the next one is told to come back."""

_SECRETS = (access.PARAMETER, tokens.PARAMETER)
_access_log = logging.getLogger("radiant_mlhub.hub.access")


def wrapped(
    app: ASGIApp, settings: HubSettings, *, store: Store, most_at_once: int = MOST_AT_ONCE
) -> ASGIApp:
    """``app`` with everything around it that each request needs.

    Args:
        app: The hub's routes.
        settings: Who is let in, and where the hub is reached.
        store: Where keys are looked up.
        most_at_once: Requests in the making before the next is refused with 503.
    """
    inner = AccessMiddleware(LimitedBody(app), Door(store, settings))
    return BaseUrlMiddleware(AccessLog(Overload(inner, most_at_once)), settings)


class Overload:
    """Refuses what comes while too much is in the making: 503, and when to come back."""

    def __init__(self, app: ASGIApp, most_at_once: int) -> None:
        self._app = app
        self._most = most_at_once
        self._now = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer unless it answers too many already."""
        if scope["type"] == "http" and self._now >= self._most:
            text = f"The hub is busy with {self._now} requests. Try again in {RETRY_AFTER_S} seconds."
            await Busy(text).answer()(scope, receive, send)
            return
        is_counted = True
        self._now += 1

        async def send_and_count(message: Message) -> None:
            nonlocal is_counted
            if is_counted and message["type"] == ZERO_COPY:
                # A file on its way takes a descriptor, which connections are counted for, and no memory.
                is_counted = False
                self._now -= 1
            await send(message)

        try:
            await self._app(scope, receive, send_and_count)
        finally:
            self._now -= is_counted


@dataclass(frozen=True)
class AccessLog:
    """A line an answer at INFO, such as ``127.0.0.1 "GET /mlhub/v1/datasets?key=***" 200``."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer, and note how it begins to."""
        if scope["type"] != "http" or not _access_log.isEnabledFor(logging.INFO):
            await self.app(scope, receive, send)
            return

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                _access_log.info(
                    '%s "%s %s" %d', _client(scope), scope["method"], _address(scope), message["status"]
                )
            await send(message)

        await self.app(scope, receive, send_and_note)


def _client(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else "-"


def _address(scope: Scope) -> str:
    raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return raw_path.decode("latin-1") + ("?" + _without_secrets(query.decode("latin-1")) if query else "")


def _without_secrets(query: str) -> str:
    """Names are compared as the app reads them: ``%6Bey=...`` is a key, too."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return "&".join(
        f"{name}=***" if unquote_plus(name).strip().lower() in _SECRETS else f"{name}{equals}{value}"
        for name, equals, value in pairs
    )
