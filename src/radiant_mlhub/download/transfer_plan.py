"""What the manifest's rows ask of the engine: one ``Transfer`` for each path that is wanted."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import layout
from ..if_exists import DownloadIfExistsOpts
from ..transfer import FileRecord, Transfer, free_bytes
from .asking import BY_ITS_HREF, Asking
from .manifest import Manifest, alternates_of

if TYPE_CHECKING:
    from .uploads import Uploads

_WANTED = """
FROM hrefs JOIN items ON items.number = hrefs.item
     LEFT JOIN files ON files.save_path = hrefs.save_path
WHERE hrefs.rejected_by IS NULL
"""
_PLANNED = f"""
{_WANTED} AND (NOT is_shared OR hrefs.number IN (SELECT number FROM first_of_shared))
"""  # noqa: S608 - names of ours
_COLUMNS = """
SELECT hrefs.number, collection_id, item_id, asset_key, hrefs.href, hrefs.save_path, is_common,
       hrefs.size_bytes, hrefs.digests,
       (SELECT addresses FROM alternates WHERE alternates.href = hrefs.number),
       files.href, files.size_bytes, files.mtime_ns, files.validator, files.digest, files.verified_by
"""
_NEXT = "AND hrefs.number > :after ORDER BY hrefs.number LIMIT :rows"
_AHEAD_PAGE = f"{_COLUMNS} {_WANTED} AND NOT waits AND hrefs.number <= :last {_NEXT}"
_PAGE = f"{_COLUMNS} {_WANTED} AND NOT waits {_NEXT}"
_LATE_PAGE = f"{_COLUMNS} {_PLANNED} AND waits {_NEXT}"
_EVERY_PAGE = f"{_COLUMNS} {_PLANNED} {_NEXT}"
_EXPECTED = f"""
SELECT TOTAL(bytes_named + files_unnamed * COALESCE(mean, 0)) FROM (
    SELECT TOTAL(CASE WHEN files.save_path IS NULL THEN hrefs.size_bytes END) AS bytes_named,
           SUM(files.save_path IS NULL AND hrefs.size_bytes IS NULL) AS files_unnamed,
           AVG(files.size_bytes) AS mean
    {_PLANNED} GROUP BY asset_key
)
"""  # noqa: S608 - names of ours
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


class Plan:
    """What one run has to do: a record for what is here as recorded, a transfer for the rest.

    Whatever is not plainly as recorded is left to the engine, which looks closer. Files
    come in catalog order, but for those that wait until all paths are settled (common assets,
    contested paths): they are last.
    """

    def __init__(
        self,
        manifest: Manifest,
        folder: Path,
        if_exists: DownloadIfExistsOpts,
        asking: Asking = BY_ITS_HREF,
        uploads: "Uploads | None" = None,
    ) -> None:
        """Take where files are to lie.

        Args:
            manifest: What is wanted, and what is recorded.
            folder: The folder of the assets.
            if_exists: What to do with files that are there.
            asking: At which addresses a file may be asked for.
            uploads: Knows which files went on to a bucket.
        """
        self._uploads = uploads
        self._manifest = manifest
        self._folder = folder
        self._root = str(folder)
        self._if_exists = if_exists
        self._asking = asking
        self._here = _Folders(folder)
        self._is_fresh = not any(folder.glob("*/"))
        self._done = 0
        self._free_bytes = free_bytes(folder)

    def ahead(self, last: int, rows: int) -> Iterator[Transfer | FileRecord]:
        """The next files whose path is certain while the catalog is still being read.

        As long as the sizes that the catalog names fit on the disk: what comes after them waits
        for the check of the whole plan.

        Args:
            last: Number of the last asset that was written down.
            rows: How many at most.
        """
        asked = {"after": self._done, "last": last, "rows": rows}
        page = self._manifest.connection.execute(_AHEAD_PAGE, asked).fetchall()
        for row in map(_row, page):
            self._free_bytes -= row.size_bytes or 0
            if self._free_bytes < 0:
                return
            self._done = row.number
            yield self._judged(row)
        if len(page) < rows:
            self._done = last

    def settle(self) -> PlanSize:
        """Choose, of rows that share a path, the one that is fetched: the first that the filters leave."""
        connection = self._manifest.connection
        connection.execute("DROP TABLE IF EXISTS temp.first_of_shared")
        connection.execute("CREATE TEMP TABLE first_of_shared (number INTEGER PRIMARY KEY)")
        connection.execute(
            "INSERT INTO first_of_shared SELECT MIN(number) FROM hrefs"
            " WHERE is_shared AND rejected_by IS NULL GROUP BY save_path"
        )
        row = connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(hrefs.size_bytes), 0), COUNT(*) - COUNT(hrefs.size_bytes),"
            " COALESCE(SUM(CASE WHEN files.save_path IS NULL THEN hrefs.size_bytes END), 0)" + _PLANNED
        ).fetchone()
        connection.commit()
        return PlanSize(*row)

    def rest(self) -> Iterator[Transfer | FileRecord]:
        """All that is left, once the plan is settled."""
        for query, after in ((_PAGE, self._done), (_LATE_PAGE, 0)):
            for page_row in self._manifest.pages(query, after):
                yield self._judged(_row(page_row))

    def bytes_missing(self) -> int:
        """Sum of what the planned files still need on disk, as far as the catalog names their sizes."""
        missing = 0
        for row in map(_row, self._manifest.pages(_EVERY_PAGE)):
            places = (self._folder / row.save_path, Path(self._elsewhere(row) or ""))
            missing += max((row.size_bytes or 0) - max(map(_size_at, places)), 0)
        begun = sum(_bytes_used(part) for part in self._folder.rglob(".*.part"))
        return max(missing - begun, 0)

    def bytes_expected(self) -> int:
        """What is still to come, about: sizes that the catalog names, else the mean of the files of that key.

        Keys of which no file has come yet count as nothing.
        """
        row = self._manifest.connection.execute(_EXPECTED).fetchone()
        return int(row[0])

    def _judged(self, row: "_Row") -> Transfer | FileRecord:
        may_keep = self._if_exists is not DownloadIfExistsOpts.overwrite
        if may_keep and row.recorded is not None and self._is_kept(row, row.recorded):
            return row.recorded
        # What lies there came from another address: nothing of it can be kept.
        replaces_another = row.recorded_href not in (None, row.href)
        return Transfer(
            href=row.href,
            target=f"{self._root}{os.sep}{row.save_path.replace('/', os.sep)}",
            root=self._root,
            ident=row.number,
            if_exists="overwrite" if replaces_another else self._if_exists.value,
            record=row.recorded,
            size_bytes=row.size_bytes,
            digests=tuple((row.digests or "").split()),
            elsewhere=self._elsewhere(row),
            addresses=self._asking.addresses(row.href, alternates_of(row.alternates)),
        )

    def _is_kept(self, row: "_Row", record: FileRecord) -> bool:
        if not _is_as_named(row, record):
            return False
        if self._uploads is not None and self._uploads.holds(row.save_path, record):
            return True
        return _is_as_recorded(row, record, self._here)

    def _elsewhere(self, row: "_Row") -> str | None:
        """Where client 0.5.5 left this very asset, if that is another place than ours.

        Where several want one path, nobody knows whose bytes lie there: it kept one copy of a common
        asset a collection, whatever its items said, and one of all assets of one name. Besides, what
        lies there may be the file of another, fetched by this run.
        """
        if self._is_fresh or "~" in row.save_path:
            return None
        if row.is_common and row.save_path.split("/")[-2] != layout.COMMON_FOLDER:
            return None
        original = layout.original_path(row.collection_id, row.item_id, row.asset_key, row.href)
        return None if original in (None, row.save_path) else str(self._folder / str(original))


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
    alternates: str | None
    recorded_href: str | None
    recorded: FileRecord | None


def _row(columns: tuple[Any, ...]) -> _Row:
    href, recorded_href = columns[4], columns[10]
    return _Row._make((*columns[:11], FileRecord(*columns[11:]) if recorded_href == href else None))


def asset_of(manifest: Manifest, number: int) -> tuple[str, str | None, str, str]:
    """Collection, item, key and href of a row: what the error report names."""
    row = manifest.connection.execute(
        "SELECT collection_id, item_id, asset_key, href FROM hrefs"
        " JOIN items ON items.number = hrefs.item WHERE hrefs.number = ?",
        (number,),
    ).fetchone()
    return row[0], row[1], row[2], row[3]


def _is_as_named(row: _Row, record: FileRecord) -> bool:
    """Whether the catalog says nothing else of the file than what is recorded."""
    if row.size_bytes not in (None, record.size_bytes):
        return False
    return row.digests is None or record.digest in row.digests.split()


def _is_as_recorded(row: _Row, record: FileRecord, here: "_Folders") -> bool:
    """Whether the file has the recorded size and time."""
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


def asset_at(manifest: Manifest, save_path: str) -> tuple[str | None, ...]:
    """The same of a row that has this path, one that is wanted before others; empty without any."""
    row = manifest.connection.execute(
        "SELECT number FROM hrefs WHERE save_path = ? ORDER BY rejected_by IS NOT NULL, number LIMIT 1",
        (save_path,),
    ).fetchone()
    return () if row is None else asset_of(manifest, row[0])


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
    return min(status.st_size, getattr(status, "st_blocks", status.st_size) * _BLOCK_BYTES)
