"""What a file name tells: when a chip was taken, and which chips a label speaks of."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ...exceptions import InvalidArgument

DATETIME_PATTERN = (
    r"(?P<start>(?:19|20)\d{2}-?\d{2}-?\d{2}(?:T\d{2}:?\d{2}:?\d{2})?)"
    r"(?:_(?:to_)?(?P<end>(?:19|20)\d{2}-?\d{2}-?\d{2}(?:T\d{2}:?\d{2}:?\d{2})?))?"
)
"""A date (``20190606``, ``2019-06-06``, ``20190606T081500``), or two as ``A_B`` or ``A_to_B``."""

_FORMATS = {4: "%Y", 6: "%Y%m", 8: "%Y%m%d", 15: "%Y%m%dT%H%M%S"}
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
# Words that tell what a file is and not which place it shows.
_KIND_OF_FILE = re.compile(
    r"(?:\A|(?<=[_.-]))(?:image|images|img|chip|source|label|labels|mask|masks)(?=[_.-]|\Z)", re.IGNORECASE
)
_SEPARATORS = re.compile(r"[_.\s-]+")


@dataclass(frozen=True)
class Period:
    """From one moment to another, both in UTC and both included; the same one for an instant."""

    start: datetime
    end: datetime

    def union(self, other: "Period") -> "Period":
        """The shortest period that holds both."""
        return Period(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True)
class FileName:
    """A file name taken apart.

    Attributes:
        stem: Without its extension.
        place: What is left without date and kind: equal for a chip and its labels.
        period: None where the name holds no date.
    """

    stem: str
    place: str
    period: Period | None


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready for use.

    Raises:
        InvalidArgument: It is no regular expression, or has no group called ``start``.
    """
    try:
        made = re.compile(pattern)
    except re.error as error:
        raise InvalidArgument(f"The pattern {pattern!r} is no regular expression: {error}.") from error
    if "start" not in made.groupindex:
        raise InvalidArgument(
            f"The pattern {pattern!r} has no group (?P<start>...) that holds the date; "
            "for a range add (?P<end>...)."
        )
    return made


def taken_apart(stem: str, pattern: re.Pattern[str]) -> FileName:
    """What the file name says.

    Raises:
        InvalidArgument: What the pattern finds is no date, or a range ends before it begins.
    """
    found = pattern.search(stem)
    period = None
    rest = stem
    if found:
        start = moments(found["start"], stem)
        end = moments(found["end"], stem) if found.groupdict().get("end") else start
        # A date is an instant, its midnight, as MLHub had it; a range ends with its last day.
        period = Period(start.start, end.end if end is not start else start.start)
        if period.end < period.start:
            raise InvalidArgument(f'The dates in the name "{stem}" end before they begin.')
        rest = stem[: found.start()] + stem[found.end() :]
    place = _SEPARATORS.sub("_", _KIND_OF_FILE.sub("", rest)).strip("_")
    return FileName(stem, place, period)


def moments(text: str, where: str) -> Period:
    """The first and the last second of a year, month, day or second written as digits.

    Raises:
        InvalidArgument: It is no such text, or there is no such day.
    """
    digits = text.replace("-", "").replace(":", "").removesuffix("Z")
    form = _FORMATS.get(len(digits))
    try:
        start = datetime.strptime(digits, form or "?").replace(tzinfo=UTC)
    except ValueError as error:
        raise InvalidArgument(
            f'"{text}" in "{where}" is no date: YYYY, YYYYMM, YYYYMMDD or YYYYMMDDTHHMMSS is.'
        ) from error
    if len(digits) == len("YYYY"):
        after = start.replace(year=start.year + 1)
    elif len(digits) == len("YYYYMM"):
        after = (start + 31 * _DAY).replace(day=1)
    else:
        after = start + (_DAY if len(digits) == len("YYYYMMDD") else _SECOND)
    return Period(start, after - _SECOND)


def period_of(text: str) -> Period:
    """The period of ``2019-06-01``, or of ``2019-06-01/2019-08-31``.

    Raises:
        InvalidArgument: It is neither.
    """
    first, slash, last = text.partition("/")
    start = moments(first, text)
    if not slash:
        return Period(start.start, start.start)
    period = Period(start.start, moments(last, text).end)
    if period.end < period.start:
        raise InvalidArgument(f'"{text}" ends before it begins.')
    return period
