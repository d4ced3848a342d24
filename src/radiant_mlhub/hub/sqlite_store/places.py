"""Geometries that items are searched by."""

from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.errors import ShapelyError
from shapely.geometry import shape

from ..store import BadQuery, BBox, Json

MAX_POINTS = 10_000


def geometry_of(geojson: Mapping[str, Any]) -> shapely.Geometry:
    """The geometry, to be asked whether others meet it.

    Raises:
        BadQuery: It is none, is empty, crosses itself or has too many points.
    """
    try:
        geometry = shape(geojson)
    except (
        ShapelyError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        OverflowError,
    ) as error:
        raise BadQuery(f"The geometry to intersect is no GeoJSON geometry ({error}).") from error
    if geometry.is_empty:
        raise BadQuery("The geometry to intersect is empty.")
    points = shapely.get_num_coordinates(geometry)
    if points > MAX_POINTS:
        raise BadQuery(
            f"The geometry to intersect has {points:,} points; at most {MAX_POINTS:,} are possible."
        )
    if not geometry.is_valid:
        raise BadQuery(f"The geometry to intersect is not valid: {shapely.is_valid_reason(geometry)}.")
    return geometry


def bounds(geojson: Mapping[str, Any]) -> BBox:
    """The box around a geometry. Raises BadQuery as ``geometry_of`` does."""
    west, south, east, north = geometry_of(geojson).bounds
    return (west, south, east, north)


def meets(geojson: Mapping[str, Any]) -> Callable[[Json], bool]:
    """Whether an item's geometry has a point in common with this one."""
    wanted = geometry_of(geojson)
    shapely.prepare(wanted)

    def accepts(item: Json) -> bool:
        geometry = item_geometry(item)
        return geometry is not None and bool(wanted.intersects(geometry))

    return accepts


def item_geometry(item: Json) -> shapely.Geometry | None:
    """The item's geometry, made valid where it is not; None when it has none that can be read."""
    if not item.get("geometry"):
        return None
    try:
        geometry = shape(item["geometry"])
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None
    return geometry if geometry.is_valid else shapely.make_valid(geometry)
