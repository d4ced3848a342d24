"""``mlhub_stac_assets.db``: what the catalog holds, what the filters said, and what is on disk.

Nine tables; ``assets``, the documented one, is a view for users::

    items    one row an item, in catalog order, and the filter that left it out
    hrefs    one row an asset, with the path it has and the filter that left it out
    alternates  other addresses of an asset's bytes, where the catalog names any
    kinds    one row for each media type with roles that assets have
    sources  which item names which other as its source, where a part of the catalog was asked for
    members  one row a file of the catalog archive
    files    one row a file that was complete when it was last looked at; survives runs
    uploads  one row a file that was put into a bucket, for a download that goes to one
    run      what the rows above belong to; never a key
    memory   what a source wants to know again

The file is a cache: without it, or with another's in its place, a run is slower, never wrong.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from ..transfer.transfers import FileRecord, Outcome
from .manifest_errors import manifest_unusable
from .manifest_file import opened, opened_without_a_name

_FILE_COLUMNS = "size_bytes, mtime_ns, validator, digest, verified_by"
_PAGES_COPIED_AT_ONCE = 5000  # 20 MB, some hundredths of a second


class Manifest:
    """The ledger of one dataset's folder, open for writing by one run."""

    def __init__(self, path: Path, *, is_lasting: bool = True) -> None:
        """Open the ledger at ``path``, made anew where it is missing, unreadable or another's.

        Args:
            path: Its file.
            is_lasting: False for an empty one that stands in for it until it is closed: the file is let be.

        Raises:
            DirectoryUnusable: It cannot be written or read.
        """
        self.path = path
        try:
            self.connection = opened(path) if is_lasting else opened_without_a_name()
        except (sqlite3.Error, OSError) as error:
            raise manifest_unusable(path, error) from error

    def close(self) -> None:
        """Close the ledger, leaving no ``-wal`` or ``-shm`` behind."""
        try:
            self.connection.commit()
            # While somebody else reads it, this fails; their last connection takes the files away.
            with contextlib.suppress(sqlite3.OperationalError):
                self.connection.execute("PRAGMA journal_mode = DELETE")
        finally:
            self.connection.close()

    def take_over(self, other: "Manifest", turn: Callable[[], None]) -> None:
        """Become a copy of ``other``; ``turn`` is called now and then meanwhile."""
        other.connection.backup(self.connection, pages=_PAGES_COPIED_AT_ONCE, progress=lambda *_: turn())

    def fact(self, name: str) -> str | None:
        """What ``run`` says under that name."""
        row = self.connection.execute("SELECT value FROM run WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def state(self, name: str, value: str) -> None:
        """Write a fact down, together with all rows that were written before it."""
        self.connection.execute("INSERT OR REPLACE INTO run VALUES (?, ?)", (name, value))
        self.connection.commit()

    def forget(self, name: str) -> None:
        """Take a fact back."""
        self.connection.execute("DELETE FROM run WHERE name = ?", (name,))
        self.connection.commit()

    def kinds(self) -> dict[int, tuple[str | None, tuple[str, ...]]]:
        """Media type and roles of assets, by their number in ``hrefs.kind``."""
        rows = self.connection.execute("SELECT number, media_type, roles FROM kinds")
        return {number: (media_type, tuple(json.loads(roles))) for number, media_type, roles in rows}

    def file_record(self, save_path: str, href: str) -> FileRecord | None:
        """What is known of the file at ``save_path``, if it came from ``href``."""
        row = self.connection.execute(
            f"SELECT {_FILE_COLUMNS} FROM files WHERE save_path = ? AND href = ?",  # noqa: S608
            (save_path, href),
        ).fetchone()
        return FileRecord(*row) if row else None

    def record_files(self, folder: Path, outcomes: Iterable[Outcome]) -> None:
        """Write down complete files, in one transaction, before they take their final names."""
        rows = [
            (
                relative_place(folder, outcome.transfer.target),
                outcome.transfer.href,
                outcome.record.size_bytes,
                outcome.record.mtime_ns,
                outcome.record.validator,
                outcome.record.digest,
                outcome.record.verified_by,
                outcome.came_from,
            )
            for outcome in outcomes
            if outcome.record is not None
        ]
        self.connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self.connection.commit()

    def has_files(self) -> bool:
        """Whether any file in the dataset's folder is recorded: the catalog archive lies beside it."""
        asked = "SELECT EXISTS (SELECT 1 FROM files WHERE save_path NOT LIKE '../%')"
        return bool(self.connection.execute(asked).fetchone()[0])

    def forget_files(self, save_paths: Iterable[str]) -> None:
        """Forget that files were complete."""
        self.connection.executemany("DELETE FROM files WHERE save_path = ?", [(path,) for path in save_paths])
        self.connection.commit()

    def pages(self, query: str, after: int = 0, rows: int = 1000) -> Iterator[tuple[Any, ...]]:
        """Rows of a query that takes ``:after`` and ``:rows`` and whose first column is the number.

        No cursor stays open between pages: an open one would keep the write-ahead log growing.
        """
        while True:
            page = self.connection.execute(query, {"after": after, "rows": rows}).fetchall()
            yield from page
            if len(page) < rows:
                return
            after = page[-1][0]


def alternates_of(addresses: str | None) -> tuple[str, ...]:
    """Addresses as the table ``alternates`` has them."""
    return tuple(addresses.split("\n")) if addresses else ()


def relative_place(folder: Path, target: str) -> str:
    """``target`` as the ledger writes it: posix, relative to the ledger's folder where it can be."""
    prefix = f"{folder}{os.sep}"
    if target.startswith(prefix):
        place = target[len(prefix) :]
        return place if os.sep == "/" else place.replace(os.sep, "/")
    try:
        return Path(os.path.relpath(target, folder)).as_posix()
    except ValueError:  # another drive on Windows
        return Path(target).as_posix()
