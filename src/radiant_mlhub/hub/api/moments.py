"""Moments as RFC 3339 writes them, and intervals of them, as microseconds since 1970 UTC."""

import re
from datetime import UTC, datetime, timedelta, timezone

from ..queries import BadQuery

_OPEN = ("", "..")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# [0-9], since \d takes the digits of every script. The second may be 60: RFC 3339, section 5.7.
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,30}))?"
    r"(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))"
)


def interval_us(text: str) -> tuple[int | None, int | None]:
    """First and last microsecond of a moment or an interval (``a/b``, ``a/..``, ``/b``).

    None stands for an open end. What is finer than a microsecond is cut off.

    Raises:
        BadQuery: It is neither, is open at both ends, or ends before it begins.

    Source: OGC API Features 1.0, parameter datetime; STAC API 1.0, item search.
    """
    first, slash, last = text.partition("/")
    if not slash:
        moment = _moment_us(text)
        return moment, moment
    start = None if first in _OPEN else _moment_us(first)
    end = None if last in _OPEN else _moment_us(last)
    if start is None and end is None:
        raise BadQuery("datetime is open at both ends; leave it out, or give one end.")
    if start is not None and end is not None and end < start:
        raise BadQuery(f'datetime "{_shown(text)}" ends before it begins.')
    return start, end


def _moment_us(text: str) -> int:
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise _bad(text)
    *date_and_time, fraction, sign, hours, minutes = match.groups()
    year, month, day, hour, minute, second = map(int, date_and_time)
    leap_s = 1 if second == 60 else 0  # noqa: PLR2004 - the 61st second of a minute
    try:
        offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
        zone = timezone(-offset if sign == "-" else offset)
        moment = datetime(year, month, day, hour, minute, second - leap_s, tzinfo=zone)
    except ValueError as error:
        raise _bad(text) from error
    whole = (moment - _EPOCH) // _MICROSECOND + leap_s * 1_000_000
    return whole + int((fraction or "0")[:6].ljust(6, "0"))


def _bad(text: str) -> BadQuery:
    return BadQuery(
        f'datetime "{_shown(text)}" is no moment of RFC 3339. '
        "Write 2018-12-15T00:00:00Z, or an interval 2018-01-01T00:00:00Z/2018-12-31T23:59:59Z; "
        ".. stands for an open end."
    )


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:80]}..."  # noqa: PLR2004 - a line of a terminal
