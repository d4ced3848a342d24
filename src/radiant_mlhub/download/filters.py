"""Why an item is left out: the four filters, asked in one fixed order.

``collection_filter``, ``datetime``, ``bbox``, ``intersects``; the first that says no is named. An
item without a place or a time stays in and is counted. ``bbox`` and ``intersects`` look at the
item's bounding box, with ``exact`` at its geometry.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NamedTuple

from .intervals import item_interval
from .options import DownloadOptions
from .places import Box, NoPlace, box_of_geometry, checked_box, meet, planar_boxes

if TYPE_CHECKING:
    from .shapes import QueryShape
# Some catalogs count longitudes from 0 to 360, or go on past 180: theirs are still places.
FARTHEST_ITEM_LON_DEG = 360.0


class BrokenPlace(ValueError):
    """An item's bbox or geometry that cannot be understood. Its text is a sentence for the error report."""


class Subject(NamedTuple):
    """What the filters look at of one item, as its JSON has it."""

    collection_id: str
    bbox: Any
    geometry: Any
    properties: Mapping[str, Any]


class Filters:
    """The filters of one download.

    Attributes:
        missing: How many items a filter kept because they have no place or no time, by its name.
    """

    def __init__(self, options: DownloadOptions) -> None:
        self.missing: dict[str, int] = {}
        self._interval = options.interval
        self._exact = options.exact
        self._keys = options.collection_filter
        self._place_filter: str | None = None
        self._query_boxes: list[Box] = []
        if options.bbox is not None:
            self._place_filter = "bbox"
            self._query_boxes = planar_boxes(options.bbox)
        elif options.intersects is not None:
            self._place_filter = "intersects"
        self._query_shape = _query_shape(options, self._query_boxes)
        if self._query_shape is not None:
            self._query_boxes = self._query_shape.planar_boxes

    @property
    def look_at_places(self) -> bool:
        """Whether an item's bbox and geometry matter."""
        return self._place_filter is not None

    def rejected_collection(self, collection_id: str) -> str | None:
        """``"collection_filter"`` where that leaves the whole collection out, else None."""
        return None if self._keys is None or collection_id in self._keys else "collection_filter"

    def rejected_keys(self, collection_id: str, asset_keys: Iterable[str]) -> list[str | None]:
        """For each key ``"collection_filter"`` where that leaves the asset out, else None."""
        if self._keys is None:
            return [None for _ in asset_keys]
        kept = self._keys.get(collection_id)
        if not kept:  # of a collection without keys named all are kept
            return [None if kept is not None else "collection_filter" for _ in asset_keys]
        return [None if key in kept else "collection_filter" for key in asset_keys]

    def keeps_key(self, collection_id: str, asset_key: str) -> bool:
        """Whether the collection filter keeps the assets of that key; no keys named are all keys."""
        return self.rejected_keys(collection_id, [asset_key]) == [None]

    def rejected_by(
        self, collection_id: str, bbox: Any, geometry: Any, properties: Mapping[str, Any]
    ) -> str | None:
        """Name of the first filter that leaves the item out; None when it stays in.

        Args:
            collection_id: The item's collection.
            bbox: Its ``bbox``, as its JSON has it.
            geometry: Its ``geometry``, as its JSON has it.
            properties: Its properties, for their times.

        Raises:
            BrokenPlace: A place filter is asked and the bbox or geometry cannot be understood.
            BrokenTime: A time filter is asked and the item's time cannot be understood.
        """
        if self.rejected_collection(collection_id):
            return "collection_filter"
        if self._interval is not None and not self._is_in_time(properties):
            return "datetime"
        if self._place_filter is not None and not self._is_in_place(bbox, geometry):
            return self._place_filter
        return None

    def judge(self, batch: Sequence[Subject]) -> list[str | ValueError | None]:
        """``rejected_by`` for many items; what it would raise stands in an item's place."""
        verdicts: list[str | ValueError | None] = []
        if self._interval is None and self._place_filter is None:
            return [self.rejected_collection(subject.collection_id) for subject in batch]
        for subject in batch:
            try:
                verdicts.append(self.rejected_by(*subject))
            except ValueError as broken:
                verdicts.append(broken)
        return verdicts

    def _is_in_time(self, properties: Mapping[str, Any]) -> bool:
        taken = item_interval(properties)
        if taken is None:
            self._count_missing("datetime")
            return True
        return self._interval is None or self._interval.overlaps(taken.start, taken.end)

    def _is_in_place(self, bbox: Any, geometry: Any) -> bool:
        box = item_box(bbox, geometry)
        if box is None:
            self._count_missing(self._place_filter or "")
            return True
        if self._query_shape is None:
            return meet(planar_boxes(box), self._query_boxes)
        own_box = item_box(None, geometry) if self._exact else None
        if own_box is not None:
            return self._meets_exactly(self._query_shape, geometry, own_box, crosses=box[0] > box[2])
        boxes = planar_boxes(box)
        return meet(boxes, self._query_boxes) and self._query_shape.meets_boxes(boxes)

    def _meets_exactly(self, query: "QueryShape", geometry: Any, own_box: Box, *, crosses: bool) -> bool:
        # A geometry that crosses the antimeridian uncut has a box that says nothing.
        if not crosses and not meet(planar_boxes(own_box), self._query_boxes):
            return False
        try:
            return query.meets_geometry(geometry, crosses=crosses)
        except NoPlace as error:
            raise BrokenPlace(f"its geometry {error}") from error

    def _count_missing(self, name: str) -> None:
        self.missing[name] = self.missing.get(name, 0) + 1


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


def _query_shape(options: DownloadOptions, boxes: list[Box]) -> "QueryShape | None":
    """What shapely must be asked about; None where comparing the numbers of boxes is enough."""
    if options.intersects is None and (options.bbox is None or not options.exact):
        return None
    # shapely and numpy cost 17 MiB, which a download without such a filter does not pay.
    from .shapes import QueryShape  # noqa: PLC0415

    return QueryShape(options.intersects, boxes)


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of ``known`` that ``name`` may have been meant to be, the nearest first."""
    by_folded: dict[str, str] = {}
    for one in known:
        by_folded.setdefault(one.casefold(), one)
    return [by_folded[close] for close in get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)]
