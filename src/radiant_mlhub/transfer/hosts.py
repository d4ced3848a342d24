"""How one run treats each host: how many requests at once, when to leave it alone, when to give it up.

::

    growing --(a round brings no more answers a second than the last)--> holding --(10 s)--> growing
       \\--(429, 503, silence)--> half, then a little more with every quiet second

A host that has answered nothing but failures for minutes is given up for the rest of the run, so
that its outage costs minutes, not minutes for each of its files. No I/O, no sleep: the time comes in.
"""

from enum import Enum

from ..log import logger
from .patience import Patience

FIRST_LIMIT = 32
SHORTEST_ROUND_S = 0.05
# More connections are kept for a tenth more answers a second, not for less.
WORTH_GROWING = 1.1
# A loop that waits for answers less than this share of its time gets no more of them by asking more.
WORTH_ASKING_MORE = 0.25
GROWTH = 8  # at 50 ms round trip, every step on the way to 256 takes 0.1 s
HOLD_S = 10.0
QUIET_S = 1.0
TOO_MUCH = {429, 503}
REFUSALS = {401, 403}
REFUSALS_TO_TELL = 20
FEWEST_FAILURES = 6


class Pace(Enum):
    """In which way the number of requests at once changes."""

    GROWING = "growing"
    HOLDING = "holding"
    RECOVERING = "recovering"


class Host:
    """What one run knows of one host. Times are seconds of a clock that only goes forward.

    Attributes:
        name: Scheme, host and port, as in its addresses.
        limit: How many requests may be under way at once.
        under_way: How many are.
        rests_until: No request is sent before; the host asked for it.
    """

    __slots__ = (
        *("name", "limit", "under_way", "rests_until", "_ceiling", "_patience", "_pace", "_round_began"),
        *("_round_answers", "_was_full", "_last_rate", "_last_limit", "_shrank_at", "_idle_before"),
        *("_failing_since", "_failures", "_is_given_up"),
        *("_refusals", "_has_answered_well", "_is_refusal_told"),
    )

    def __init__(self, name: str, ceiling: int, patience: Patience, now: float) -> None:
        self.name = name
        self.limit = min(FIRST_LIMIT, ceiling)
        self.under_way = 0
        self.rests_until = 0.0
        self._ceiling = ceiling
        self._patience = patience
        self._pace = Pace.GROWING
        self._round_began = now
        self._idle_before = 0.0
        self._round_answers = 0
        self._was_full = False
        self._last_rate = 0.0
        self._last_limit = self.limit
        self._shrank_at = float("-inf")
        self._failing_since: float | None = None
        self._failures = 0
        self._refusals = 0
        self._has_answered_well = False
        self._is_refusal_told = False
        self._is_given_up = False

    def may_be_asked(self, now: float) -> bool:
        """One more request may be sent."""
        return self.under_way < self.limit and now >= self.rests_until

    def sent(self) -> None:
        """A request is on its way."""
        self.under_way += 1
        if self.under_way >= self.limit:
            self._was_full = True

    def over(self, now: float, idle_s: float) -> None:
        """A request has come to its end, whichever.

        Args:
            now: The time.
            idle_s: How long the loop has waited for answers, all its life together.
        """
        self.under_way -= 1
        self._round_answers += 1
        if self._round_answers >= self.limit and now - self._round_began >= SHORTEST_ROUND_S:
            is_idle = idle_s - self._idle_before >= WORTH_ASKING_MORE * (now - self._round_began)
            self._idle_before = idle_s
            self._end_round(now, is_idle=is_idle)

    def answered_well(self) -> None:
        """An answer has begun, and it is no error."""
        self._refusals = 0
        self._has_answered_well = True
        self._failing_since = None

    def answered(self, status: int, retry_after_s: float | None, now: float) -> None:
        """An answer has begun that is an error."""
        if status in REFUSALS:
            self._refused(status)
        if status in TOO_MUCH:
            self._shrink(now)
            self._rest(retry_after_s, now)
        if status in TOO_MUCH or status >= 500:  # noqa: PLR2004 - failures of the server
            self._failed(now)
        else:
            self._failing_since = None

    def failed(self, *, is_slow: bool, now: float) -> None:
        """A request came to nothing; ``is_slow`` where time ran out."""
        if is_slow:
            self._shrink(now)
        self._failed(now)

    def is_given_up(self, now: float) -> bool:
        """It has failed at everything for so long that nothing more is asked of it."""
        if self._is_given_up or self._failing_since is None:
            return self._is_given_up
        failing_s = now - self._failing_since
        if failing_s >= self._patience.outage_s and self._failures >= FEWEST_FAILURES:
            self._is_given_up = True
            logger.warning("%s is given up: nothing but failures for %.0f s", self.name, failing_s)
        return self._is_given_up

    def _failed(self, now: float) -> None:
        if self._failing_since is None:
            self._failing_since, self._failures = now, 0
        self._failures += 1

    def _refused(self, status: int) -> None:
        """Said once a run. While some of its files can be had, each of the others speaks for itself."""
        self._refusals += 1
        if self._refusals < REFUSALS_TO_TELL or self._is_refusal_told:
            return
        self._is_refusal_told = True
        if self._has_answered_well:
            text = "%s refuses every request by now (%s). Has a signature expired, or a key been taken back?"
        else:
            text = "%s refuses every request (%s). Does it want a key or a signature?"
        logger.warning(text, self.name, status)

    def _rest(self, retry_after_s: float | None, now: float) -> None:
        if not retry_after_s or retry_after_s > self._patience.retry_after_cap_s:
            return
        if now >= self.rests_until:
            logger.info("%s asks to be left alone for %.0f s", self.name, retry_after_s)
        self.rests_until = max(self.rests_until, now + retry_after_s)

    def _shrink(self, now: float) -> None:
        """Half as many, once for all the requests that were under way at that moment."""
        if now - self._shrank_at >= QUIET_S:
            self.limit = max(self.limit // 2, 1)
            self._shrank_at = now
        self._begin_round(Pace.RECOVERING, now)

    def _end_round(self, now: float, *, is_idle: bool) -> None:
        rate = self._round_answers / (now - self._round_began)
        if self._pace is Pace.GROWING and self._was_full:
            self._grow_or_hold(rate, now, is_idle=is_idle)
        elif self._pace is Pace.RECOVERING and now - self._round_began >= QUIET_S:
            self.limit = min(self.limit + max(self.limit // 8, 1), self._ceiling)
            self._begin_round(Pace.RECOVERING, now)
        elif self._pace is Pace.HOLDING and now - self._round_began >= HOLD_S:
            self._last_rate = 0.0
            self._begin_round(Pace.GROWING, now)
        elif self._pace is Pace.GROWING:
            self._begin_round(Pace.GROWING, now)

    def _grow_or_hold(self, rate: float, now: float, *, is_idle: bool) -> None:
        if not is_idle:
            self._last_rate = 0.0
            self._begin_round(Pace.GROWING, now)
            return
        if rate < self._last_rate * WORTH_GROWING:
            self.limit = self._last_limit
            self._begin_round(Pace.HOLDING, now)
            return
        self._last_rate, self._last_limit = rate, self.limit
        self.limit = min(self.limit * GROWTH, self._ceiling)
        self._begin_round(Pace.GROWING if self.limit > self._last_limit else Pace.HOLDING, now)

    def _begin_round(self, pace: Pace, now: float) -> None:
        self._pace = pace
        self._round_began = now
        self._round_answers = 0
        self._was_full = self.under_way >= self.limit
