"""Files go from the page cache to the socket by sendfile(2), without passing through Python.

The ASGI extension ``http.response.zerocopysend`` for uvicorn, which does not offer it.
"""

import asyncio
import errno
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from .. import asker
from .file_answer import ZERO_COPY

IS_OFFERED = sys.platform != "win32"

# Enough that a piece costs more than its round through the loop, and so little that other
# connections wait under a millisecond for it.
_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class ZeroCopy:
    """An app that may hand over a descriptor in place of bytes.

    Attributes:
        stall_s: A client that takes nothing for that long is cut off.
    """

    app: ASGIApp
    stall_s: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer; what it hands over as a descriptor is sent from here."""
        # uvicorn's send() is a method of the request and answer that it belongs to.
        cycle = getattr(send, "__self__", None)
        if not (IS_OFFERED and isinstance(cycle, RequestResponseCycle)):
            await self.app(scope, receive, send)
            return

        async def send_or_copy(message: Message) -> None:
            if message["type"] == ZERO_COPY:
                await self._copy(cycle, message["file"], message["offset"], message["count"])
            else:
                await send(message)

        asker.told_by(lambda: cycle.disconnected)
        scope["extensions"] = {**(scope.get("extensions") or {}), ZERO_COPY: {}}
        await self.app(scope, receive, send_or_copy)

    async def _copy(self, cycle: RequestResponseCycle, file: int, offset: int, count: int) -> None:
        # The buffer is empty when this returns: connections are made with a limit of 0 bytes.
        await cycle.flow.drain()
        if cycle.disconnected:
            return
        cycle.expected_content_length -= count
        # A transport's own descriptor may not be waited for; a copy of it may.
        connection = os.dup(cycle.transport.get_extra_info("socket").fileno())
        try:
            while count and not cycle.disconnected:
                sent = await self._send_piece(connection, file, offset, min(count, _PIECE_BYTES))
                offset += sent
                count -= sent
        except (OSError, TimeoutError):
            # Reset, or stalled: nobody is there to be told.
            cycle.transport.abort()
        finally:
            os.close(connection)

    async def _send_piece(self, connection: int, file: int, offset: int, count: int) -> int:
        """Send at least a byte, and let others have their turn.

        Raises:
            OSError: The client is gone, or the file was cut.
            TimeoutError: The client took nothing.
        """
        while True:
            try:
                sent = _sendfile(connection, file, offset, count)
            except BlockingIOError:
                async with asyncio.timeout(self.stall_s), _writable(connection) as writable:
                    await writable
            else:
                if not sent:
                    raise OSError(f"The file was cut at byte {offset} while it was sent.")
                await asyncio.sleep(0)
                return sent


def _sendfile(connection: int, file: int, offset: int, count: int) -> int:
    if sys.platform != "win32":
        return os.sendfile(connection, file, offset, count)
    raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))


@asynccontextmanager
async def _writable(connection: int) -> AsyncIterator[asyncio.Future[None]]:
    loop = asyncio.get_running_loop()
    writable = loop.create_future()

    def note() -> None:
        if not writable.done():
            writable.set_result(None)

    loop.add_writer(connection, note)
    try:
        yield writable
    finally:
        loop.remove_writer(connection)
