"""The one module that asks shapely: whether an item's place meets a geometry."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
import shapely.affinity
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from .places import MAP_EDGE_DEG, POLE_DEG, Box, NoPlace, planar_boxes

Geometries = npt.NDArray[np.object_]
Truths = npt.NDArray[np.bool_]

# GEOS would also read a feature, which is no geometry, and collections in collections without end.
_NOT_PLAIN = re.compile('"(?:Feature|GeometryCollection)')


class QueryShape:
    """What a place filter asks for, made ready for many questions.

    Attributes:
        planar_boxes: Its bounding box in the plane, for a first, cheap answer.
    """

    def __init__(self, geometry: Mapping[str, Any] | None, boxes: Sequence[Box]) -> None:
        """Take a GeoJSON geometry, else boxes of the plane."""
        parts = list(_rectangles(boxes)) if geometry is None else _flat(valid_shape(geometry))
        # One geometry a dimension: GEOS judges a mixed collection member by member, unprepared.
        self._shapes = [
            shapely.union_all([part for part in parts if shapely.get_dimensions(part) == dimension])
            for dimension in {int(shapely.get_dimensions(part)) for part in parts}
        ]
        for one in self._shapes:
            shapely.prepare(one)
        self.planar_boxes = list(boxes) or [box for one in self._shapes for box in planar_boxes(_bounds(one))]

    def meet_boxes(self, items: Sequence[Sequence[Box]]) -> list[bool]:
        """For each item, whether one of its boxes, in the plane, touches or overlaps it."""
        boxes = [box for item in items for box in item]
        meeting = iter(self._meet(_rectangles(boxes)).tolist())
        return [sum(next(meeting) for _ in item) > 0 for item in items]

    def meet_plain_geometries(self, texts: Sequence[str | None]) -> list[bool | None]:
        """For each GeoJSON text, whether it touches or overlaps it; None where that takes a closer look.

        Plain is what GEOS can read by itself and finds valid, strictly within the map.
        """
        readable = [None if text is None or _NOT_PLAIN.search(text) else text for text in texts]
        made = shapely.force_2d(shapely.from_geojson(readable, on_invalid="ignore"))
        west, south, east, north = shapely.bounds(made).T
        # Not so for a missing or empty one, whose bounds are not a number.
        is_plain = (west > -MAP_EDGE_DEG) & (east < MAP_EDGE_DEG) & (south >= -POLE_DEG) & (north <= POLE_DEG)
        is_plain &= shapely.is_valid(made)
        meeting = self._meet(made)
        return [meets if plain else None for meets, plain in zip(meeting.tolist(), is_plain, strict=True)]

    def _meet(self, made: Geometries) -> Truths:
        meeting = np.zeros(len(made), dtype=bool)
        for one in self._shapes:
            meeting |= shapely.intersects(one, made)
        return meeting

    def meets_geometry(self, geometry: Mapping[str, Any], *, crosses: bool) -> bool:
        """Whether a GeoJSON geometry touches or overlaps it.

        Args:
            geometry: It may go on counting past 180, or start at 0 and end at 360.
            crosses: Its bounding box crosses the antimeridian. One that was not cut there
                (RFC 7946 asks for it, few do it) is then read as the short way round.
        """
        item = valid_shape(geometry, uncut=crosses)
        west, _, east, _ = _bounds(item)
        turns = [0.0, -360.0] if east >= MAP_EDGE_DEG else [0.0]
        turns += [360.0] if west <= -MAP_EDGE_DEG else []
        turned = [shapely.affinity.translate(item, turn) if turn else item for turn in turns]
        return any(shapely.intersects(one, other) for one in self._shapes for other in turned)


def valid_shape(geometry: Mapping[str, Any], *, uncut: bool = False) -> BaseGeometry:
    """A GeoJSON geometry for shapely, in two dimensions; bow ties and the like are mended.

    Raises:
        NoPlace: Shapely cannot read it.
    """
    try:
        made = shapely.force_2d(shape_of(geometry))
    except (shapely.GEOSException, ValueError, TypeError, IndexError, AttributeError) as error:
        raise NoPlace(f"cannot be read ({error})") from error
    west, _, east, _ = _bounds(made)
    if uncut and east - west > MAP_EDGE_DEG:  # more than half way round
        made = shapely.transform(made, _counted_on)
    return made if shapely.is_valid(made) else shapely.make_valid(made)


def _counted_on(points: Any) -> Any:
    points[points[:, 0] < 0, 0] += 360.0
    return points


def _flat(made: BaseGeometry) -> list[BaseGeometry]:
    """The parts of a geometry that are not empty, collections opened."""
    if made.geom_type != "GeometryCollection":
        return [] if made.is_empty else [made]
    return [part for member in made.geoms for part in _flat(member)]


def _rectangles(boxes: Sequence[Box]) -> Geometries:
    west, south, east, north = np.array(boxes, dtype=float).reshape(-1, 4).T
    made = np.array(shapely.box(west, south, east, north), dtype=object)
    # A polygon without area is invalid, and GEOS may answer anything about it.
    for position in np.flatnonzero((west >= east) | (south >= north)):
        made[position] = _flat_box(boxes[int(position)])
    return made


def _flat_box(box: Box) -> BaseGeometry:
    west, south, east, north = box
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def _bounds(made: BaseGeometry) -> Box:
    west, south, east, north = (float(number) for number in shapely.bounds(made))
    return west, south, east, north
