"""What the manifest's rows ask of the engine: one ``Transfer`` for each path that is wanted."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .. import layout
from ..if_exists import DownloadIfExistsOpts
from ..transfer import FileRecord, Transfer
from .manifest import Manifest

_PLANNED = """
FROM hrefs JOIN items ON items.number = hrefs.item
     LEFT JOIN files ON files.save_path = hrefs.save_path
WHERE hrefs.rejected_by IS NULL
      AND (NOT is_shared OR hrefs.number IN (SELECT number FROM first_of_shared))
"""
_PAGE = f"""
SELECT hrefs.number, collection_id, item_id, asset_key, hrefs.href, hrefs.save_path, is_common,
       hrefs.size_bytes, hrefs.digests,
       files.href, files.size_bytes, files.mtime_ns, files.validator, files.digest, files.verified_by
{_PLANNED} AND hrefs.number > :after ORDER BY hrefs.number LIMIT :rows
"""
_FOLDERS_REMEMBERED = 1000
_BLOCK_BYTES = 512  # of st_blocks, on every POSIX system


@dataclass(frozen=True, slots=True)
class PlanSize:
    """How much is wanted.

    Attributes:
        files: Distinct paths.
        bytes_known: Sum of the sizes the catalog names.
        sizes_unknown: Paths of which it names none.
        bytes_to_come: Sum of the sizes of files that are not recorded as complete.
    """

    files: int
    bytes_known: int
    sizes_unknown: int
    bytes_to_come: int


def make_plan(manifest: Manifest) -> PlanSize:
    """Settle which rows are fetched: the first of every path that the filters leave."""
    manifest.connection.execute("DROP TABLE IF EXISTS temp.first_of_shared")
    manifest.connection.execute(
        "CREATE TEMP TABLE first_of_shared (number INTEGER PRIMARY KEY)",
    )
    manifest.connection.execute(
        "INSERT INTO first_of_shared SELECT MIN(number) FROM hrefs"
        " WHERE is_shared AND rejected_by IS NULL GROUP BY save_path"
    )
    row = manifest.connection.execute(
        "SELECT COUNT(*), COALESCE(SUM(hrefs.size_bytes), 0), COUNT(*) - COUNT(hrefs.size_bytes),"
        " COALESCE(SUM(CASE WHEN files.save_path IS NULL THEN hrefs.size_bytes END), 0)" + _PLANNED
    ).fetchone()
    manifest.connection.commit()
    return PlanSize(*row)


class _Row(NamedTuple):
    """A row of the plan, with what is recorded at its path."""

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
    recorded: FileRecord | None


def planned(
    manifest: Manifest, folder: Path, if_exists: DownloadIfExistsOpts
) -> Iterator[Transfer | FileRecord]:
    """The plan in catalog order: a record for what is here as recorded, a transfer for the rest.

    Whatever is not plainly as recorded is left to the engine, which looks closer.
    """
    here = _Folders(folder)
    may_keep = if_exists is not DownloadIfExistsOpts.overwrite
    for row in _rows(manifest):
        if may_keep and row.recorded is not None and _is_as_recorded(row, row.recorded, here):
            yield row.recorded
        else:
            yield _transfer(row, folder, if_exists)


def kept_by_record(manifest: Manifest, folder: Path, if_exists: DownloadIfExistsOpts) -> int:
    """How many planned files are on disk as recorded, by size and time alone."""
    return sum(isinstance(each, FileRecord) for each in planned(manifest, folder, if_exists))


def bytes_missing(manifest: Manifest, folder: Path) -> int:
    """Sum of what the planned files still need on disk, as far as the catalog names their sizes."""
    missing = 0
    for row in _rows(manifest):
        places = (folder / row.save_path, Path(_elsewhere(folder, row) or ""))
        missing += max((row.size_bytes or 0) - max(map(_size_at, places)), 0)
    begun = sum(_bytes_used(part) for part in folder.rglob(".*.part"))
    return max(missing - begun, 0)


def asset_of(manifest: Manifest, number: int) -> tuple[str, str | None, str, str]:
    """Collection, item, key and href of a row: what the error report names."""
    row = manifest.connection.execute(
        "SELECT collection_id, item_id, asset_key, href FROM hrefs"
        " JOIN items ON items.number = hrefs.item WHERE hrefs.number = ?",
        (number,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]


def _rows(manifest: Manifest) -> Iterator[_Row]:
    """The plan, read in pages."""
    for row in manifest.pages(_PAGE):
        href, recorded_href = row[4], row[9]
        yield _Row._make((*row[:10], FileRecord(*row[10:]) if recorded_href == href else None))


def _transfer(row: _Row, folder: Path, if_exists: DownloadIfExistsOpts) -> Transfer:
    # What lies there came from another address: nothing of it can be kept.
    replaces_another = row.recorded_href not in (None, row.href)
    return Transfer(
        href=row.href,
        target=f"{folder}{os.sep}{row.save_path.replace('/', os.sep)}",
        root=str(folder),
        ident=row.number,
        if_exists="overwrite" if replaces_another else if_exists.value,
        record=row.recorded,
        size_bytes=row.size_bytes,
        digests=tuple((row.digests or "").split()),
        elsewhere=_elsewhere(folder, row),
    )


def _is_as_recorded(row: _Row, record: FileRecord, here: "_Folders") -> bool:
    """Whether the file has the recorded size and time, and the catalog says nothing else of it."""
    if row.size_bytes not in (None, record.size_bytes):
        return False
    if row.digests is not None and record.digest not in row.digests.split():
        return False
    parent, _, _ = row.save_path.rpartition("/")
    try:
        found = os.lstat(f"{here.root}/{row.save_path}")
    except OSError:
        return False
    return (
        found.st_size == record.size_bytes
        and found.st_mtime_ns == record.mtime_ns
        and stat.S_ISREG(found.st_mode)
        and here.are_plain(parent)
    )


class _Folders:
    """Remembers which folders are folders, and not links to somewhere else."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._plain: set[str] = {""}

    def are_plain(self, folder: str) -> bool:
        """Whether neither ``folder`` nor one above it, below the root, is a link."""
        if folder in self._plain:
            return True
        if not self.are_plain(folder.rpartition("/")[0]):
            return False
        if stat.S_ISLNK(os.lstat(f"{self.root}/{folder}").st_mode):
            return False
        if len(self._plain) > _FOLDERS_REMEMBERED:
            self._plain = {""}
        self._plain.add(folder)
        return True


def _size_at(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _bytes_used(path: Path) -> int:
    """What a file takes of the disk: a part may have holes."""
    try:
        status = path.lstat()
    except OSError:
        return 0
    return min(
        status.st_size, getattr(status, "st_blocks", status.st_size) * 512
    )  # POSIX's unit of st_blocks


def _elsewhere(folder: Path, row: _Row) -> str | None:
    """Where client 0.5.5 left this very asset, if that is another place than ours.

    It kept one copy of a common asset a collection, whatever its items said: with several
    addresses there, nobody knows whose bytes those are, and the copy is left alone.
    """
    if row.is_common and row.save_path.split("/")[-2] != layout.COMMON_FOLDER:
        return None
    original = layout.original_path(row.collection_id, row.item_id, row.asset_key, row.href)
    return None if original in (None, row.save_path) else str(folder / str(original))
