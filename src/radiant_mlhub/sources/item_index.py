"""An index of items: one SQLite file, which answers where and when without reading the items.

::

    about        what it was made of: a name and a value a row
    collections  the JSON of each collection, and whether its items carry labels
    items        one row an item: its ids, its place in the tree, its JSON (deflated)
    reaches      one narrow row an item: the time and the box it reaches over
    words        full text over what its ids and texts say

``reaches`` is looked through whole: a million rows are read in 0.1 to 0.2 s, whatever is asked for.
What it leaves is a superset of what is asked for (boxes are widened where they pass the
antimeridian, and an item without a place or a time reaches everywhere), which filters judge again.
"""

import json
import shlex
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..exceptions import CatalogBroken
from ..transfer import Request, RequestFor, Slow
from .described import Fetch, FoundCollection, Ready
from .index_rows import Damaged, inflated, object_in, place_in, text_in, text_or_none, told_of
from .local_reading import read_from
from .source import Memory, SourceObject, Wanted
from .tree import object_place

APPLICATION_ID = 0x6D6C6869  # "mlhi"
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE collections (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    href TEXT,
    has_labels INTEGER NOT NULL,
    body BLOB
);
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL REFERENCES collections (number),
    item_id TEXT NOT NULL,
    place TEXT NOT NULL,
    href TEXT,
    body BLOB NOT NULL
);
CREATE TABLE reaches (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    start_us INTEGER NOT NULL,
    end_us INTEGER NOT NULL,
    west REAL NOT NULL,
    south REAL NOT NULL,
    east REAL NOT NULL,
    north REAL NOT NULL
);
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', detail = full, tokenize = 'unicode61 remove_diacritics 0'
);
"""
ENDING = ".db"

WHOLE_EARTH = (-180.0, -90.0, 180.0, 90.0)
EARLIEST_US, LATEST_US = -(1 << 62), 1 << 62
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_AT_ONCE = 500
_LISTED = "IN (SELECT value FROM json_each(?))"
_ITEMS = f"SELECT place, href, body FROM items WHERE number {_LISTED} ORDER BY number"  # noqa: S608
_OF_COLLECTIONS = f"collection IN (SELECT number FROM collections WHERE id {_LISTED})"  # noqa: S608
_OF_IDS = f"number IN (SELECT number FROM items WHERE item_id {_LISTED})"  # noqa: S608


class ItemIndex:
    """An index on this machine, as ``mlhub index`` writes it.

    Attributes:
        dataset_id: The dataset.
        location: The file.
        label: Its name.
        root: The JSON of the catalog that it was made of.
        version: What tells it from another file of its name.
    """

    def __init__(self, path: Path, request_for: RequestFor, dataset_id: str | None = None) -> None:
        """Look at what the index is of.

        Args:
            path: The file.
            request_for: How assets are asked for.
            dataset_id: What to call the dataset; None for what the indexed one was called.

        Raises:
            CatalogBroken: It is no index, of another version, damaged, or cannot be read.
        """
        self._path = path
        self._request_for = request_for
        with self._opened() as connection:
            about = dict(connection.execute("SELECT name, value FROM about"))
            own_id, self.root = told_of(about)
        self.dataset_id = dataset_id or own_id
        self.location, self.label = str(path), path.name
        with read_from(path):
            status = path.stat()
        self.version: str | None = f"{path} {status.st_size} {status.st_mtime_ns}"

    def ready(self, fetch: Fetch) -> Ready:
        """The index itself."""
        return Ready(self)

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def narrows(self, wanted: Wanted) -> bool:
        """Whether items are left out."""
        return any(each is not None for each in _asked(wanted))

    def collections(self) -> Iterator[FoundCollection]:
        """The collections that were indexed.

        Raises:
            CatalogBroken: The index is damaged.
        """
        with self._opened() as connection:
            rows = connection.execute("SELECT id, href, has_labels, body FROM collections ORDER BY number")
            for collection_id, href, has_labels, body in rows:
                known = object_in(inflated(body)) if body else _bare(text_in(collection_id))
                yield FoundCollection(known, text_or_none(href), bool(has_labels))

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject]:
        """The collections, and the items that may be what is wanted, in the order they were indexed.

        Raises:
            CatalogBroken: The index is damaged.
        """
        for found in self.collections():
            is_told = len(found.body) > len(_bare(""))
            if is_told and (wanted.collections is None or found.body.get("id") in wanted.collections):
                yield self._object_of(found)
        yield from self.items(wanted)

    def items(self, wanted: Wanted, phrases: Sequence[str] = ()) -> Iterator[SourceObject]:
        """The items that may be what is wanted.

        Args:
            wanted: What is asked for.
            phrases: Words that have to stand in the item's texts one after the other; every phrase.

        Raises:
            CatalogBroken: The index is damaged.
        """
        question = _question(wanted, phrases)
        with self._opened() as connection:
            numbers = [number for (number,) in connection.execute(*question)]
            for first in range(0, len(numbers), _AT_ONCE):
                some = numbers[first : first + _AT_ONCE]
                missing = len(some)
                for place, href, body in connection.execute(_ITEMS, (json.dumps(some),)):
                    missing -= 1
                    yield SourceObject(place_in(place), text=inflated(body), base_href=text_or_none(href))
                if missing:
                    raise Damaged(f"{missing} of its items are missing")

    def _object_of(self, found: FoundCollection) -> SourceObject:
        try:
            return SourceObject(object_place(found.body, ""), found.body, base_href=found.href)
        except ValueError as error:
            return SourceObject(f"a collection of {self.label}", error=str(error))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The database, for reading inside: whatever turns out to be wrong with it is told of the file."""
        uri = f"{self._path.absolute().as_uri()}?mode=ro"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as connection:
                self._check(connection)
                yield connection
        except (sqlite3.Error, zlib.error, UnicodeDecodeError, Damaged) as error:
            with read_from(self._path):
                self._path.open("rb").close()
            broken = CatalogBroken(f"{self._path} is a damaged index of items: {error}.")
            broken.add_note(f"write it again: mlhub index SOURCE -o {shlex.quote(str(self._path))}")
            raise broken from error

    def _check(self, connection: sqlite3.Connection) -> None:
        try:
            application = connection.execute("PRAGMA application_id").fetchone()
            version = connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.Error as error:
            raise CatalogBroken(f"{self._path} is no index of items: {error}.") from error
        if (*application, *version) != (APPLICATION_ID, SCHEMA_VERSION):
            other = CatalogBroken(f"{self._path} is no index of items that this version reads.")
            other.add_note("make one: mlhub index SOURCE -o FILE.db")
            raise other


def _bare(collection_id: str) -> Mapping[str, Any]:
    """A collection of which nothing is known but its id."""
    return {"type": "Collection", "id": collection_id}


def deflated(content: bytes) -> bytes:
    """``content`` as an index holds it."""
    return zlib.compress(content, 1)


def words_of(text: str) -> str:
    """``text`` as it is looked through: words of letters and digits, in lower case, with blanks between."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())


def microseconds(instant: datetime) -> int:
    """An instant in microseconds since 1970, UTC."""
    return (instant - _EPOCH) // _MICROSECOND


def widened(west: float, south: float, east: float, north: float) -> tuple[float, float, float, float]:
    """A box as ``reaches`` has it: one that touches the antimeridian, from either side, goes all around."""
    if west > east or west <= WHOLE_EARTH[0] or east >= WHOLE_EARTH[2]:
        west, east = WHOLE_EARTH[0], WHOLE_EARTH[2]
    return west, south, east, north


def _asked(wanted: Wanted) -> tuple[object, ...]:
    """What can be looked up."""
    return wanted.reach, wanted.datetime, wanted.collections, wanted.ids


def _question(wanted: Wanted, phrases: Sequence[str]) -> tuple[str, list[Any]]:
    """SQL for the numbers of the items, and its parameters."""
    tests: list[str] = []
    values: list[Any] = []
    if wanted.datetime is not None:
        start, _, end = wanted.datetime.partition("/")
        tests.append("start_us <= ? AND end_us >= ?")
        values += [_us(end or start, LATEST_US), _us(start, EARLIEST_US)]
    if wanted.reach is not None:
        west, south, east, north = widened(*wanted.reach)
        tests.append("west <= ? AND east >= ? AND south <= ? AND north >= ?")
        values += [east, west, north, south]
    if wanted.collections is not None:
        tests.append(_OF_COLLECTIONS)
        values.append(json.dumps(wanted.collections))
    if wanted.ids is not None:
        tests.append(_OF_IDS)
        values.append(json.dumps(wanted.ids))
    if phrases:
        tests.append("number IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(" AND ".join(f'"{words_of(phrase)}"' for phrase in phrases))
    where = f" WHERE {' AND '.join(tests)}" if tests else ""
    return f"SELECT number FROM reaches{where} ORDER BY number", values  # noqa: S608 - tests are written above


def _us(text: str, if_open: int) -> int:
    return if_open if text in ("", "..") else microseconds(datetime.fromisoformat(text))
