"""What a filter and a geometry say about place, time and collection, for the indexes to know it, too."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ..queries import ItemQuery
from .places import bounds, geometry_of
from .rows import moment_us

_FROM = {">", ">=", "=", "t_after", "t_equals"}
_UNTIL = {"<", "<=", "=", "t_before", "t_equals"}


def narrowed(query: ItemQuery) -> ItemQuery:
    """A question that finds no less than this one, with whatever of bbox, time and collections is implied.

    The filter stays: what is found is still to be judged by it.
    """
    if query.intersects is not None and query.bbox is None:
        query = replace(query, bbox=bounds(geometry_of(query.intersects)))
    for part in _all_of_which(query.filter):
        query = _narrowed_by(query, part)
    return query


def _all_of_which(node: Any) -> Iterator[Mapping[str, Any]]:
    """The parts of a filter that must all hold."""
    if not isinstance(node, Mapping):
        return
    if node.get("op") != "and":
        yield node
        return
    for part in node["args"]:
        yield from _all_of_which(part)


def _narrowed_by(query: ItemQuery, part: Mapping[str, Any]) -> ItemQuery:
    match part:
        case {"op": "s_intersects", "args": [{"property": "geometry"}, dict() as geojson]}:
            return replace(query, bbox=query.bbox or bounds(geometry_of(geojson)))
        case {"op": "=", "args": [{"property": "collection"}, str(collection_id)]}:
            return query if query.collections is not None else replace(query, collections=[collection_id])
        case {"op": "in", "args": [{"property": "collection"}, [*ids]]} if all(
            isinstance(i, str) for i in ids
        ):
            return query if query.collections is not None else replace(query, collections=ids)
        case {
            "op": str(name),
            "args": [{"property": "datetime" | "properties.datetime"}, {"timestamp": text}],
        }:
            return _narrowed_in_time(query, name, moment_us(text))
    return query


def _narrowed_in_time(query: ItemQuery, name: str, moment: int | None) -> ItemQuery:
    if moment is None:
        return query
    if name in _FROM:
        query = replace(query, start_us=moment if query.start_us is None else max(query.start_us, moment))
    if name in _UNTIL:
        query = replace(query, end_us=moment if query.end_us is None else min(query.end_us, moment))
    return query
