"""What the manifest's rows ask of the engine: one ``Transfer`` for each path that is wanted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .. import layout
from ..if_exists import DownloadIfExistsOpts
from ..transfer import Transfer
from .manifest import Manifest

_PLAN = """
CREATE TEMP TABLE plan AS
    SELECT MIN(hrefs.number) AS number
    FROM hrefs JOIN items ON items.number = hrefs.item
    WHERE COALESCE(hrefs.rejected_by, items.rejected_by) IS NULL
    GROUP BY hrefs.save_path ORDER BY 1
"""
_PAGE = """
SELECT plan.number, collection_id, item_id, asset_key, hrefs.href, hrefs.save_path, is_common,
       hrefs.size_bytes, hrefs.digests, files.href
FROM plan JOIN hrefs USING (number) JOIN items ON items.number = hrefs.item
     LEFT JOIN files ON files.save_path = hrefs.save_path
WHERE plan.number > :after ORDER BY plan.number LIMIT :rows
"""


@dataclass(frozen=True, slots=True)
class PlanSize:
    """How much is wanted.

    Attributes:
        files: Distinct paths.
        bytes_known: Sum of the sizes the catalog names.
        sizes_unknown: Paths of which it names none.
    """

    files: int
    bytes_known: int
    sizes_unknown: int


def make_plan(manifest: Manifest) -> PlanSize:
    """Settle which rows are fetched: the first of every path that the filters leave."""
    manifest.connection.execute("DROP TABLE IF EXISTS temp.plan")
    manifest.connection.execute(_PLAN)
    files, known, unknown = manifest.connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(size_bytes), 0), COUNT(*) - COUNT(size_bytes)"
        " FROM plan JOIN hrefs USING (number)"
    ).fetchone()
    return PlanSize(files, known, unknown)


class _Row(NamedTuple):
    """A row of the plan, with the href of what is recorded at its path."""

    number: int
    collection_id: str
    item_id: str | None
    asset_key: str
    href: str
    save_path: str
    is_common: int
    size_bytes: int | None
    digests: str | None
    recorded_href: str | None


def transfers(manifest: Manifest, folder: Path, if_exists: DownloadIfExistsOpts) -> Iterator[Transfer]:
    """The plan as transfers, in catalog order, read from the manifest in pages."""
    for row in map(_Row._make, manifest.pages(_PAGE)):
        # What lies there came from another address: nothing of it can be kept.
        replaces_another = row.recorded_href not in (None, row.href)
        yield Transfer(
            href=row.href,
            target=str(folder / row.save_path),
            root=str(folder),
            ident=row.number,
            if_exists="overwrite" if replaces_another else if_exists.value,
            record=manifest.file_record(row.save_path, row.href) if row.recorded_href else None,
            size_bytes=row.size_bytes,
            digests=tuple((row.digests or "").split()),
            elsewhere=_elsewhere(folder, row),
        )


def kept_by_record(manifest: Manifest, folder: Path) -> int:
    """How many planned files are on disk as recorded, by size and time alone."""
    kept = 0
    for row in map(_Row._make, manifest.pages(_PAGE)):
        record = manifest.file_record(row.save_path, row.href) if row.recorded_href else None
        if record is None:
            continue
        try:
            status = (folder / row.save_path).lstat()
        except OSError:
            continue
        kept += (status.st_size, status.st_mtime_ns) == (record.size_bytes, record.mtime_ns)
    return kept


def asset_of(manifest: Manifest, number: int) -> tuple[str, str | None, str, str]:
    """Collection, item, key and href of a row: what the error report names."""
    row = manifest.connection.execute(
        "SELECT collection_id, item_id, asset_key, href FROM hrefs"
        " JOIN items ON items.number = hrefs.item WHERE hrefs.number = ?",
        (number,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]


def _elsewhere(folder: Path, row: _Row) -> str | None:
    """Where client 0.5.5 left this very asset, if that is another place than ours.

    It kept one copy of a common asset a collection, whatever its items said: with several
    addresses there, nobody knows whose bytes those are, and the copy is left alone.
    """
    if row.is_common and Path(row.save_path).parent.name != layout.COMMON_FOLDER:
        return None
    original = layout.original_path(row.collection_id, row.item_id, row.asset_key, row.href)
    return None if original in (None, row.save_path) else str(folder / str(original))
