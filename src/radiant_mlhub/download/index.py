"""The catalog read once into the manifest: every object parsed once and judged once."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from ..sources.source import Catalog
from .catalog_rows import CatalogRows
from .filters import Filters, Subject
from .item_records import item_record
from .manifest import Manifest
from .options import DownloadOptions
from .place_filter import Place
from .records import NO_DETAILS, Details, ItemRecord, Times
from .report import ErrorReport, Failure

BROKEN = "broken"
"""What the manifest says of an item that a filter could not judge, because its data is broken."""

# Under 0.01 s of work, so that transfers under way do not wait for more of it.
_ITEMS_AT_ONCE = 100
_JUDGED = """
SELECT number, collection_id, item_id, bbox_json, geometry_json,
       single_datetime, start_datetime, end_datetime, properties_json, rejected_by
FROM items WHERE number > :after ORDER BY number LIMIT :rows
"""
_OF_ITS_ITEM = "(SELECT {} FROM items WHERE number = hrefs.item)"
_JUDGE_ASSETS = "UPDATE hrefs SET rejected_by = {now} WHERE rejected_by IS NOT {now}"


def details_of(options: DownloadOptions) -> Details:
    """What the filters asked for look at besides what every download keeps."""
    return Details(properties=options.filter is not None, sources=options.takes_a_part)


def read_catalog(
    catalog: Catalog, rows: CatalogRows, filters: Filters, errors: ErrorReport, wanted: Details = NO_DETAILS
) -> Iterator[int]:
    """Write every item and asset of ``catalog`` down, judged; what is broken is reported.

    A few at a time: after each, and whenever the catalog has nothing yet, the number of the last
    asset that was written is handed out.
    """
    for batch in _batches(_records(catalog, rows, errors, wanted)):
        verdicts = _first_verdicts(filters, batch, errors, catalog.dataset_id)
        for record, verdict in zip(batch, verdicts, strict=True):
            rejected = _rejected_assets(filters, record)
            is_left = verdict is None and record.item_id is not None and None in rejected
            rows.add(record, filters.next_item() if is_left else verdict, rejected)
        rows.flush()
        yield rows.last_href
    rows.flush()


def _first_verdicts(
    filters: Filters, batch: list[ItemRecord], errors: ErrorReport, dataset_id: str
) -> Iterable[str | None]:
    if not filters.look_at_items:
        return [filters.rejected_collection(record.collection_id) for record in batch]
    return _verdicts(filters, [subject_of(record) for record in batch], errors, dataset_id)


def _batches(records: Iterator[ItemRecord | None]) -> Iterator[list[ItemRecord]]:
    """A few records at a time; fewer, or none, where there are no more yet."""
    batch: list[ItemRecord] = []
    for record in records:
        if record is not None:
            batch.append(record)
        if record is None or len(batch) == _ITEMS_AT_ONCE:
            yield batch
            batch = []
    yield batch


def judge_again(manifest: Manifest, filters: Filters, errors: ErrorReport, dataset_id: str) -> None:
    """Judge the rows that are there by other filters; nothing is committed."""
    connection = manifest.connection
    for batch in _in_batches(manifest.pages(_JUDGED), _ITEMS_AT_ONCE):
        subjects = [
            Subject(row[1], row[2], Place(*row[3:5]), _properties(Times(*row[5:8])), row[8]) for row in batch
        ]
        verdicts = _verdicts(filters, subjects, errors, dataset_id)
        changed = [(now, row[0]) for row, now in zip(batch, verdicts, strict=True) if now != row[9]]
        connection.executemany("UPDATE items SET rejected_by = ? WHERE number = ?", changed)
    now = _OF_ITS_ITEM.format("rejected_by")
    if filters.look_at_assets:
        kinds = manifest.kinds()
        connection.create_function(
            "rejected_asset", 3, lambda id_, key, kind: filters.rejected_assets(id_, [(key, *kinds[kind])])[0]
        )
        now = f"COALESCE(rejected_asset({_OF_ITS_ITEM.format('collection_id')}, asset_key, kind), {now})"
    connection.execute(_JUDGE_ASSETS.format(now=now))


def _in_batches(rows: Iterator[tuple[Any, ...]], size: int) -> Iterator[list[tuple[Any, ...]]]:
    while batch := list(islice(rows, size)):
        yield batch


def _verdicts(
    filters: Filters, subjects: list[Subject], errors: ErrorReport, dataset_id: str
) -> Iterator[str | None]:
    """What the filters say of items and collections; what they cannot judge is reported."""
    for subject, verdict in zip(subjects, filters.judge(subjects), strict=True):
        if isinstance(verdict, ValueError):
            errors.add(Failure(str(verdict), dataset_id, subject.collection_id, subject.item_id))
            yield BROKEN
        else:
            yield verdict


def _records(
    catalog: Catalog, rows: CatalogRows, errors: ErrorReport, wanted: Details
) -> Iterator[ItemRecord | None]:
    """The records of the catalog; its files are noted, and what is broken is reported, on the way."""
    for source_object in catalog.objects():
        if source_object is None:
            yield None
            continue
        if source_object.error is None and source_object.plain is None:
            rows.add_member(source_object.place, source_object.size_bytes, source_object.mtime_s)
        record = item_record(source_object, catalog.dataset_id, wanted)
        if isinstance(record, Failure):
            errors.add(record)
        elif record is not None:
            for failure in record.broken:
                errors.add(failure)
            yield record


def subject_of(record: ItemRecord) -> Subject:
    """What the filters look at of an item."""
    place = Place(record.bbox_json, record.geometry_json)
    properties = _properties(record.times)
    return Subject(record.collection_id, record.item_id, place, properties, record.properties_json)


def _rejected_assets(filters: Filters, record: ItemRecord) -> list[str | None]:
    if not filters.look_at_assets:
        return [None] * len(record.assets)
    assets = [(asset.key, asset.media_type, asset.roles) for asset in record.assets]
    return filters.rejected_assets(record.collection_id, assets)


def _properties(times: Times) -> dict[str, object]:
    return {
        "datetime": times.datetime,
        "start_datetime": times.start_datetime,
        "end_datetime": times.end_datetime,
    }
