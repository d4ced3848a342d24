"""Geometries that items are searched by."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from ..queries import BadQuery, BBox

MAX_POINTS = 10_000
_NO_GEOMETRY = (
    ShapelyError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)


def geometry_of(geojson: Mapping[str, Any]) -> shapely.Geometry:
    """The geometry, to be asked whether others meet it; ``{"bbox": [...]}`` is one in CQL2.

    Raises:
        BadQuery: It is none, is empty, crosses itself or has too many points.
    """
    try:
        geometry = shape(geojson) if "type" in geojson else shapely.box(*_corners(geojson["bbox"]))
    except _NO_GEOMETRY as error:
        raise BadQuery(f"The geometry to search by is no GeoJSON geometry ({error}).") from error
    if geometry.is_empty:
        raise BadQuery("The geometry to search by is empty.")
    points = shapely.get_num_coordinates(geometry)
    if points > MAX_POINTS:
        raise BadQuery(
            f"The geometry to search by has {points:,} points; at most {MAX_POINTS:,} are possible."
        )
    if not geometry.is_valid:
        raise BadQuery(f"The geometry to search by is not valid: {shapely.is_valid_reason(geometry)}.")
    return geometry


def _corners(bbox: Sequence[float]) -> Sequence[float]:
    """West, south, east, north of four or six numbers."""
    half = len(bbox) // 2
    return [*bbox[:2], *bbox[half : half + 2]]


def bounds(geometry: shapely.Geometry) -> BBox:
    """The box around a geometry."""
    west, south, east, north = geometry.bounds
    return (west, south, east, north)


def item_geometry(geojson: str | None) -> shapely.Geometry | None:
    """An item's geometry, made valid where it is not; None when it has none that can be read."""
    if not geojson:
        return None
    try:
        geometry = shapely.from_geojson(geojson)
    except _NO_GEOMETRY:
        return None
    if geometry is None or geometry.is_empty:
        return None
    return geometry if geometry.is_valid else shapely.make_valid(geometry)
