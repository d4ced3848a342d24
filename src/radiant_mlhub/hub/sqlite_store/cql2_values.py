"""Properties and literals of CQL2 as SQL expressions and values, where both mean the same."""

from collections.abc import Mapping
from typing import Any, Literal

from ..queries import BadQuery
from .rows import moment_us
from .statements import TEXT, Condition, clamped, storable

Kind = Literal["number", "text", "boolean", "moment", "any"]

_JSON_TYPES = {
    "number": "('integer', 'real')",
    "text": "('text')",
    "boolean": "('true', 'false')",
}
# Members of an item that stand beside its properties; what is asked about them is left to cql2.
_NO_PROPERTIES = {
    "geometry",
    "bbox",
    "links",
    "assets",
    "type",
    "stac_version",
    "stac_extensions",
    "properties",
}
_MOMENT = "CASE WHEN i.start_us = i.end_us THEN i.start_us END"


class Unknown(Exception):
    """SQL cannot say this; cql2 can, or knows why not."""


class Moment(int):
    """Microseconds since 1970 UTC."""


def literal(node: Any) -> int | float | str | Moment:
    """The value, as it is bound."""
    if isinstance(node, bool | float):
        return node
    if isinstance(node, int):
        return clamped(node)
    if isinstance(node, str):
        return storable(node)
    if isinstance(node, Mapping) and node.keys() == {"timestamp"}:
        moment = moment_us(node["timestamp"])
        if moment is None:
            raise BadQuery(f'"{str(node["timestamp"])[:40]}" in the filter is no timestamp.')
        return Moment(moment)
    raise Unknown


def kind_of(value: float | str) -> Kind:
    """What a property must be to be compared with the value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Moment):
        return "moment"
    return "text" if isinstance(value, str) else "number"


def compared(node: Any, kind: Kind) -> Condition:
    """An expression for the property, NULL where it is missing or not of that kind.

    Raises:
        Unknown: It is no property, or one that no column or JSON path gives.
    """
    if not isinstance(node, Mapping) or node.keys() != {"property"} or not isinstance(node["property"], str):
        raise Unknown
    name = node["property"].removeprefix("properties.")
    if name in ("id", "collection"):
        if kind not in ("text", "any"):
            raise Unknown
        return Condition("i.item_id" if name == "id" else "c.collection_id")
    if kind == "moment":
        if name != "datetime":
            raise Unknown
        return Condition(_MOMENT)
    if (
        name in _NO_PROPERTIES
        or name == "datetime"
        or any(c in name for c in '".\\[\0')
        or not name.isprintable()
    ):
        raise Unknown
    path = f'$.properties."{name}"'
    value = f"json_extract({TEXT}, ?)"
    if kind == "any":
        return Condition(value, (path,))
    return Condition(f"CASE WHEN json_type({TEXT}, ?) IN {_JSON_TYPES[kind]} THEN {value} END", (path, path))
