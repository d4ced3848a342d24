"""Which way a page is found: by walking in the order asked for, or by gathering what may match.

Walking along an index ends as soon as the page is full: cheap where many items match. Gathering asks
the R*Tree, looks up each item it names and sorts them: cheap where few match. The R*Tree counts up to
the point where both cost the same, in under a millisecond, and so decides.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt
from typing import Any

from ..queries import ItemQuery
from .collections_searched import Searched
from .orders import Order
from .statements import Condition, all_of, boxes_meeting
from .tokens import Position

Row = tuple[Any, ...]
"""An item's number, the values of the order's keys, collection id, item id."""

# Looking up a gathered item and sorting it costs 1.5 us, walking over one 0.1 us (a million items, all in
# memory).
_LOOKUP_IN_STEPS = 15
# An item and a box across the 180th meridian can meet in several ways.
_DOUBLES = 4
_TEXTS = "CROSS JOIN texts t ON t.item = i.number"


@dataclass(frozen=True)
class Search:
    """One question on its way: what must hold (``where``), in which order, from which place on.

    ``query`` tells place, time and collections for the indexes; ``where`` is exact.
    """

    connection: sqlite3.Connection
    query: ItemQuery
    order: Order
    position: Position | None
    searched: Searched
    where: Condition

    def rows(self, limit: int) -> Iterator[Row]:
        """What matches, in order; at least as many as the limit, if there are."""
        if not self.searched.names:
            return iter(())
        if self.query.ids is not None:
            return self._sorted(None, limit)
        candidates = boxes_meeting(self.query)
        if not (self.order.is_natural or self.order.is_by_time):
            return self._sorted(candidates, limit)
        if self._is_walk_cheaper(candidates, limit):
            return self._walked_by_id() if self.order.is_natural else self._walked_by_time()
        return self._sorted(candidates, limit)

    @property
    def _has_time(self) -> bool:
        return self.query.start_us is not None or self.query.end_us is not None

    def _is_walk_cheaper(self, candidates: Condition | None, wanted: int) -> bool:
        """Whether a page of ``wanted`` items is sooner found by walking.

        With N items, a share of which is searched, and M candidates, gathering costs 15 M steps. Walking
        by id, over what is searched, takes wanted * N / M steps; by time, over all collections, as many
        for the share of the time asked for, divided by the share of the items searched.
        """
        total, searched = self.searched.total, self.searched.item_count
        if candidates is None:
            # All that is searched matches.
            return self.order.is_natural or wanted * total <= searched**2
        ahead = float(total)
        if self.order.is_by_time:
            ahead *= total / searched
            if self._has_time:
                ahead *= self.searched.part_of_time(self.query.start_us, self.query.end_us)
        equal = int(sqrt(wanted * ahead / _LOOKUP_IN_STEPS)) + 1
        (found,) = self.connection.execute(
            f"SELECT count(*) FROM ({candidates.sql} LIMIT ?)", (*candidates.parameters, equal)
        ).fetchone()
        few_searched = self.order.is_natural and searched < found * _LOOKUP_IN_STEPS
        return bool(found >= equal or few_searched)

    def _walked_by_id(self) -> Iterator[Row]:
        """Collection by collection, in order of their ids."""
        begin = self.position[:2] if self.position else ["", ""]
        text = _TEXTS if self.where.needs_text else ""
        for number, collection_id in self.searched.names.items():
            if collection_id < begin[0]:
                continue
            after = begin[1] if collection_id == begin[0] else ""
            yield from self.connection.execute(
                "SELECT i.number, c.collection_id, i.item_id, c.collection_id, i.item_id FROM collections c "
                f"CROSS JOIN items i INDEXED BY items_by_id ON i.collection = c.number {text} "
                f"WHERE c.number = ? AND i.item_id > ? AND {self.where.sql} ORDER BY i.item_id",
                (number, after, *self.where.parameters),
            )

    def _walked_by_time(self) -> Iterator[Row]:
        """Along the index on time, where the collections searched have items."""
        known = all_of(self.searched.between(self.query.start_us, self.query.end_us))
        source = Condition(
            "items i INDEXED BY items_by_time CROSS JOIN collections c ON c.number = i.collection"
        )
        for stretch in self.order.stretches(self.position, known, has_time=self._has_time):
            yield from self._selected(source, [stretch], -1)

    def _sorted(self, candidates: Condition | None, limit: int) -> Iterator[Row]:
        """All candidates that match, or all items searched, sorted."""
        if candidates is None:
            source = Condition(
                "collections c CROSS JOIN items i INDEXED BY items_by_id ON i.collection = c.number"
            )
        else:
            source = Condition(
                f"({candidates.sql}) b CROSS JOIN items i ON i.number = b.number "
                "CROSS JOIN collections c ON c.number = i.collection",
                candidates.parameters,
            )
        return self._without_doubles(self._selected(source, [], limit * _DOUBLES))

    def _selected(self, source: Condition, more: list[Condition], most: int) -> Iterator[Row]:
        where = all_of([self.searched.condition, self.where, *more, *self._behind()])
        columns, by = self.order.columns, self.order.clause
        text = _TEXTS if columns.needs_text or where.needs_text else ""
        return self.connection.execute(
            f"SELECT i.number, {columns.sql}, c.collection_id, i.item_id FROM {source.sql} {text} "
            f"WHERE {where.sql} ORDER BY {by.sql} LIMIT ?",
            (*columns.parameters, *source.parameters, *where.parameters, *by.parameters, most),
        )

    def _behind(self) -> list[Condition]:
        return [] if self.position is None else [self.order.behind(self.position)]

    @staticmethod
    def _without_doubles(rows: Iterator[Row]) -> Iterator[Row]:
        """Doubles stand side by side, since every order is a total one."""
        before = None
        for row in rows:
            if row[0] != before:
                yield row
            before = row[0]
