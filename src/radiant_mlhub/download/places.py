"""Boxes and GeoJSON geometries, checked, and cut at the antimeridian into boxes of the plane.

Longitudes and latitudes are degrees (WGS 84, RFC 7946). A box whose west is greater than its
east crosses the antimeridian (RFC 7946, section 5.2); touching counts as meeting, also across it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from numbers import Real
from typing import Any

Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""

MAP_EDGE_DEG = 180.0
"""Longitude of the antimeridian, where the plane ends."""

# What rounding adds to a box at the edge of the map: a tenth of a metre on the ground.
_TOLERANCE_DEG = 1e-6
POLE_DEG = 90.0
_TURN_DEG = 360.0
# RFC 7946 advises against any nesting; this keeps a hostile item from exhausting the stack.
_DEEPEST_COLLECTION = 16

_NUMBERS_2D, _NUMBERS_3D = 4, 6
_DEPTH = {
    "Point": 0,
    "MultiPoint": 1,
    "LineString": 1,
    "MultiLineString": 2,
    "Polygon": 2,
    "MultiPolygon": 3,
}


class NoPlace(ValueError):
    """No box or geometry. Its text follows the name of what was looked at: "has 5 numbers; ..."."""


def checked_box(value: Any, *, farthest_lon_deg: float = MAP_EDGE_DEG) -> Box:
    """A bounding box of 4 or 6 numbers as four floats; heights are checked and left out.

    Raises:
        NoPlace: It is none.
    """
    numbers = _numbers(value)
    if not numbers:
        raise NoPlace("is empty")
    if len(numbers) == _NUMBERS_3D:
        if numbers[2] > numbers[5]:
            raise NoPlace(f"has its lowest height ({numbers[2]:g}) above its highest ({numbers[5]:g})")
        numbers = [numbers[0], numbers[1], numbers[3], numbers[4]]
    elif len(numbers) != _NUMBERS_2D:
        raise NoPlace(f"has {len(numbers)} numbers; west, south, east, north are wanted (6 with heights)")
    west, south, east, north = numbers
    _check_degrees(((west, south), (east, north)), farthest_lon_deg)
    if south > north:
        raise NoPlace(f"has its south ({south:g}) above its north ({north:g})")
    if farthest_lon_deg == MAP_EDGE_DEG:
        west, east = _clamped(west, MAP_EDGE_DEG), _clamped(east, MAP_EDGE_DEG)
    return west, _clamped(south, POLE_DEG), east, _clamped(north, POLE_DEG)


def planar_boxes(box: Box) -> list[Box]:
    """``box`` as boxes of the plane between -180 and 180, its touch of the antimeridian on both edges.

    Two boxes meet on the globe exactly if one of these of the first meets the other box's parts.
    """
    west, south, east, north = box
    if west <= east and west > -MAP_EDGE_DEG and east < MAP_EDGE_DEG:
        return [box]
    if west <= east:
        spans = [(west, east)]
    elif east >= -MAP_EDGE_DEG and west <= MAP_EDGE_DEG:
        spans = [(west, MAP_EDGE_DEG), (-MAP_EDGE_DEG, east)]
    else:
        spans = [(west, east + _TURN_DEG)]
    return [(start, south, end, north) for span in spans for start, end in _wrapped(*span)]


def meet(some: Iterable[Box], others: Iterable[Box]) -> bool:
    """Whether a box of ``some`` touches or overlaps one of ``others``, in the plane."""
    others = list(others)
    return any(a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3] for a in some for b in others)


def checked_geometry(value: Any, *, farthest_lon_deg: float = MAP_EDGE_DEG) -> bool:
    """Check a GeoJSON geometry; False when it is well made but empty.

    Raises:
        NoPlace: It is none.
    """
    found = False
    for position in positions(value):
        _check_degrees((position,), farthest_lon_deg)
        found = True
    return found


def box_of_geometry(geometry: Any, *, farthest_lon_deg: float = MAP_EDGE_DEG) -> Box | None:
    """The bounding box of a GeoJSON geometry; None when it is empty.

    Parts that were cut at the antimeridian (RFC 7946, section 3.1.9) give a box that crosses it.

    Raises:
        NoPlace: It is none.
    """
    boxes = []
    for part in _parts(geometry):
        corners = list(part)
        if corners:
            _check_degrees(corners, farthest_lon_deg)
            lons, lats = zip(*corners, strict=True)
            boxes.append((min(lons), min(lats), max(lons), max(lats)))
    if not boxes:
        return None
    south, north = min(box[1] for box in boxes), max(box[3] for box in boxes)
    west, east = min(box[0] for box in boxes), max(box[2] for box in boxes)
    if west <= -MAP_EDGE_DEG and east >= MAP_EDGE_DEG and all(box[0] >= 0 or box[2] <= 0 for box in boxes):
        west = min(box[0] for box in boxes if box[0] >= 0)
        east = max(box[2] for box in boxes if box[2] <= 0)
    return west, south, east, north


def positions(geometry: Any) -> Iterator[tuple[float, float]]:
    """Longitude and latitude of every position of a GeoJSON geometry.

    Raises:
        NoPlace: It is none.
    """
    for part in _parts(geometry):
        yield from part


def _parts(geometry: Any, depth: int = 0) -> Iterator[Iterator[tuple[float, float]]]:
    """The positions of each polygon, line or point of a geometry."""
    if depth > _DEEPEST_COLLECTION:
        raise NoPlace("has collections within collections without end")
    if not isinstance(geometry, Mapping):
        raise NoPlace("is no GeoJSON object")
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        geometries = geometry.get("geometries")
        if not isinstance(geometries, list | tuple):
            raise NoPlace('is a GeometryCollection without "geometries"')
        for member in geometries:
            yield from _parts(member, depth + 1)
        return
    if kind not in _DEPTH:
        raise NoPlace(f"is of the type {kind!r}, which GeoJSON does not have")
    coordinates = geometry.get("coordinates")
    if not isinstance(coordinates, list | tuple):
        raise NoPlace(f'is a {kind} without "coordinates"')
    several = kind.startswith("Multi")
    for part in coordinates if several else [coordinates]:
        yield _positions(part, _DEPTH[kind] - several)


def _positions(coordinates: Any, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list | tuple):
        raise NoPlace("has coordinates that are not nested as its type wants")
    if depth:
        for deeper in coordinates:
            yield from _positions(deeper, depth - 1)
    elif coordinates:
        if not 2 <= len(coordinates) <= 4:  # noqa: PLR2004 - lon, lat, height, and a measure that some add
            raise NoPlace(f"has a position of {len(coordinates)} numbers")
        lon, lat = (_number(number) for number in coordinates[:2])
        yield lon, lat


def _numbers(value: Any) -> list[float]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise NoPlace(f"is {value!r}; a list of numbers is wanted")
    return [_number(number) for number in value]


def _number(value: Any) -> float:
    # numpy's numbers are Real as well; its bool is not.
    if type(value) is not float and (isinstance(value, bool) or not isinstance(value, Real)):
        raise NoPlace(f"holds {value!r}, which is no number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise NoPlace(f"holds {number}, which is no place")
    return number


def _check_degrees(corners: Iterable[tuple[float, float]], farthest_lon_deg: float) -> None:
    for lon, lat in corners:
        if abs(lat) > POLE_DEG + _TOLERANCE_DEG:
            raise NoPlace(f"has the latitude {lat:g}; degrees from -90 to 90 are wanted")
        if abs(lon) > farthest_lon_deg + _TOLERANCE_DEG:
            limits = f"{-farthest_lon_deg:g} to {farthest_lon_deg:g}"
            raise NoPlace(f"has the longitude {lon:g}; degrees from {limits} are wanted")


def _clamped(number: float, limit: float) -> float:
    return max(-limit, min(limit, number))


def _wrapped(west: float, east: float) -> Iterator[tuple[float, float]]:
    """A span of longitudes as spans between -180 and 180, where it ends at one edge also at the other."""
    for turn in (-_TURN_DEG, 0.0, _TURN_DEG):
        start, end = max(west + turn, -MAP_EDGE_DEG), min(east + turn, MAP_EDGE_DEG)
        if start <= end:
            yield start, end
