"""Which items are in a place: by the numbers of their boxes, else by shapely, a batch at a time."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..sources.parsing import json_value
from .options import DownloadOptions
from .places import Box, NoPlace, box_of_geometry, checked_box, meet, planar_boxes

if TYPE_CHECKING:
    from .shapes import QueryShape

# Some catalogs count longitudes from 0 to 360, or go on past 180: theirs are still places.
FARTHEST_ITEM_LON_DEG = 360.0


class BrokenPlace(ValueError):
    """An item's bbox or geometry that cannot be understood. Its text is a sentence for the error report."""


class Place(NamedTuple):
    """Where an item is, as its JSON has it."""

    bbox_json: str | None
    geometry_json: str | None

    @property
    def bbox(self) -> Any:
        """Its bbox, parsed."""
        return _value(self.bbox_json)

    @property
    def geometry(self) -> Any:
        """Its geometry, parsed."""
        return _value(self.geometry_json)


InPlace = bool | BrokenPlace | None
"""Whether an item is in the place asked for; None where it has no place."""


class PlaceFilter:
    """The place filter of one download.

    Attributes:
        name: ``bbox`` or ``intersects``.
    """

    def __init__(self, options: DownloadOptions) -> None:
        """Take ``options``, which ask for a place."""
        self.name = "intersects" if options.bbox is None else "bbox"
        self._exact = options.exact
        self._query_boxes = [] if options.bbox is None else planar_boxes(options.bbox)
        self._query_shape = _query_shape(options, self._query_boxes)
        if self._query_shape is not None:
            self._query_boxes = self._query_shape.planar_boxes

    def judge(self, places: Sequence[Place]) -> list[InPlace]:
        """Whether each item is in the place."""
        if self._query_shape is None:
            return [self._judged(place) for place in places]
        if self._exact:
            return self._judge_exactly(places, self._query_shape)
        return self._judge_boxes(places, self._query_shape)

    def _judged(self, place: Place) -> InPlace:
        boxes = self._boxes_near(place)
        return bool(boxes) if isinstance(boxes, list) else boxes

    def _boxes_near(self, place: Place) -> list[Box] | BrokenPlace | None:
        """The item's box in the plane, empty where it is away from the box of what is asked."""
        try:
            box = item_box(place.bbox, None if place.bbox_json else place.geometry)
        except BrokenPlace as broken:
            return broken
        if box is None:
            return None
        boxes = planar_boxes(box)
        return boxes if meet(boxes, self._query_boxes) else []

    def _judge_boxes(self, places: Sequence[Place], query: "QueryShape") -> list[InPlace]:
        found = [self._boxes_near(place) for place in places]
        meeting = iter(query.meet_boxes([boxes for boxes in found if isinstance(boxes, list)]))
        return [next(meeting) if isinstance(boxes, list) else boxes for boxes in found]

    def _judge_exactly(self, places: Sequence[Place], query: "QueryShape") -> list[InPlace]:
        meeting = query.meet_plain_geometries([place.geometry_json for place in places])
        return [self._judged_exactly(*each, query) for each in zip(places, meeting, strict=True)]

    def _judged_exactly(self, place: Place, meets: bool | None, query: "QueryShape") -> InPlace:
        """Whether the item's geometry, else its box, is in the place.

        Args:
            place: Where the item is.
            meets: What a quick look at its geometry said; None where it needs a closer one.
        """
        try:
            box = item_box(place.bbox, None)
            crosses = box is not None and box[0] > box[2]
            if meets is not None and not crosses:
                return meets
            own_box = item_box(None, place.geometry)
            if own_box is not None:
                return self._meets(query, place.geometry, own_box, crosses=crosses)
        except BrokenPlace as broken:
            return broken
        return None if box is None else query.meet_boxes([planar_boxes(box)])[0]

    def _meets(self, query: "QueryShape", geometry: Any, own_box: Box, *, crosses: bool) -> bool:
        # A geometry that crosses the antimeridian uncut has a box that says nothing.
        if not crosses and not meet(planar_boxes(own_box), self._query_boxes):
            return False
        try:
            return query.meets_geometry(geometry, crosses=crosses)
        except NoPlace as error:
            raise BrokenPlace(f"its geometry {error}") from error


def item_box(bbox: Any, geometry: Any) -> Box | None:
    """An item's bounding box, taken from its geometry where it has none; None without either.

    Raises:
        BrokenPlace: It cannot be understood.
    """
    try:
        if bbox is not None:
            return checked_box(bbox, farthest_lon_deg=FARTHEST_ITEM_LON_DEG)
    except NoPlace as error:
        raise BrokenPlace(f"its bbox {error}") from error
    try:
        if geometry is not None:
            return box_of_geometry(geometry, farthest_lon_deg=FARTHEST_ITEM_LON_DEG)
    except NoPlace as error:
        raise BrokenPlace(f"its geometry {error}") from error
    return None


def _query_shape(options: DownloadOptions, boxes: Sequence[Box]) -> "QueryShape | None":
    """What shapely must be asked about; None where comparing the numbers of boxes is enough."""
    if options.intersects is None and not options.exact:
        return None
    # shapely and numpy cost 17 MiB, which a download without such a filter does not pay.
    from .shapes import QueryShape  # noqa: PLC0415

    return QueryShape(options.intersects, boxes)


def _value(text: str | None) -> Any:
    return None if text is None else json_value(text)
