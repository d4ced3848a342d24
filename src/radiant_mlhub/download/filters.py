"""Why an item is left out: the four filters, asked in one fixed order.

``collection_filter``, ``datetime``, ``bbox``, ``intersects``; the first that says no is named. An
item without a place or a time stays in and is counted. ``bbox`` and ``intersects`` look at the
item's bounding box, with ``exact`` at its geometry.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from .intervals import BrokenTime, item_interval
from .options import DownloadOptions
from .place_filter import BrokenPlace, Place, PlaceFilter

Verdict = str | BrokenTime | BrokenPlace | None
"""Name of the first filter that leaves an item out, None when it stays in, or why it cannot be judged."""


class Subject(NamedTuple):
    """What the filters look at of one item, or of a collection, whose place and time they leave alone.

    Attributes:
        collection_id: Its collection.
        item_id: None for a collection.
        place: Its bbox and geometry.
        properties: Its properties, for their times.
    """

    collection_id: str
    item_id: str | None
    place: Place
    properties: Mapping[str, Any]


class Filters:
    """The filters of one download.

    Attributes:
        missing: How many items a filter kept because they have no place or no time, by its name.
    """

    def __init__(self, options: DownloadOptions) -> None:
        self.missing: dict[str, int] = {}
        self._keys = options.collection_filter
        self._interval = options.interval
        asks_for_place = options.bbox is not None or options.intersects is not None
        self._place = PlaceFilter(options) if asks_for_place else None

    @property
    def look_at_keys(self) -> bool:
        """Whether an asset's collection and key matter."""
        return self._keys is not None

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

    def judge(self, batch: Sequence[Subject]) -> list[Verdict]:
        """What becomes of each item, and of each collection."""
        verdicts = [self._without_place(subject) for subject in batch]
        if self._place is None:
            return verdicts
        undecided = [n for n, each in enumerate(batch) if each.item_id and verdicts[n] is None]
        found = self._place.judge([batch[position].place for position in undecided])
        for position, in_place in zip(undecided, found, strict=True):
            if in_place is None:
                self._count_missing(self._place.name)
            elif in_place is not True:
                verdicts[position] = in_place or self._place.name
        return verdicts

    def _without_place(self, subject: Subject) -> Verdict:
        """What the filters that come before the one of places say."""
        rejected_by = self.rejected_collection(subject.collection_id)
        if rejected_by or self._interval is None or subject.item_id is None:
            return rejected_by
        try:
            taken = item_interval(subject.properties)
        except BrokenTime as broken:
            return broken
        if taken is None:
            self._count_missing("datetime")
            return None
        return None if self._interval.overlaps(taken.start, taken.end) else "datetime"

    def _count_missing(self, name: str) -> None:
        self.missing[name] = self.missing.get(name, 0) + 1


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of ``known`` that ``name`` may have been meant to be, the nearest first."""
    by_folded: dict[str, str] = {}
    for one in known:
        by_folded.setdefault(one.casefold(), one)
    return [by_folded[close] for close in get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)]
