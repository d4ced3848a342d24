"""The catalog read once into the manifest: every object parsed once and judged once."""

from dataclasses import dataclass, field

from ..exceptions import UnknownInFilter
from ..sources.source import Source
from .filters import BrokenPlace, Filters, nearest
from .intervals import BrokenTime
from .item_records import ItemRecord, item_record
from .manifest import Manifest
from .options import DownloadOptions
from .report import ErrorReport, Failure

BROKEN = "broken"
"""What the manifest says of an item that a filter could not judge, because its data is broken."""


@dataclass(slots=True)
class Index:
    """What reading the catalog found.

    Attributes:
        missing: Items without a place or a time, by what they lack, that a filter kept.
    """

    missing: dict[str, int] = field(default_factory=dict)


def read_catalog(source: Source, manifest: Manifest, filters: Filters, errors: ErrorReport) -> Index:
    """Write every item and asset of ``source`` into the manifest, judged; what is broken is reported."""
    manifest.forget_catalog()
    index = Index()
    for source_object in source.objects():
        record = item_record(source_object, source.dataset_id)
        if isinstance(record, Failure):
            errors.add(record)
        elif record is not None:
            for failure in record.broken:
                errors.add(failure)
            _write(record, source.dataset_id, manifest, filters, errors)
    manifest.connection.commit()
    index.missing = dict(filters.missing)
    return index


def _write(
    record: ItemRecord, dataset_id: str, manifest: Manifest, filters: Filters, errors: ErrorReport
) -> None:
    try:
        rejected_by = _rejected_by(record, filters)
    except (BrokenPlace, BrokenTime) as error:
        errors.add(Failure(str(error), dataset_id, record.collection_id, record.item_id))
        rejected_by = BROKEN
    manifest.add(
        record,
        rejected_by,
        (
            None if filters.keeps_key(record.collection_id, asset.key) else "collection_filter"
            for asset in record.assets
        ),
    )


def _rejected_by(record: ItemRecord, filters: Filters) -> str | None:
    if record.item_id is None:
        return filters.rejected_collection(record.collection_id)
    return filters.rejected_by(record.collection_id, record.bbox, record.geometry, record.properties)


def check_names(options: DownloadOptions, manifest: Manifest) -> None:
    """Refuse a collection filter that names a collection or key the catalog does not have.

    Raises:
        UnknownInFilter: It names the nearest ones that are there.
    """
    if options.collection_filter is None:
        return
    known = [row[0] for row in manifest.connection.execute("SELECT DISTINCT collection_id FROM items")]
    for collection_id, keys in options.collection_filter.items():
        if collection_id not in known:
            raise UnknownInFilter(
                f'collection_filter names the collection "{collection_id}", '
                f'which "{options.dataset_id}" does not have. ' + _instead(collection_id, known)
            )
        if keys:
            _check_keys(collection_id, keys, manifest)


def _check_keys(collection_id: str, keys: tuple[str, ...], manifest: Manifest) -> None:
    known = [
        row[0]
        for row in manifest.connection.execute(
            "SELECT DISTINCT asset_key FROM hrefs JOIN items ON items.number = hrefs.item"
            " WHERE collection_id = ?",
            (collection_id,),
        )
    ]
    for key in keys:
        if key not in known:
            raise UnknownInFilter(
                f'collection_filter names the asset key "{key}", which no item of "{collection_id}" has. '
                + _instead(key, known)
            )


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
