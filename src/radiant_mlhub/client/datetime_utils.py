"""Comparing times and ranges of time; both ends of a range belong to it.

A time without an offset is UTC, and an end that is None is open.
"""

from datetime import UTC, datetime

from ..download.intervals import Interval

__all__ = ["one_to_one_check", "one_to_range_check", "range_to_range_check"]

_Range = tuple[datetime | None, datetime | None]


def one_to_one_check(d1: datetime, d2: datetime) -> bool:
    """Whether two times are the same instant."""
    return _utc(d1) == _utc(d2)


def one_to_range_check(d1: datetime, d2: _Range) -> bool:
    """Whether a time lies in a range."""
    return range_to_range_check((d1, d1), d2)


def range_to_range_check(d1: _Range, d2: _Range) -> bool:
    """Whether two ranges have an instant in common."""
    (start, end), (other_start, other_end) = map(_in_utc, (d1, d2))
    return Interval(start, end).overlaps(other_start, other_end)


def _in_utc(span: _Range) -> _Range:
    start, end = span
    return start and _utc(start), end and _utc(end)


def _utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
