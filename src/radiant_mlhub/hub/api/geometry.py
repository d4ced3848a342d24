"""Boxes and geometries that a request may ask with."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..queries import BadQuery, BBox

MOST_POINTS = 10_000
"""Points of one geometry: more belong into a filter on the client's side."""

_MOST_PARTS = 1_000
_EAST, _NORTH = 180, 90
_DEPTHS = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


def bbox_of_text(text: str) -> BBox:
    """The box that ``west,south,east,north`` tells (or six numbers, with heights).

    Raises:
        BadQuery: It tells none.
    """
    try:
        numbers = [float(part) for part in text.split(",", 7)]
    except ValueError:
        raise BadQuery(_BBOX_RULE) from None
    return bbox_of(numbers)


def bbox_of(numbers: Sequence[float]) -> BBox:
    """The box of 4 numbers, or of 6 without its heights.

    Raises:
        BadQuery: The numbers are no box on the earth.
    """
    if len(numbers) == 6:  # noqa: PLR2004 - RFC 7946, section 5
        west, south, low, east, north, high = numbers
        if not low <= high:
            raise BadQuery("bbox has its lower height above its upper one.")
    elif len(numbers) == 4:  # noqa: PLR2004
        west, south, east, north = numbers
    else:
        raise BadQuery(_BBOX_RULE)
    if not all(map(math.isfinite, numbers)):
        raise BadQuery(_BBOX_RULE)
    if not (-_EAST <= west <= _EAST and -_EAST <= east <= _EAST and -_NORTH <= south <= north <= _NORTH):
        raise BadQuery(
            "bbox must lie within -180,-90,180,90 and have south below north; "
            "west above east means across the 180th meridian."
        )
    return west, south, east, north


_BBOX_RULE = "bbox must be 4 numbers (west,south,east,north in degrees), or 6 with heights."


def checked_geometry(value: Any) -> Mapping[str, Any]:
    """A GeoJSON geometry of at most 10,000 points.

    Raises:
        BadQuery: It is none, or has more.

    Source: RFC 7946, section 3.1.
    """
    _count_points(value, inside_collection=False)
    geometry: Mapping[str, Any] = value
    return geometry


def _count_points(value: Any, *, inside_collection: bool) -> int:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "GeometryCollection" and not inside_collection:
        parts = value.get("geometries")
        if not isinstance(parts, list) or len(parts) > _MOST_PARTS:
            raise BadQuery(f"A GeometryCollection needs geometries, at most {_MOST_PARTS:,} of them.")
        points = sum(_count_points(part, inside_collection=True) for part in parts)
    elif isinstance(kind, str) and kind in _DEPTHS:
        points = _points(value.get("coordinates"), _DEPTHS[kind], kind)
    else:
        raise BadQuery("intersects must be a GeoJSON geometry, such as a Polygon with its coordinates.")
    if points > MOST_POINTS:
        raise BadQuery(f"The geometry has more than {MOST_POINTS:,} points; simplify it.")
    return points


def _points(coordinates: Any, depth: int, kind: str) -> int:
    if not isinstance(coordinates, list) or not coordinates:
        raise BadQuery(f"The coordinates of the {kind} are none.")
    if depth:
        return sum(_points(part, depth - 1, kind) for part in coordinates)
    if not 2 <= len(coordinates) <= 4 or not all(map(_is_number, coordinates)):  # noqa: PLR2004
        raise BadQuery(f"A position of the {kind} is not longitude and latitude.")
    return 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
