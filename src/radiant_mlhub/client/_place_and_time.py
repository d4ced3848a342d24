"""The place and time that items of a list are asked for."""

from collections.abc import Callable, Mapping
from typing import Any

from ..download.intervals import BrokenTime, Interval, item_interval
from ..download.options import checked_options
from ..download.place_filter import BrokenPlace, item_box
from ..download.places import Box, meet, planar_boxes

Wanted = Callable[[Mapping[str, Any]], bool]


def place_and_time(bbox: Any, datetime: Any) -> tuple[dict[str, str], Wanted]:
    """Query parameters of OGC API - Features, and whether an item is what they ask for.

    The hub is asked, and its answer judged all the same: the API of 2022 had no such parameters, and
    a server that does not know one sends everything. As in a download, an item without a place or
    a time stays in, and so does one whose place or time cannot be understood.

    Raises:
        InvalidArgument: One of them cannot be meant.
    """
    options = checked_options("any", bbox=bbox, datetime=datetime)
    asked = {}
    if options.bbox is not None:
        asked["bbox"] = ",".join(f"{number:.10g}" for number in options.bbox)
    if options.interval is not None:
        asked["datetime"] = str(options.interval)
    return asked, lambda item: _is_in(item, options.bbox) and _is_of(item, options.interval)


def _is_in(item: Mapping[str, Any], wanted: Box | None) -> bool:
    if wanted is None:
        return True
    try:
        box = item_box(item.get("bbox"), item.get("geometry"))
    except BrokenPlace:
        return True
    return box is None or meet(planar_boxes(box), planar_boxes(wanted))


def _is_of(item: Mapping[str, Any], wanted: Interval | None) -> bool:
    if wanted is None:
        return True
    try:
        taken = item_interval(item.get("properties") or {})
    except BrokenTime:
        return True
    return taken is None or wanted.overlaps(taken.start, taken.end)
