"""The one module that asks shapely: whether an item's place meets a geometry."""

from collections.abc import Mapping, Sequence
from typing import Any

import shapely
import shapely.affinity
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from .places import MAP_EDGE_DEG, Box, NoPlace, planar_boxes


class QueryShape:
    """What a place filter asks for, made ready for many questions.

    Attributes:
        planar_boxes: Its bounding box in the plane, for a first, cheap answer.
    """

    def __init__(self, geometry: Mapping[str, Any] | None, boxes: Sequence[Box]) -> None:
        """Take a GeoJSON geometry, else boxes of the plane."""
        parts = _shapes(boxes) if geometry is None else _flat(valid_shape(geometry))
        # One geometry a dimension: GEOS judges a mixed collection member by member, unprepared.
        self._shapes = [
            shapely.union_all([part for part in parts if shapely.get_dimensions(part) == dimension])
            for dimension in {int(shapely.get_dimensions(part)) for part in parts}
        ]
        for one in self._shapes:
            shapely.prepare(one)
        self.planar_boxes = list(boxes) or [box for one in self._shapes for box in planar_boxes(_bounds(one))]

    def meets_boxes(self, boxes: Sequence[Box]) -> bool:
        """Whether one of ``boxes``, in the plane, touches or overlaps it."""
        return any(shapely.intersects(one, box) for one in self._shapes for box in _shapes(boxes))

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


def _shapes(boxes: Sequence[Box]) -> list[BaseGeometry]:
    return [_shape(box) for box in boxes]


def _shape(box: Box) -> BaseGeometry:
    west, south, east, north = box
    if west < east and south < north:
        return shapely.box(west, south, east, north)
    # A polygon without area is invalid, and GEOS may answer anything about it.
    if (west, south) == (east, north):
        return shapely.Point(west, south)
    return shapely.LineString([(west, south), (east, north)])


def _bounds(made: BaseGeometry) -> Box:
    west, south, east, north = (float(number) for number in shapely.bounds(made))
    return west, south, east, north
