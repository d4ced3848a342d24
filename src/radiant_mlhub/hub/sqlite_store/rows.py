"""From a publication to rows of the tables."""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ..queries import BBox
from ..store import Json, StoredItem
from .schema import NOWHERE

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
TIME_UNIT_US = 864_000_000_000
"""Ten days in microseconds: the unit of time in ``boxes``."""

WEST_END, EAST_END = -180.0, 180.0
_SEPARATOR = " \ue000 "  # a word of its own, so that no phrase reaches from one tag into the next


class _Extensions(msgspec.Struct):
    stac_extensions: Any = None


_extensions = msgspec.json.Decoder(_Extensions)


def extension_urls(text: str) -> tuple[str, ...]:
    """The ``stac_extensions`` of an item."""
    named = _extensions.decode(text).stac_extensions
    return tuple(url for url in named if isinstance(url, str)) if isinstance(named, list) else ()


def times_us(item: StoredItem) -> tuple[int | None, int | None]:
    """First and last moment; where one of them is missing, the other is both."""
    start = item.end_us if item.start_us is None else item.start_us
    end = item.start_us if item.end_us is None else item.end_us
    return start, end


def box_rows(number: int, item: StoredItem) -> Iterator[tuple[float, ...]]:
    """The item's rows in ``boxes``: two of them for one across the 180th meridian."""
    start_us, end_us = times_us(item)
    times = (0.0, 0.0)
    if start_us is not None and end_us is not None:
        times = (start_us / TIME_UNIT_US, end_us / TIME_UNIT_US)
    if item.bbox is None:
        yield (2 * number, NOWHERE, NOWHERE, NOWHERE, NOWHERE, *times)
        return
    for half, (west, east) in enumerate(longitudes(item.bbox)):
        yield (2 * number + half, west, east, item.bbox[1], item.bbox[3], *times)


def longitudes(bbox: BBox) -> list[tuple[float, float]]:
    """The box's one interval of longitudes, or two where it goes across the 180th meridian."""
    west, _, east, _ = bbox
    return [(west, east)] if west <= east else [(west, EAST_END), (WEST_END, east)]


def is_box(bbox: BBox) -> bool:
    """Whether these are four numbers of which a box can be made."""
    west, south, east, north = bbox
    if not all(map(math.isfinite, bbox)) or south > north:
        return False
    return west <= east or (west <= EAST_END and east >= WEST_END)


def extent_rows(collection: Json) -> tuple[list[BBox], list[tuple[int | None, int | None]]]:
    """The boxes and the intervals of a collection's extent; what cannot be read is left out.

    Source: STAC collection specification: the first box is the union of the others where there are several.
    """
    extent = _mapping(collection.get("extent"))
    boxes = _list(_mapping(extent.get("spatial")).get("bbox"))
    intervals = _list(_mapping(extent.get("temporal")).get("interval"))
    flat = (_flat_box(box) for box in boxes[:1])
    return [box for box in flat if box is not None and is_box(box)], [
        (moment_us(interval[0]), moment_us(interval[1]))
        for interval in intervals[:1]
        if isinstance(interval, list) and len(interval) == 2  # noqa: PLR2004 - a start and an end
    ]


def moment_us(text: Any) -> int | None:
    """Microseconds since 1970 UTC; None for an open end and for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MICROSECOND


def dataset_words(dataset: Json) -> tuple[str, ...]:
    """What phrases are looked for in, column by column of ``dataset_words``."""
    creator = _mapping(dataset.get("creator_contact"))
    return (
        *(_words(dataset.get(name)) for name in ("id", "title", "description", "citation")),
        _words(dataset.get("tags")),
        _words([creator.get("creator"), creator.get("contact")]),
    )


def collection_words(collection: Json) -> tuple[str, ...]:
    """What phrases are looked for in, column by column of ``collection_words``."""
    return tuple(_words(collection.get(name)) for name in ("id", "title", "description", "keywords"))


def dataset_tags(dataset: Json) -> set[str]:
    """The tags, folded for comparison without case."""
    return {tag.casefold() for tag in _list(dataset.get("tags")) if isinstance(tag, str)}


def folded_doi(doi: Any) -> str | None:
    """The DOI for comparison: without case (ISO 26324)."""
    return doi.lower() if isinstance(doi, str) and doi else None


def compact(value: Any) -> str:
    """JSON without spaces; half surrogates stay escaped, so that every text can be stored."""
    return json.dumps(value, separators=(",", ":"))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return _SEPARATOR.join(map(_words, value))
    # A half surrogate cannot be stored, and nobody looks for one.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _flat_box(box: Any) -> BBox | None:
    """West, south, east, north of a box of four or six numbers."""
    if not isinstance(box, list) or not all(isinstance(n, int | float) for n in box):
        return None
    if len(box) not in (4, 6):
        return None
    half = len(box) // 2
    return (float(box[0]), float(box[1]), float(box[half]), float(box[half + 1]))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
