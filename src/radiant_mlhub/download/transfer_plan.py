"""What the manifest's rows ask of the engine: one ``Transfer`` for each path that is wanted."""

import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import layout
from ..if_exists import DownloadIfExistsOpts
from ..transfer import Transfer, free_bytes
from .asking import BY_ITS_HREF, Asking
from .manifest import Manifest, alternates_of
from .plan_rows import (
    AHEAD_PAGE,
    EVERY_PAGE,
    EXPECTED,
    LATE_PAGE,
    PAGE,
    PLANNED,
    RECORDED_LATE_PAGE,
    RECORDED_PAGE,
    THESE,
    Row,
    row_of,
)

if TYPE_CHECKING:
    from .uploads import Uploads

_FOLDERS_REMEMBERED = 1000
_BLOCK_BYTES = 512  # of st_blocks, on every POSIX system
_LOOKED_AT_AT_ONCE = 500  # files: 5 ms, after which transfers have their turn


class Kept(NamedTuple):
    """Files that are here as recorded.

    Attributes:
        files: How many.
        size_bytes: Of all of them.
        unverified: Those of which nothing ever told the length or a digest.
    """

    files: int
    size_bytes: int
    unverified: int


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
        self._may_keep = if_exists is not DownloadIfExistsOpts.overwrite
        self._asking = asking
        self._here = _Folders(folder)
        self._is_fresh = not any(folder.glob("*/"))
        self._done = 0
        self._free_bytes = free_bytes(folder)

    @property
    def may_meet_its_sources(self) -> bool:
        """Whether files that the catalog names may lie where others are to go: both are of this machine."""
        return self._asking.reads_local_files and not self._is_fresh

    def ahead(self, last: int, rows: int) -> Iterator[Transfer | Kept]:
        """The next files whose path is certain while the catalog is still being read.

        As long as the sizes that the catalog names fit on the disk: what comes after them waits
        for the check of the whole plan.

        Args:
            last: Number of the last asset that was written down.
            rows: How many at most.
        """
        asked = {"after": self._done, "last": last, "rows": rows}
        page = self._manifest.connection.execute(AHEAD_PAGE, asked).fetchall()
        for row in map(row_of, page):
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
            # TOTAL: a catalog may name sizes whose sum is no 64-bit number any more.
            "SELECT COUNT(*), CAST(TOTAL(hrefs.size_bytes) AS INTEGER), COUNT(*) - COUNT(hrefs.size_bytes),"
            " CAST(TOTAL(CASE WHEN files.save_path IS NULL THEN hrefs.size_bytes END) AS INTEGER)" + PLANNED
        ).fetchone()
        connection.commit()
        return PlanSize(*row)

    def rest(self) -> Iterator[Transfer | Kept]:
        """All that is left, once the plan is settled."""
        yield from self._rest_of(PAGE, RECORDED_PAGE, self._done)
        yield from self._rest_of(LATE_PAGE, RECORDED_LATE_PAGE, 0)

    def _rest_of(self, query: str, recorded: str, after: int) -> Iterator[Transfer | Kept]:
        if not self._may_keep or not self._manifest.has_files():
            for page_row in self._manifest.pages(query, after):
                yield self._transfer(row_of(page_row))
            return
        rows = self._manifest.pages(recorded, after, rows=_LOOKED_AT_AT_ONCE)
        while page := list(islice(rows, _LOOKED_AT_AT_ONCE)):
            kept, others = self._looked_at(page)
            if kept.files:
                yield kept
            if others:
                found = self._manifest.connection.execute(THESE, (json.dumps(others),)).fetchall()
                yield from map(self._transfer, map(row_of, found))

    def _looked_at(self, page: Sequence[tuple[Any, ...]]) -> tuple[Kept, list[int]]:
        """What is here as recorded, and the numbers of all other rows.

        The one loop that a second run over millions of files consists of.
        """
        files, total_bytes, unverified, others = 0, 0, 0, []
        for number, save_path, named_bytes, digests, size_bytes, mtime_ns, digest, verified_by in page:
            if (
                size_bytes is not None
                and (named_bytes is None or named_bytes == size_bytes)
                and (digests is None or digest in digests.split())
                and self._is_at(save_path, size_bytes, mtime_ns)
            ):
                files += 1
                total_bytes += size_bytes
                unverified += verified_by == "nothing"
            else:
                others.append(number)
        return Kept(files, total_bytes, unverified), others

    def bytes_missing(self) -> int:
        """Sum of what the planned files still need on disk, as far as the catalog names their sizes."""
        missing = 0
        for row in map(row_of, self._manifest.pages(EVERY_PAGE)):
            places = (self._folder / row.save_path, Path(self._elsewhere(row) or ""))
            missing += max((row.size_bytes or 0) - max(map(_size_at, places)), 0)
        begun = sum(_bytes_used(part) for part in self._folder.rglob(".*.part"))
        return max(missing - begun, 0)

    def bytes_expected(self) -> int:
        """What is still to come, about: sizes that the catalog names, else the mean of the files of that key.

        Keys of which no file has come yet count as nothing.
        """
        row = self._manifest.connection.execute(EXPECTED).fetchone()
        return int(row[0])

    def _judged(self, row: Row) -> Transfer | Kept:
        record = row.recorded
        if (
            self._may_keep
            and record is not None
            and row.size_bytes in (None, record.size_bytes)
            and (row.digests is None or record.digest in row.digests.split())
            and self._is_at(row.save_path, record.size_bytes, record.mtime_ns)
        ):
            return Kept(1, record.size_bytes, record.verified_by == "nothing")
        return self._transfer(row)

    def _transfer(self, row: Row) -> Transfer:
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
            digests=tuple(row.digests.split()) if row.digests else (),
            elsewhere=self._elsewhere(row),
            addresses=self._asking.addresses(row.href, alternates_of(row.alternates)),
        )

    def _is_at(self, save_path: str, size_bytes: int, mtime_ns: int) -> bool:
        """Whether a file of this size and time is here, or went on to the bucket from here."""
        if self._uploads is not None and self._uploads.holds(save_path, size_bytes, mtime_ns):
            return True
        return self._here.has(save_path, size_bytes, mtime_ns)

    def _elsewhere(self, row: Row) -> str | None:
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


class _Folders:
    """Remembers which folders are folders, and not links to somewhere else."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self._plain: set[str] = {""}

    def has(self, save_path: str, size_bytes: int, mtime_ns: int) -> bool:
        """Whether a file of this size and time lies there."""
        try:
            found = os.lstat(f"{self.root}/{save_path}")
        except OSError:
            return False
        return (
            found.st_size == size_bytes
            and found.st_mtime_ns == mtime_ns
            and stat.S_ISREG(found.st_mode)
            and self.are_plain(save_path.rpartition("/")[0])
        )

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
