"""The catalog read once into the manifest: every object parsed once and judged once."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from ..exceptions import UnknownInFilter
from ..sources.source import Catalog
from .catalog_rows import CatalogRows
from .filters import Filters, Subject, nearest
from .item_records import item_record
from .manifest import Manifest
from .options import DownloadOptions
from .place_filter import Place
from .records import ItemRecord, Times
from .report import ErrorReport, Failure

BROKEN = "broken"
"""What the manifest says of an item that a filter could not judge, because its data is broken."""

# Under 0.01 s of work, so that transfers under way do not wait for more of it.
_ITEMS_AT_ONCE = 100
_JUDGED = """
SELECT number, collection_id, item_id, bbox_json, geometry_json,
       single_datetime, start_datetime, end_datetime, rejected_by
FROM items WHERE number > :after ORDER BY number LIMIT :rows
"""
_OF_ITS_ITEM = "(SELECT {} FROM items WHERE number = hrefs.item)"
_JUDGE_ASSETS = "UPDATE hrefs SET rejected_by = {now} WHERE rejected_by IS NOT {now}"


def read_catalog(catalog: Catalog, rows: CatalogRows, filters: Filters, errors: ErrorReport) -> Iterator[int]:
    """Write every item and asset of ``catalog`` down, judged; what is broken is reported.

    A few at a time: after each, and whenever the catalog has nothing yet, the number of the last
    asset that was written is handed out.
    """
    for batch in _batches(_records(catalog, rows, errors)):
        verdicts = _verdicts(filters, [_subject(record) for record in batch], errors, catalog.dataset_id)
        for record, verdict in zip(batch, verdicts, strict=True):
            keys = [asset.key for asset in record.assets]
            rows.add(record, verdict, filters.rejected_keys(record.collection_id, keys))
        rows.flush()
        yield rows.last_href
    rows.flush()


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
        subjects = [Subject(row[1], row[2], Place(*row[3:5]), _properties(Times(*row[5:8]))) for row in batch]
        verdicts = _verdicts(filters, subjects, errors, dataset_id)
        changed = [(now, row[0]) for row, now in zip(batch, verdicts, strict=True) if now != row[8]]
        connection.executemany("UPDATE items SET rejected_by = ? WHERE number = ?", changed)
    now = _OF_ITS_ITEM.format("rejected_by")
    if filters.look_at_keys:
        connection.create_function("rejected_key", 2, lambda id_, key: filters.rejected_keys(id_, [key])[0])
        now = f"COALESCE(rejected_key({_OF_ITS_ITEM.format('collection_id')}, asset_key), {now})"
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


def _records(catalog: Catalog, rows: CatalogRows, errors: ErrorReport) -> Iterator[ItemRecord | None]:
    """The records of the catalog; its files are noted, and what is broken is reported, on the way."""
    for source_object in catalog.objects():
        if source_object is None:
            yield None
            continue
        if source_object.error is None:
            rows.add_member(source_object.place, source_object.size_bytes, source_object.mtime_s)
        record = item_record(source_object, catalog.dataset_id)
        if isinstance(record, Failure):
            errors.add(record)
        elif record is not None:
            for failure in record.broken:
                errors.add(failure)
            yield record


def _subject(record: ItemRecord) -> Subject:
    place = Place(record.bbox_json, record.geometry_json)
    return Subject(record.collection_id, record.item_id, place, _properties(record.times))


def _properties(times: Times) -> dict[str, object]:
    return {
        "datetime": times.datetime,
        "start_datetime": times.start_datetime,
        "end_datetime": times.end_datetime,
    }


def check_names(options: DownloadOptions, manifest: Manifest) -> None:
    """Refuse a collection filter that names a collection or key the catalog does not have.

    Raises:
        UnknownInFilter: It names the nearest ones that are there.
    """
    if options.collection_filter is None:
        return
    keys = _keys_by_collection(manifest)
    for collection_id, asked in options.collection_filter.items():
        if collection_id not in keys:
            raise UnknownInFilter(
                f'collection_filter names the collection "{collection_id}", '
                f'which "{options.dataset_id}" does not have. ' + _instead(collection_id, list(keys))
            )
        for key in asked:
            if key not in keys[collection_id]:
                raise UnknownInFilter(
                    f'collection_filter names the asset key "{key}", '
                    f'which no item of "{collection_id}" has. ' + _instead(key, list(keys[collection_id]))
                )


def _keys_by_collection(manifest: Manifest) -> dict[str, set[str]]:
    """The asset keys of every collection, in one look at the rows however many are asked for."""
    rows = manifest.connection.execute("SELECT DISTINCT collection_id FROM items")
    keys: dict[str, set[str]] = {collection_id: set() for (collection_id,) in rows}
    rows = manifest.connection.execute(
        "SELECT DISTINCT collection_id, asset_key FROM hrefs JOIN items ON items.number = hrefs.item"
    )
    for collection_id, key in rows:
        keys[collection_id].add(key)
    return keys


def _instead(name: str, known: list[str]) -> str:
    close = nearest(name, known)
    if close:
        return "Did you mean " + " or ".join(f'"{other}"' for other in close) + "?"
    shown = sorted(known)[:20]
    return (
        "It has: "
        + ", ".join(f'"{other}"' for other in shown)
        + (", ..." if len(known) > len(shown) else ".")
    )
