"""Sizes, times and places in the one form that every command shows them in."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..readable import readable_size

UNKNOWN = "-"
_MIDNIGHT = "T00:00:00"
_LAST_OF_A_DAY = "T23:59:59Z"
_WHOLE_BOX = 4


def size(size_bytes: Any) -> str:
    """``77.2 MB``."""
    return readable_size(size_bytes) if isinstance(size_bytes, int | float) else UNKNOWN


def path(place: Path) -> Path:
    """A path as it can be typed here: relative where it is in the working directory."""
    here = Path.cwd()
    return place.relative_to(here) if place.is_relative_to(here) else place


def moment(text: Any) -> str:
    """A time without what says nothing: midnight and fractions; ``..`` where there is none."""
    if not isinstance(text, str) or not text:
        return ".."
    short = text.replace("+00:00", "Z")
    day, _, time = short.partition("T")
    whole, point, _ = time.partition(".")
    time = f"{whole}Z" if point else time
    return day if f"T{time}".removesuffix("Z") in (_MIDNIGHT, "T") else f"{day}T{time}"


def span(start: Any, end: Any) -> str:
    """``2019-06-01/2019-08-31``, or the one time that both are."""
    first, last = moment(start), moment(end)
    last = last.partition("T")[0] if last.endswith(_LAST_OF_A_DAY) else last
    return first if first == last and first != ".." else f"{first}/{last}"


def time_of_item(item: Mapping[str, Any]) -> str:
    """When an item was taken."""
    properties = item.get("properties") or {}
    if properties.get("start_datetime") or properties.get("end_datetime"):
        return span(properties.get("start_datetime"), properties.get("end_datetime"))
    return moment(properties["datetime"]) if properties.get("datetime") else UNKNOWN


def time_of_collection(collection: Mapping[str, Any]) -> str:
    """From when to when its items are."""
    temporal = (collection.get("extent") or {}).get("temporal") or {}
    [whole, *_] = temporal.get("interval") or [[None, None]]
    return span(*whole) if any(whole) else UNKNOWN


def box(numbers: Any) -> str:
    """``33.98,-0.76,34,-0.74``: west, south, east, north, in the form that ``--bbox`` takes."""
    if not isinstance(numbers, Sequence) or len(numbers) < _WHOLE_BOX:
        return UNKNOWN
    half = len(numbers) // 2
    flat = (*numbers[:2], *numbers[half : half + 2])
    return ",".join(f"{number:.4f}".rstrip("0").rstrip(".") for number in flat)
