"""The catalog read once into the manifest: every object parsed once and judged once."""

from collections.abc import Iterator
from itertools import islice

from ..exceptions import UnknownInFilter
from ..sources.source import Source
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


def read_catalog(source: Source, rows: CatalogRows, filters: Filters, errors: ErrorReport) -> Iterator[int]:
    """Write every item and asset of ``source`` down, judged; what is broken is reported.

    A few at a time: after each, the number of the last asset that was written is handed out.
    """
    records = _records(source, rows, errors)
    while batch := list(islice(records, _ITEMS_AT_ONCE)):
        verdicts = iter(filters.judge([_subject(record) for record in batch if record.item_id]))
        for record in batch:
            verdict = next(verdicts) if record.item_id else filters.rejected_collection(record.collection_id)
            if isinstance(verdict, ValueError):
                errors.add(Failure(str(verdict), source.dataset_id, record.collection_id, record.item_id))
                verdict = BROKEN
            keys = [asset.key for asset in record.assets]
            rows.add(record, verdict, filters.rejected_keys(record.collection_id, keys))
        rows.flush()
        yield rows.last_href
    rows.flush()


def _records(source: Source, rows: CatalogRows, errors: ErrorReport) -> Iterator[ItemRecord]:
    """The records of the source; its files are noted, and what is broken is reported, on the way."""
    for source_object in source.objects():
        if source_object.error is None:
            rows.add_member(source_object.place, source_object.size_bytes, source_object.mtime_s)
        record = item_record(source_object, source.dataset_id)
        if isinstance(record, Failure):
            errors.add(record)
        elif record is not None:
            for failure in record.broken:
                errors.add(failure)
            yield record


def _subject(record: ItemRecord) -> Subject:
    place = Place(record.bbox_json, record.geometry_json)
    return Subject(record.collection_id, place, _properties(record.times))


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
