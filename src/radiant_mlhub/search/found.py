"""The items of a source that the filters of a download, and phrases, leave."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..download.filters import Filters
from ..download.index import details_of, subject_of
from ..download.item_records import item_record
from ..download.options import DownloadOptions
from ..download.records import Details, ItemRecord
from ..download.wanted import wanted_of
from ..sources.described import OpenSource
from ..sources.item_index import ItemIndex
from ..sources.parsing import parsed
from ..sources.source import SourceObject
from ..transfer import RequestFor
from .reading import objects_of
from .texts import has_phrases, words_of_item

_JUDGED_AT_ONCE = 100

Item = Mapping[str, Any]


def found_items(
    source: OpenSource, options: DownloadOptions, phrases: Sequence[str], request_for: RequestFor
) -> Iterator[Item]:
    """The JSON of each item that all filters leave, in the source's order; what is broken is left out.

    Args:
        source: The source.
        options: The filters, checked; what else they say is of no account.
        phrases: Words that have to stand in an item's texts one after the other; every phrase.
        request_for: How addresses are asked for.

    Raises:
        CatalogBroken: The source cannot be read.
        TransferFailed: It cannot be had.
    """
    wanted = wanted_of(options)
    filters, details = Filters(options), details_of(options)
    if isinstance(source, ItemIndex):
        yield from _left(source.items(wanted, phrases), source.dataset_id, filters, phrases, details)
        return
    with objects_of(source, wanted, request_for) as objects:
        yield from _left(objects, source.dataset_id, filters, phrases, details)


def _left(
    objects: Iterable[SourceObject],
    dataset_id: str,
    filters: Filters,
    phrases: Sequence[str],
    details: Details,
) -> Iterator[Item]:
    candidates = _items(objects, dataset_id, details)
    while batch := list(islice(candidates, _JUDGED_AT_ONCE)):
        verdicts = filters.judge([subject_of(record) for _, record in batch])
        for (body, _), verdict in zip(batch, verdicts, strict=True):
            if verdict is None and (not phrases or has_phrases(words_of_item(body), phrases)):
                yield body


def _items(
    objects: Iterable[SourceObject], dataset_id: str, details: Details
) -> Iterator[tuple[Item, ItemRecord]]:
    for each in objects:
        whole = parsed(each)
        record = item_record(each, dataset_id, details)
        if isinstance(record, ItemRecord) and record.item_id is not None and whole.body is not None:
            yield whole.body, record
