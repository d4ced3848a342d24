"""What SQL asks Python about an item: how geometries lie to each other, and what only cql2 knows.

SQLite's three values are CQL2's: true, false, and NULL for what cannot be said.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field

import shapely
from cql2 import Expr

from .places import item_geometry

RELATION = "item_lies"
CQL2 = "item_meets"

_RELATIONS: dict[str, Callable[[shapely.Geometry, shapely.Geometry], bool]] = {
    # (item's, asked for): which is prepared stands in front.
    "s_intersects": lambda item, asked: bool(asked.intersects(item)),
    "s_disjoint": lambda item, asked: bool(asked.disjoint(item)),
    "s_within": lambda item, asked: bool(asked.contains(item)),
    "s_contains": lambda item, asked: bool(asked.within(item)),
    "s_touches": lambda item, asked: bool(asked.touches(item)),
    "s_crosses": lambda item, asked: bool(item.crosses(asked)),
    "s_overlaps": lambda item, asked: bool(asked.overlaps(item)),
    "s_equals": lambda item, asked: bool(asked.equals(item)),
}
RELATIONS = frozenset(_RELATIONS)


@dataclass
class Functions:
    """The geometries and expressions of one search; SQL knows each by its number."""

    _lies: list[Callable[[shapely.Geometry], bool]] = field(default_factory=list)
    _expressions: list[Expr] = field(default_factory=list)

    def relation(self, name: str, asked: shapely.Geometry) -> int:
        """The number of this question about an item's geometry."""
        shapely.prepare(asked)
        lies = _RELATIONS[name]
        self._lies.append(lambda item: lies(item, asked))
        return len(self._lies) - 1

    def expression(self, expression: Expr) -> int:
        """The number of this question about an item."""
        self._expressions.append(expression)
        return len(self._expressions) - 1

    def register(self, connection: sqlite3.Connection) -> None:
        """Let the connection's SQL ask, until another search registers its own."""
        if self._lies:
            connection.create_function(RELATION, 2, self._item_lies, deterministic=True)
        if self._expressions:
            connection.create_function(CQL2, 2, self._item_meets, deterministic=True)

    def _item_lies(self, number: int, geometry_json: str | None) -> bool | None:
        geometry = item_geometry(geometry_json)
        if geometry is None:
            return None
        try:
            return self._lies[number](geometry)
        except shapely.errors.GEOSException:
            return None

    def _item_meets(self, number: int, item_json: str) -> bool | None:
        try:
            return bool(self._expressions[number].matches(json.loads(item_json)))
        except Exception:  # noqa: BLE001 - cql2 raises plain ones where a property is missing or of another type
            return None
