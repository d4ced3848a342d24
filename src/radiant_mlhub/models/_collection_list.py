"""The collections of a dataset: a list that also knows their types, and what is missing."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import NamedTuple

from ._display import collections_html
from .collection import Collection


class CollectionType(Enum):
    """What a collection of a dataset holds."""

    SOURCE = "source_imagery"
    LABELS = "labels"


class _CollectionWithType(NamedTuple):
    """A collection, and what the dataset says it holds: source imagery, labels, or both."""

    collection: Collection
    types: list[CollectionType]


class _CollectionList(list[Collection]):
    """Each collection once, in the dataset's order.

    Attributes:
        source_imagery: Those that hold source imagery.
        labels: Those that hold labels. One that holds both is in both.
        missing: Why a collection of the dataset is not in the list, by its id.
    """

    def __init__(
        self,
        collections: Iterable[_CollectionWithType] = (),
        missing: Mapping[str, Exception] | None = None,
    ) -> None:
        with_types = list(collections)
        super().__init__(entry.collection for entry in with_types)
        self.source_imagery = [c for c, types in with_types if CollectionType.SOURCE in types]
        self.labels = [c for c, types in with_types if CollectionType.LABELS in types]
        self.missing: dict[str, Exception] = dict(missing or {})

    def _repr_html_(self) -> str:
        return collections_html(self)
