"""The collections a search looks into, and how many items that are."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from ..queries import ItemQuery
from .orders import START
from .statements import Condition, all_of, among, clamped, in_box


@dataclass(frozen=True)
class Searched:
    """Collections that may hold what is looked for, in order of their ids.

    Attributes:
        names: Id by number.
        item_count: Of all of them together.
        total: Of all visible collections.
        all_of_them: No visible collection was passed over.
        start_us: Of the first item with a time; None when none has one.
        longest_us: The longest time that one of their items takes.
    """

    names: dict[int, str]
    item_count: int
    total: int
    all_of_them: bool
    start_us: int | None
    end_us: int | None
    longest_us: int

    @property
    def condition(self) -> Condition:
        """True for items (``i``, ``c``) of these collections."""
        if self.all_of_them:
            return Condition("c.visible")
        return Condition(
            "c.visible AND i.collection IN (SELECT value FROM json_each(?))", (json.dumps([*self.names]),)
        )

    def between(self, start_us: int | None, end_us: int | None) -> list[Condition]:
        """The first moments between which the items lie that meet the interval."""
        if self.start_us is None or self.end_us is None:
            return [Condition("FALSE")]
        return [Condition(f"{START} BETWEEN ? AND ?", self._first_moments(start_us, end_us))]

    def part_of_time(self, start_us: int | None, end_us: int | None) -> float:
        """The share of the time of these items that lies in the interval, 0 to 1."""
        if self.start_us is None or self.end_us is None:
            return 0.0
        first, last = self._first_moments(start_us, end_us)
        return max(0.0, min(1.0, (last - first + 1) / (self.end_us - self.start_us + 1)))

    def _first_moments(self, start_us: int | None, end_us: int | None) -> tuple[int, int]:
        first, last = self.start_us or 0, self.end_us or 0
        if start_us is not None:
            first = max(first, clamped(start_us) - self.longest_us)
        return first, last if end_us is None else min(last, clamped(end_us))


def searched(connection: sqlite3.Connection, query: ItemQuery) -> Searched:
    """The visible collections asked for whose items may meet place and time."""
    visible, total = connection.execute(
        "SELECT count(*), ifnull(sum(item_count), 0) FROM collections WHERE visible"
    ).fetchone()
    where = all_of([Condition("visible"), *_conditions(query)])
    rows = connection.execute(
        "SELECT number, collection_id, item_count, start_us, end_us, longest_us FROM collections "
        f"WHERE {where.sql} ORDER BY collection_id",
        where.parameters,
    ).fetchall()
    return Searched(
        {row[0]: row[1] for row in rows},
        sum(row[2] for row in rows),
        total,
        len(rows) == visible,
        min(_known([row[3] for row in rows]), default=None),
        max(_known([row[4] for row in rows]), default=None),
        max(_known([row[5] for row in rows]), default=0),
    )


def _conditions(query: ItemQuery) -> list[Condition]:
    conditions = [Condition("item_count > 0")]
    if query.collections is not None:
        conditions.append(among("collection_id", query.collections))
    if query.bbox is not None:
        conditions.append(in_box(query.bbox))
    if query.start_us is not None:
        conditions.append(Condition("end_us >= ?", (clamped(query.start_us),)))
    if query.end_us is not None:
        conditions.append(Condition("start_us <= ?", (clamped(query.end_us),)))
    return conditions


def _known(moments: Sequence[int | None]) -> list[int]:
    return [moment for moment in moments if moment is not None]
