"""Times as people and items write them, as closed intervals in UTC."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

from ..exceptions import InvalidArgument

# RFC 3339, section 5.6, with what is met beside it: a space for the "T", a comma before the
# fraction, no offset (UTC then), a date alone.
_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?([Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_WHOLE_DAY = timedelta(days=1) - timedelta(microseconds=1)
_OPEN = ("", "..")
_ENDS = 2
_LEAP_SECOND = 60


class BrokenTime(ValueError):
    """An item's time that cannot be understood. Its text is a sentence for the error report."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A time or a range of time, both ends included.

    Attributes:
        start: First instant, in UTC; None reaches back for ever.
        end: Last instant, in UTC, to the microsecond; None reaches on for ever.
        single: One instant was meant, not a range.
    """

    start: datetime | None
    end: datetime | None
    single: bool = False

    def overlaps(self, start: datetime | None, end: datetime | None) -> bool:
        """Whether the range from ``start`` to ``end`` (None is open) has an instant in common with this."""
        return (self.start is None or end is None or self.start <= end) and (
            self.end is None or start is None or start <= self.end
        )

    def __str__(self) -> str:
        """As STAC APIs write it: ``2019-04-01T00:00:00Z/..``."""
        if self.single:
            return _text(self.start)
        return f"{_text(self.start)}/{_text(self.end)}"


def interval(value: Any) -> Interval | None:
    """What the ``datetime`` argument asks for; None when it is None.

    Args:
        value: A ``datetime`` (naive is UTC) or an RFC 3339 text for one instant; a ``date`` or a
            text such as ``"2019-04-01"`` for that whole day in UTC; two of them, in a tuple, a
            list or as ``"a/b"``, for a range with both ends. One end may be open: None, ``""`` or ``".."``.

    Raises:
        InvalidArgument: Nothing of these, an end before its start, or open at both ends.

    Example:
        >>> str(interval("2019-04-01/.."))
        '2019-04-01T00:00:00Z/..'
    """
    if value is None:
        return None
    if isinstance(value, str) and "/" in value:
        value = value.split("/")
    if not isinstance(value, tuple | list):
        first, last = _span(value)
        return Interval(first, last, single=first == last)
    if len(value) != _ENDS:
        raise InvalidArgument(
            f"datetime is a range of {len(value)} ends; give two, and .. or None for an open one."
        )
    start, end = (_open_span(one)[position] for position, one in enumerate(value))
    if start is None and end is None:
        raise InvalidArgument("datetime is open at both ends, which asks for everything: leave it out.")
    if start is not None and end is not None and end < start:
        raise InvalidArgument(f"datetime ends ({_text(end)}) before it starts ({_text(start)}).")
    return Interval(start, end)


def item_interval(properties: Mapping[str, Any]) -> Interval | None:
    """When an item was taken: ``start_datetime`` to ``end_datetime``, else ``datetime``; None without.

    An item that gives only one end takes ``datetime`` for the other, or leaves it open.

    Raises:
        BrokenTime: One of the three is no RFC 3339 time, or the end is before the start.

    Source: STAC 1.0 item specification, common metadata, "Date and Time Range".
    """
    single = _item_time(properties, "datetime")
    start = _item_time(properties, "start_datetime")
    end = _item_time(properties, "end_datetime")
    if start is None and end is None:
        return None if single is None else Interval(single, single, single=True)
    start, end = start or single, end or single
    if start is not None and end is not None and end < start:
        raise BrokenTime(f"its end_datetime ({_text(end)}) is before its start ({_text(start)})")
    return Interval(start, end)


def _item_time(properties: Mapping[str, Any], name: str) -> datetime | None:
    value = properties.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise BrokenTime(f"its {name} is {value!r}, not a text")
    try:
        return _parsed(value)[0]
    except ValueError as error:
        raise BrokenTime(f'its {name} is "{value}", which is no RFC 3339 time') from error


def _open_span(value: Any) -> tuple[datetime | None, datetime | None]:
    if value is None or (isinstance(value, str) and value.strip() in _OPEN):
        return None, None
    return _span(value)


def _span(value: Any) -> tuple[datetime, datetime]:
    """First and last instant of a time or a day."""
    try:
        if isinstance(value, datetime):
            instant = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
            return instant, instant
        if isinstance(value, date):
            return _parsed(value.isoformat())
        if isinstance(value, str):
            return _parsed(value.strip())
    except (ValueError, OverflowError) as error:
        raise InvalidArgument(
            f"datetime {value!r} is no time. Write 2019-04-01, 2019-04-01T12:00:00Z or 2019-04-01/2019-05-31."
        ) from error
    raise InvalidArgument(
        f"datetime is {value!r}; give a datetime, a date, an RFC 3339 text, or a tuple of two of them."
    )


def _parsed(text: str) -> tuple[datetime, datetime]:
    """First and last instant of an RFC 3339 time or date.

    Raises:
        ValueError: It is none, or outside of the years 1 to 9999 in UTC.
    """
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no RFC 3339 time")
    year, month, day = int(found[1]), int(found[2]), int(found[3])
    if found[4] is None:
        start = datetime(year, month, day, tzinfo=UTC)
        return start, start + _WHOLE_DAY
    second, microsecond = int(found[6]), int((found[7] or "0")[:6].ljust(6, "0"))
    if second == _LEAP_SECOND:  # which datetime does not know: the last instant before it
        second, microsecond = 59, 999_999
    try:
        instant = datetime(
            year, month, day, int(found[4]), int(found[5]), second, microsecond, _offset(found[8])
        ).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return instant, instant


def _offset(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))


def _text(instant: datetime | None) -> str:
    return ".." if instant is None else instant.isoformat().replace("+00:00", "Z")
