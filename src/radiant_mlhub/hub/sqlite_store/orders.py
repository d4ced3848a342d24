"""In which order items come, and what is behind a place in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..queries import BadQuery, ItemQuery
from .statements import TEXT, Condition, all_of
from .tokens import Position

_MAX_FIELDS = 8
_MAX_NAME = 200
START = "i.start_us"
_COLUMNS = {
    "id": "i.item_id",
    "collection": "c.collection_id",
    "datetime": START,
    "properties.datetime": START,
}


@dataclass(frozen=True)
class SortKey:
    """An expression to sort by; NULL, for what an item lacks, is the least of all values."""

    expression: str
    descending: bool
    parameters: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        """As a term of ORDER BY."""
        return f"{self.expression} {'DESC' if self.descending else 'ASC'}"


@dataclass(frozen=True)
class Order:
    """Keys that leave no two items equal: the last ones are collection and id."""

    keys: tuple[SortKey, ...]

    @property
    def is_natural(self) -> bool:
        """Whether it is that of collection and id."""
        return [key.order for key in self.keys] == ["c.collection_id ASC", "i.item_id ASC"]

    @property
    def is_by_time(self) -> bool:
        """Whether the first moment comes first."""
        return self.keys[0].expression == START

    def stretches(self, position: Position | None, known: Condition, *, has_time: bool) -> list[Condition]:
        """Parts of the index on time, one behind the other, that hold what comes behind the position.

        Args:
            known: True for the times between which all items lie that have one.
            has_time: Items without a time are left out anyway.
        """
        descending = self.keys[0].descending
        unknown = Condition(f"{START} IS NULL")
        if position is not None and position[0] is not None:
            known = all_of(
                [known, Condition(f"{START} <= ?" if descending else f"{START} >= ?", (position[0],))]
            )
        if has_time or (position is not None and position[0] is not None and not descending):
            return [known]
        if position is not None and position[0] is None and descending:
            return [unknown]
        return [known, unknown] if descending else [unknown, known]

    @property
    def columns(self) -> Condition:
        """What is selected, so that a position can be told."""
        return _joined([Condition(key.expression, key.parameters) for key in self.keys], ", ")

    @property
    def clause(self) -> Condition:
        """What stands behind ORDER BY."""
        return _joined([Condition(key.order, key.parameters) for key in self.keys], ", ")

    def behind(self, position: Position) -> Condition:
        """True for what comes behind the position."""
        condition = Condition("FALSE")
        for key, value in reversed(list(zip(self.keys, position, strict=True))):
            same = Condition(f"{key.expression} IS ?", (*key.parameters, value))
            rest = _joined([same, condition], " AND ")
            condition = _joined([_beyond(key, value), rest], " OR ").in_brackets()
        return condition


def order_of(query: ItemQuery) -> Order:
    """The order asked for, made total.

    Raises:
        BadQuery: A field cannot be sorted by, or there are too many.
    """
    if len(query.sortby) > _MAX_FIELDS:
        raise BadQuery(f"At most {_MAX_FIELDS} fields to sort by are possible.")
    keys = [_key(field, direction) for field, direction in query.sortby]
    used = {key.expression for key in keys}
    last = [SortKey(expression, False) for expression in ("c.collection_id", "i.item_id")]
    return Order((*keys, *(key for key in last if key.expression not in used)))


def _key(field: str, direction: Literal["asc", "desc"]) -> SortKey:
    if direction not in ("asc", "desc"):
        raise BadQuery(f'The direction to sort in is "asc" or "desc", not "{direction}".')
    if field in _COLUMNS:
        return SortKey(_COLUMNS[field], direction == "desc")
    name = field.removeprefix("properties.")
    if not name or len(name) > _MAX_NAME or any(c in name for c in '"\\\0') or not name.isprintable():
        raise BadQuery(f'"{field[:_MAX_NAME]}" is no field to sort by. Name one of an item\'s properties.')
    return SortKey(f"json_extract({TEXT}, ?)", direction == "desc", (f'$.properties."{name}"',))


def _beyond(key: SortKey, value: object) -> Condition:
    """True where the key's value comes behind ``value``; NULL comes first when ascending."""
    expression, parameters = key.expression, key.parameters
    if value is None:
        return Condition(
            "FALSE" if key.descending else f"{expression} IS NOT NULL", () if key.descending else parameters
        )
    if key.descending:
        return Condition(f"({expression} < ? OR {expression} IS NULL)", (*parameters, value, *parameters))
    return Condition(f"{expression} > ?", (*parameters, value))


def _joined(parts: Sequence[Condition], separator: str) -> Condition:
    return Condition(
        separator.join(part.sql for part in parts), tuple(p for part in parts for p in part.parameters)
    )
