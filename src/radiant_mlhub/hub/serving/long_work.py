"""Work that takes seconds or minutes while a client waits, and the word to come back later."""

import asyncio
from collections.abc import Callable, Hashable
from typing import TypeVar
from weakref import WeakValueDictionary

import anyio
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

RETRY_AFTER_S = 2

Result = TypeVar("Result")


class Busy(HTTPException):
    """503 with ``Retry-After``: too much is under way; the same is answered in a moment."""

    def __init__(self, text: str, retry_after_s: int = RETRY_AFTER_S) -> None:
        super().__init__(503, text, headers={"Retry-After": str(retry_after_s)})

    def answer(self) -> Response:
        """The same where nobody catches exceptions."""
        return JSONResponse({"detail": self.detail}, self.status_code, headers=self.headers)


class LongWork:
    """Does long work in a few threads of its own, and lets few wait for it.

    The threads that answer everything else are shared: whoever waited there would take one from all.
    """

    def __init__(self, *, threads: int, most: int, busy: str) -> None:
        """Begin with nothing to do.

        Args:
            threads: How much is done at once.
            most: How many clients may have work under way or wait for it.
            busy: What the next one is told.
        """
        self._threads = anyio.CapacityLimiter(threads)
        self._most = most
        self._busy = busy
        self._now = 0
        self._turns: WeakValueDictionary[Hashable, asyncio.Lock] = WeakValueDictionary()

    async def done(self, name: Hashable, work: Callable[[], Result]) -> Result:
        """What ``work`` gives.

        Args:
            name: Of several of one name, one is done at a time; the next finds what it made.
            work: Called in a thread.

        Raises:
            Busy: Too many wait already.
        """
        if self._now >= self._most:
            raise Busy(self._busy)
        self._now += 1
        turn = self._turns.setdefault(name, asyncio.Lock())
        try:
            async with turn:
                return await anyio.to_thread.run_sync(work, limiter=self._threads)
        finally:
            self._now -= 1
