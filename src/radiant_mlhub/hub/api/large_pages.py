"""Pages of thousands of items: few at once, since each takes tens of megabytes until it is sent."""

from collections.abc import Callable
from threading import BoundedSemaphore

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..serving.long_work import Busy

LARGE = 1_000
"""Items; a page of more is a large one. At 2 KB an item, 10,000 of them are 20 MB, several times."""

_MOST_AT_ONCE = 8
_PIECE_BYTES = 256 * 1024


class LargePages:
    """Counts the large pages that are being made or sent, and refuses one too many."""

    def __init__(self, most_at_once: int = _MOST_AT_ONCE) -> None:
        self._free = BoundedSemaphore(most_at_once)

    def answer(self, limit: int, make: Callable[[], Response]) -> Response:
        """What ``make`` makes; a page of up to ``limit`` items.

        Raises:
            Busy: As many large pages are under way as may be.
        """
        if limit <= LARGE:
            return make()
        if not self._free.acquire(blocking=False):
            text = (
                f"The hub is busy with other large pages. Ask for {LARGE:,} items at a time, or again later."
            )
            raise Busy(text)
        try:
            return _LargePage(make(), self._free.release)
        except BaseException:
            self._free.release()
            raise


class _LargePage(Response):
    """A page sent in pieces, so that it is known when the last one has left."""

    def __init__(self, page: Response, is_sent: Callable[[], None]) -> None:
        super().__init__(page.body, page.status_code)
        self.raw_headers = page.raw_headers
        self._is_sent = is_sent

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. Given one body whole, a server would keep it in memory for a slow client unseen."""
        head = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        try:
            await send(head)
            for start in range(0, len(self.body), _PIECE_BYTES):
                piece = self.body[start : start + _PIECE_BYTES]
                await send({"type": "http.response.body", "body": bytes(piece), "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._is_sent()
