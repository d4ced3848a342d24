"""Why an item or asset is left out: the filters, asked in one fixed order.

``collection_filter``, ``assets``, ``ids``, ``datetime``, ``bbox``, ``intersects``, ``filter`` (CQL2),
``sample``, ``max_items``; the first that says no is named. An item without a place or a time stays
in and is counted. ``bbox`` and ``intersects`` look at the item's bounding box, with ``exact`` at its
geometry. A collection itself is judged by ``collection_filter`` alone, its assets by ``assets`` as well.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from .asset_filter import AssetFilter
from .intervals import BrokenTime, item_interval
from .options import DownloadOptions
from .place_filter import BrokenPlace, Place, PlaceFilter
from .sampling import Sample

if TYPE_CHECKING:
    from .cql2_filter import Cql2Filter

Verdict = str | BrokenTime | BrokenPlace | None
"""Name of the first filter that leaves an item out, None when it stays in, or why it cannot be judged."""


AssetNames = tuple[str, str | None, tuple[str, ...]]
"""What filters look at of an asset: key, media type, roles."""


class Subject(NamedTuple):
    """What the filters look at of one item, or of a collection, whose place and time they leave alone.

    Attributes:
        collection_id: Its collection.
        item_id: None for a collection.
        place: Its bbox and geometry.
        properties: Its properties, for their times.
        properties_json: All of them, where a CQL2 filter is asked.
    """

    collection_id: str
    item_id: str | None
    place: Place
    properties: Mapping[str, Any]
    properties_json: str | None = None


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
        self._assets = None if options.assets is None else AssetFilter(options.assets)
        self._ids = None if options.ids is None else frozenset(options.ids)
        self._cql2 = None if options.filter is None else _cql2_filter(options.filter)
        self._sample = None if options.sample is None else Sample(options.sample, options.seed)
        self._more_items = options.max_items

    @property
    def look_at_assets(self) -> bool:
        """Whether an asset's collection, key, media type and roles matter."""
        return self._keys is not None or self._assets is not None

    @property
    def look_at_items(self) -> bool:
        """Whether more of an item matters than its collection: id, place, time or properties."""
        asked = (self._ids, self._interval, self._place, self._cql2, self._sample)
        return any(one is not None for one in asked)

    def rejected_collection(self, collection_id: str) -> str | None:
        """``"collection_filter"`` where that leaves the whole collection out, else None."""
        return None if self._keys is None or collection_id in self._keys else "collection_filter"

    def rejected_assets(self, collection_id: str, assets: Sequence[AssetNames]) -> list[str | None]:
        """For each asset the first filter that leaves it out whatever its item, else None."""
        kept: Collection[str] = ()
        if self._keys is not None:
            if collection_id not in self._keys:
                return ["collection_filter"] * len(assets)
            kept = self._keys[collection_id]
        return [
            # Of a collection without keys named all are kept.
            "collection_filter"
            if kept and key not in kept
            else self._rejected_by_assets(key, media_type, roles)
            for key, media_type, roles in assets
        ]

    def _rejected_by_assets(self, key: str, media_type: str | None, roles: tuple[str, ...]) -> str | None:
        return None if self._assets is None or self._assets.keeps(key, media_type, roles) else "assets"

    def judge(self, batch: Sequence[Subject]) -> list[Verdict]:
        """What becomes of each item, and of each collection, by all filters but ``max_items``."""
        verdicts = [self._without_place(subject) for subject in batch]
        if self._place is not None:
            self._judge_places(self._place, batch, verdicts)
        if self._cql2 is not None or self._sample is not None:
            for position, subject in enumerate(batch):
                if verdicts[position] is None and subject.item_id is not None:
                    verdicts[position] = self._after_place(subject, subject.item_id)
        return verdicts

    def next_item(self) -> str | None:
        """``"max_items"`` where so many items were left before this one, in catalog order; else None."""
        if self._more_items is None:
            return None
        self._more_items -= 1
        return "max_items" if self._more_items < 0 else None

    def _judge_places(self, place: PlaceFilter, batch: Sequence[Subject], verdicts: list[Verdict]) -> None:
        undecided = [n for n, each in enumerate(batch) if each.item_id and verdicts[n] is None]
        found = place.judge([batch[position].place for position in undecided])
        for position, in_place in zip(undecided, found, strict=True):
            if in_place is None:
                self._count_missing(place.name)
            elif in_place is not True:
                verdicts[position] = in_place or place.name

    def _after_place(self, subject: Subject, item_id: str) -> str | None:
        """What the filters say that come after the one of places."""
        if self._cql2 is not None and not self._cql2.keeps(
            subject.collection_id, item_id, subject.properties_json, subject.place.geometry_json
        ):
            return "filter"
        if self._sample is not None and not self._sample.keeps(subject.collection_id, item_id):
            return "sample"
        return None

    def _without_place(self, subject: Subject) -> Verdict:
        """What the filters that come before the one of places say."""
        rejected_by = self.rejected_collection(subject.collection_id)
        if rejected_by or subject.item_id is None:
            return rejected_by
        if self._ids is not None and subject.item_id not in self._ids:
            return "ids"
        if self._interval is None:
            return None
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


def _cql2_filter(cql2_json: Mapping[str, Any]) -> "Cql2Filter":
    from .cql2_filter import Cql2Filter  # noqa: PLC0415 - only who asks for such a filter pays for it

    return Cql2Filter(cql2_json)
