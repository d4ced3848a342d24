"""SQL with its parameters, and the conditions that a search is made of.

``i`` is the row of an item, ``c`` of its collection, ``t`` of its text.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..queries import BadQuery, BBox, ItemQuery
from .rows import EAST_END, TIME_UNIT_US, WEST_END, is_box, longitudes

TEXT = "t.text"
GEOMETRY = f"json_extract({TEXT}, '$.geometry')"

_TERMS_IN_A_ROW = 50
_MAX_IDS = 10_000
_INT64 = 2**63 - 1
# Across the 180th meridian a row has two intervals of longitudes: west to 180, -180 to east.
_MEETS = """(CASE WHEN ~west <= ~east THEN ~west <= ? AND ~east >= ?
    ELSE (~west <= ? AND ? <= ?) OR (~east >= ? AND ? >= ?) END)"""


@dataclass(frozen=True)
class Condition:
    """A piece of SQL and what stands for its question marks."""

    sql: str
    parameters: tuple[Any, ...] = ()

    @property
    def needs_text(self) -> bool:
        """Whether the item's JSON is looked into."""
        return TEXT in self.sql

    def in_brackets(self) -> "Condition":
        """The same as one term."""
        return Condition(f"({self.sql})", self.parameters)


def all_of(conditions: Iterable[Condition]) -> Condition:
    """True where all of them are."""
    return _joined(list(conditions) or [Condition("TRUE")], " AND ")


def any_of(conditions: Iterable[Condition]) -> Condition:
    """True where one of them is; in brackets."""
    return _joined(list(conditions) or [Condition("FALSE")], " OR ").in_brackets()


def _joined(parts: Sequence[Condition], word: str) -> Condition:
    # SQLite refuses what is nested deeper than 1,000 levels, and nests a level a term.
    if len(parts) > _TERMS_IN_A_ROW:
        middle = len(parts) // 2
        parts = [_joined(half, word).in_brackets() for half in (parts[:middle], parts[middle:])]
    return Condition(
        word.join(part.sql for part in parts), tuple(p for part in parts for p in part.parameters)
    )


def in_box(bbox: BBox, row: str = "") -> Condition:
    """Rows whose box meets this one; touching counts; rows without a box do not.

    Args:
        row: What stands before the names of the columns, such as ``i.``.

    Raises:
        BadQuery: It is no box.
    """
    if not is_box(bbox):
        raise BadQuery("The bbox is none: west, south, east, north in degrees, south not above north.")
    _, south, _, north = bbox
    intervals = longitudes(bbox)
    meets = " OR ".join([_MEETS.replace("~", row)] * len(intervals))
    parameters = tuple(
        p for west, east in intervals for p in (east, west, east, west, EAST_END, west, east, WEST_END)
    )
    return Condition(f"{row}south <= ? AND {row}north >= ? AND ({meets})", (north, south, *parameters))


def in_time(start_us: int | None, end_us: int | None) -> list[Condition]:
    """Items whose time meets the interval; those without a time do not, if there is an interval."""
    conditions = []
    if start_us is not None:
        conditions.append(Condition("i.end_us >= ?", (clamped(start_us),)))
    if end_us is not None:
        conditions.append(Condition("i.start_us <= ?", (clamped(end_us),)))
    return conditions


def among(expression: str, values: Sequence[str]) -> Condition:
    """The expression is one of the values.

    Raises:
        BadQuery: They are too many.
    """
    if len(values) > _MAX_IDS:
        raise BadQuery(f"At most {_MAX_IDS:,} ids can be asked for at once.")
    return Condition(
        f"{expression} IN (SELECT value FROM json_each(?))", (json.dumps([storable(v) for v in values]),)
    )


def boxes_meeting(query: ItemQuery) -> Condition | None:
    """A SELECT of the numbers of items that may meet place and time; None when neither is asked for.

    A number may come several times: an item across the 180th meridian has two boxes.
    """
    times, bbox = [], query.bbox
    if query.start_us is not None:
        times.append(Condition("end >= ?", (clamped(query.start_us) / TIME_UNIT_US,)))
    if query.end_us is not None:
        times.append(Condition("start <= ?", (clamped(query.end_us) / TIME_UNIT_US,)))
    if bbox is None and not times:
        return None
    intervals: Sequence[tuple[float, float] | None] = longitudes(bbox) if bbox else [None]
    selects = []
    for interval in intervals:
        place = []
        if bbox and interval:
            place = [
                Condition("west <= ? AND east >= ?", (interval[1], interval[0])),
                Condition("south <= ? AND north >= ?", (bbox[3], bbox[1])),
            ]
        where = all_of([*place, *times])
        selects.append(Condition(f"SELECT id >> 1 AS number FROM boxes WHERE {where.sql}", where.parameters))
    return Condition(
        " UNION ALL ".join(s.sql for s in selects), tuple(p for s in selects for p in s.parameters)
    )


def storable(text: str) -> str:
    """The text without half surrogates, which no stored text has."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def clamped(number: int) -> int:
    """The number within SQLite's 64 bits."""
    return max(-_INT64, min(_INT64, number))
