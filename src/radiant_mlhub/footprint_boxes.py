"""Boxes of many items as a map draws them: few enough to be sent and drawn at once."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west is greater than east where it crosses the antimeridian."""

MOST_BOXES = 5_000
"""Of one dataset; where there are more, boxes that lie together are drawn as one."""

_CELL_DEGREES = (0.01, 0.1, 1.0, 5.0)
_DECIMALS = 5
"""About a metre."""

_Placed = Iterable[tuple[str, BBox]]


@dataclass
class _Merged:
    """Boxes of one collection whose middles lie in one cell of a grid, as one box.

    The grid becomes coarser whenever there are too many cells, so that memory stays bounded
    and an item far from all others stays visible.
    """

    most: int
    step: int = 0
    cells: dict[tuple[str, int, int], tuple[BBox, int]] = field(default_factory=dict)

    def add(self, collection_id: str, box: BBox, items: int = 1) -> None:
        west, south, east, north = box
        degrees = _CELL_DEGREES[self.step]
        cell = (collection_id, int((west + east) // (2 * degrees)), int((south + north) // (2 * degrees)))
        known, others = self.cells.get(cell, (box, 0))
        self.cells[cell] = (_union(known, box), others + items)
        if len(self.cells) > self.most and self.step + 1 < len(_CELL_DEGREES):
            self._make_coarser()

    def _make_coarser(self) -> None:
        finer, self.cells, self.step = self.cells, {}, self.step + 1
        for (collection_id, _, _), (box, items) in finer.items():
            self.add(collection_id, box, items)


def boxes_to_draw(placed: _Placed, *, most: int = MOST_BOXES) -> dict[str, Any]:
    """The boxes of items, by collection.

    Args:
        placed: The collection and the box of each item that has one.
        most: How many boxes to draw at most, about.

    Returns:
        ``{"items": how many have a place, "merged": whether boxes were drawn together,
        "collections": [{"id", "boxes": [west, south, east, north, ...], "counts": items a box}]}``.
        Degrees; east is over 180 where a box crosses the antimeridian.
    """
    unwrapped = ((collection_id, _unwrapped(box)) for collection_id, box in placed)
    first = list(islice(unwrapped, most + 1))
    is_merged = len(first) > most
    told = _merged(chain(first, unwrapped), most) if is_merged else [(*one, 1) for one in first]
    return {
        "items": sum(items for _, _, items in told),
        "merged": is_merged,
        "collections": list(_by_collection(told)),
    }


def _merged(placed: _Placed, most: int) -> list[tuple[str, BBox, int]]:
    merged = _Merged(most)
    for collection_id, box in placed:
        merged.add(collection_id, box)
    return [(collection_id, box, items) for (collection_id, _, _), (box, items) in merged.cells.items()]


def _by_collection(boxes: Iterable[tuple[str, BBox, int]]) -> Iterator[dict[str, Any]]:
    collections: dict[str, dict[str, Any]] = {}
    for collection_id, box, items in boxes:
        told = collections.setdefault(collection_id, {"id": collection_id, "boxes": [], "counts": []})
        told["boxes"] += [round(degrees, _DECIMALS) for degrees in box]
        told["counts"].append(items)
    yield from collections.values()


def _unwrapped(box: BBox) -> BBox:
    west, south, east, north = box
    return (west, south, east + 360 if west > east else east, north)


def _union(one: BBox, other: BBox) -> BBox:
    west, south, east, north = zip(one, other, strict=True)
    return (min(west), min(south), max(east), max(north))
