"""No request has a body of more than 1 MiB."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 1 << 20

_LINGER_S = 2.0


@dataclass(frozen=True)
class LimitedBody:
    """Refuses a larger body with 413: by its announced length, or once that much has come."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app read the body as far as it may be read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, send)
        if _announced_bytes(scope) > MOST_BODY_BYTES:
            refused = body.refused()
            answer = JSONResponse({"detail": refused.detail}, refused.status_code, headers=refused.headers)
            await answer(scope, receive, body.send)
        else:
            await self.app(scope, body.receive, body.send)


class _Body:
    """The body of one request, and the answer to it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._received = 0
        self._is_refused = False

    def refused(self) -> HTTPException:
        """What to answer with; from now on the body is thrown away."""
        self._is_refused = True
        text = f"The body is larger than {MOST_BODY_BYTES} bytes."
        return HTTPException(413, text, headers={"Connection": "close"})

    async def receive(self) -> Message:
        """The next piece.

        Raises:
            HTTPException: 413, there is more than may be.
        """
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._received > MOST_BODY_BYTES:
            raise self.refused()
        return message

    async def send(self, message: Message) -> None:
        """Send on; a refusal is followed by reading what still comes.

        A connection that is closed while its client is sending is reset, and the client may never
        read why.
        """
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if not (is_last and self._is_refused):
            await self._send(message)
            return
        await self._send({**message, "more_body": True})
        try:
            async with asyncio.timeout(_LINGER_S):
                await self._throw_away()
        except TimeoutError:
            pass  # enough patience; the reset is the client's own doing
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _throw_away(self) -> None:
        while (await self._receive()).get("more_body"):
            continue


def _announced_bytes(scope: Scope) -> int:
    """What Content-Length says, which the server has checked; 0 where there is none."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
