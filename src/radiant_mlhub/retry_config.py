"""What is worth another try at the hub, and how long to wait for it."""

import random
import time
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any

from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import InvalidHeader, MaxRetryError, ProtocolError, ResponseError
from urllib3.util.retry import Retry

from .stopping import has_to_stop

# 404 is an answer, not a fault. 501 and 505 say that the server cannot, ever.
STATUSES_WORTH_A_RETRY = frozenset({408, 425, 429, *range(500, 600)} - {501, 505})
# Those that mean the same when they come twice. A hub's POST is a search: decisions/0008.
METHODS_WORTH_A_RETRY = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "POST"})
RETRIES = 4
GIVE_UP_AFTER_S = 15.0
FIRST_WAIT_S = 0.3
LONGEST_WAIT_S = 4.0
_LOOK_EVERY_S = 0.1


class BoundedRetry(Retry):
    """urllib3's rules for another try, with a limit in time and waits that differ by caller.

    A wait is drawn between a half and the whole of 0.3, 0.6, 1.2... seconds, so that many
    callers do not come back in the same moment. ``Retry-After`` is kept to, in seconds or as
    a date against the server's own clock. Where a wait would pass the limit, the answer at
    hand is given to the caller at once.

    Attributes:
        give_up_after_s: Seconds after the first failure within which the last try starts.
        next_wait_s: Seconds to wait before the next try.
    """

    def __init__(
        self,
        *args: Any,
        give_up_after_s: float = GIVE_UP_AFTER_S,
        first_failure_s: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.give_up_after_s = give_up_after_s
        self._first_failure_s = first_failure_s
        self.next_wait_s = 0.0

    def new(self, **changes: Any) -> "BoundedRetry":
        """A copy with ``changes``, on the same clock."""
        kept = {"give_up_after_s": self.give_up_after_s, "first_failure_s": self._first_failure_s}
        return super().new(**(kept | changes))

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> "BoundedRetry":
        """The rules for the next try.

        Raises:
            MaxRetryError: There is none: too many, or too late. urllib3 then returns the answer
                if there was one.
        """
        following = super().increment(method, url, response, error, _pool, _stacktrace)
        now_s = time.monotonic()
        if following._first_failure_s is None:
            following._first_failure_s = now_s
        following.next_wait_s = following._wait_before_the_next(response)
        if now_s + following.next_wait_s > following._first_failure_s + self.give_up_after_s:
            reason = error or ResponseError("no try is left in time")
            raise MaxRetryError(_pool, url or "", reason)  # type: ignore[arg-type]
        return following

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait as long as ``increment`` decided.

        Raises:
            ProtocolError: The program is ending, and waits for its threads.
        """
        until_s = time.monotonic() + self.next_wait_s
        while (left_s := until_s - time.monotonic()) > 0:
            if has_to_stop(None):
                raise ProtocolError("the program is ending")
            time.sleep(min(left_s, _LOOK_EVERY_S))

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds the server asks to wait; None where it asks nothing, or nothing that can be read.

        Source: RFC 9110, section 10.2.3, Retry-After.
        """
        header = response.headers.get("Retry-After")
        if header is None:
            return None
        if header.isascii() and header.strip().isdigit():
            return float(header)
        try:
            until = parsedate_to_datetime(header)
            server_now = parsedate_to_datetime(response.headers["Date"])
            return max(0.0, (until - server_now).total_seconds())
        except (KeyError, OverflowError, TypeError, ValueError):
            return self._seconds_by_our_clock(header)

    def _seconds_by_our_clock(self, header: str) -> float | None:
        try:
            return self.parse_retry_after(header)
        except (InvalidHeader, OverflowError):
            return None

    def _wait_before_the_next(self, response: BaseHTTPResponse | None) -> float:
        asked_s = self.get_retry_after(response) if response is not None else None
        if asked_s is not None:
            return asked_s
        longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (len(self.history) - 1))
        # Spreading callers out needs no unguessable number.
        return random.uniform(longest_s / 2, longest_s)  # noqa: S311


def config(*, retries: int = RETRIES, give_up_after_s: float = GIVE_UP_AFTER_S) -> BoundedRetry:
    """How requests to the hub are tried again.

    A connection that fails, an answer that does not come and the statuses that pass (408, 425,
    429, 5xx) are tried again, POST too: the hub's are searches. PATCH is not. When no try is left,
    the last answer is returned for the session to judge.

    Args:
        retries: Tries after the first one.
        give_up_after_s: Seconds after the first failure within which the last try starts.
    """
    return BoundedRetry(
        total=retries,
        allowed_methods=METHODS_WORTH_A_RETRY,
        status_forcelist=STATUSES_WORTH_A_RETRY,
        raise_on_status=False,
        give_up_after_s=give_up_after_s,
    )
