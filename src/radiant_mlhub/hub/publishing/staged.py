"""What a publication has made until now: items and files, on disk, so that memory stays flat."""

import itertools
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ... import layout
from ..store import StoredFile, StoredItem

_SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    collection_id TEXT NOT NULL,
    item_id TEXT NOT NULL,
    west REAL, south REAL, east REAL, north REAL,
    start_us INTEGER,
    end_us INTEGER,
    text TEXT NOT NULL,
    source TEXT NOT NULL
);
CREATE UNIQUE INDEX item_ids ON items (collection_id, item_id);
CREATE TABLE files (
    source TEXT PRIMARY KEY,
    path TEXT NOT NULL UNIQUE,
    location TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    media_type TEXT
) WITHOUT ROWID;
"""
_CACHE_KIB = 16 * 1024

_ITEMS = """
SELECT collection_id, item_id, west, south, east, north, start_us, end_us, text
FROM items ORDER BY number
"""
# Numbers come from the index; with a plain "collection_id = ?" the texts would be sorted on disk.
_ITEMS_OF_ONE = _ITEMS.replace(
    "ORDER", "WHERE number IN (SELECT number FROM items WHERE collection_id = ?) ORDER"
)


@dataclass(frozen=True)
class PlacedFile:
    """A file that will be served.

    Attributes:
        path: Below ``/files/{version}/``.
        location: Relative to the hub's folder, or absolute.
        sha256: Hexadecimal, as ``md5``.
        named: Digests of other kinds that the catalog named, by name.
    """

    path: str
    location: str
    size: int
    mtime_ns: int
    md5: str
    sha256: str
    media_type: str | None = None
    named: tuple[tuple[str, str], ...] = ()


class Staged:
    """A database that lives as long as its publication is being made; a kill needs none of it."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        # Nobody reads it after a crash: no journal, no waiting for the disk.
        self._connection.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;"
            f"PRAGMA cache_size = -{_CACHE_KIB}; {_SCHEMA} BEGIN;"
        )

    def add_item(self, item: StoredItem, source: str) -> str | None:
        """Keep an item; the file of another one with the same id, when there is one."""
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO items VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                item.collection_id,
                item.item_id,
                *(item.bbox or (None,) * 4),
                item.start_us,
                item.end_us,
                item.text,
                source,
            ),
        )
        if cursor.rowcount:
            return None
        (other,) = self._connection.execute(
            "SELECT source FROM items WHERE collection_id = ? AND item_id = ?",
            (item.collection_id, item.item_id),
        ).fetchone()
        return str(other)

    def add_file(self, source: str, file: PlacedFile) -> PlacedFile:
        """Keep a file, by the real path it came from; under another path where its own is taken.

        Two items of one id want one path, and are a problem that is told later.
        """
        path = file.path
        rest = (file.location, file.size, file.mtime_ns, file.md5, file.sha256, file.media_type)
        for number in itertools.count(2):
            values = (source, path, *rest)
            try:
                self._connection.execute("INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)
            except sqlite3.IntegrityError:
                path = layout.moved_path(file.path, number)
            else:
                break
        return file if path == file.path else replace(file, path=path)

    def file_from(self, source: str) -> PlacedFile | None:
        """The file that came from that path; None when none did."""
        row = self._connection.execute(
            "SELECT path, location, size, mtime_ns, md5, sha256, media_type FROM files WHERE source = ?",
            (source,),
        ).fetchone()
        return PlacedFile(*row) if row else None

    def located(self, path: str) -> tuple[str, int] | None:
        """Where the file lies that is served under that path, and its size in bytes."""
        row = self._connection.execute("SELECT location, size FROM files WHERE path = ?", (path,)).fetchone()
        return (str(row[0]), int(row[1])) if row else None

    def items(self, collection_id: str | None = None) -> Iterator[StoredItem]:
        """The items in the order they came, of one collection or of all."""
        of_one = () if collection_id is None else (collection_id,)
        query = _ITEMS_OF_ONE if of_one else _ITEMS
        for cid, item_id, west, south, east, north, start, end, text in self._connection.execute(
            query, of_one
        ):
            bbox = None if west is None else (west, south, east, north)
            yield StoredItem(cid, item_id, bbox, start, end, text)

    def item_ids(self, collection_id: str) -> Iterator[str]:
        """The ids of a collection's items, in the order they came."""
        for (item_id,) in self._connection.execute(
            "SELECT item_id FROM items WHERE collection_id = ? ORDER BY number", (collection_id,)
        ):
            yield item_id

    def files(self) -> Iterator[StoredFile]:
        """The files, in order of where they came from."""
        for row in self._connection.execute(
            "SELECT path, location, size, mtime_ns, md5, media_type FROM files ORDER BY source"
        ):
            yield StoredFile(*row)

    def counts(self) -> tuple[int, int, int]:
        """How many items, how many files, and the files' bytes."""
        (items,) = self._connection.execute("SELECT count(*) FROM items").fetchone()
        files, size = self._connection.execute("SELECT count(*), ifnull(sum(size), 0) FROM files").fetchone()
        return items, files, size

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
