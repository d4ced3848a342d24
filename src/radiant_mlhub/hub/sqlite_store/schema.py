"""The tables of ``hub.sqlite``, and how a connection to it is opened.

What readers see hangs on two tables: ``datasets`` and ``collections`` hold what is published now,
written in one transaction when a publication appears. ``items`` and the tables beside it are filled
before that and emptied after, a batch a transaction; an item counts while the row of its collection
is visible.
"""

import os
import sqlite3
import sys
from pathlib import Path

from ...exceptions import HubStoreUnusable

APPLICATION_ID = 0x6D6C6875  # "mlhu"
SCHEMA_VERSION = 1

NOWHERE = -1000.0
"""Longitude and latitude of items without a place in ``boxes``; west of every box asked for."""

_SCHEMA = """
CREATE TABLE publications (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    version TEXT NOT NULL UNIQUE,
    dataset_id TEXT NOT NULL,
    -- pending: rows are being written. published: what readers see. replaced: only its files remain.
    state TEXT NOT NULL,
    -- Seconds since 1970 UTC.
    replaced_at REAL,
    first_item INTEGER NOT NULL,
    last_item INTEGER,
    asset_bytes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE datasets (
    dataset_id TEXT PRIMARY KEY,
    publication INTEGER NOT NULL REFERENCES publications (number),
    doi TEXT,
    json TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX datasets_by_doi ON datasets (doi) WHERE doi IS NOT NULL;
CREATE TABLE tags (
    tag TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    PRIMARY KEY (tag, dataset_id)
) WITHOUT ROWID;
CREATE TABLE collections (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    publication INTEGER NOT NULL REFERENCES publications (number),
    collection_id TEXT NOT NULL,
    dataset_id TEXT NOT NULL,
    visible INTEGER NOT NULL,
    json TEXT NOT NULL,
    -- Of its items, so that a search can pass it over; NULL where none has a place or a time.
    item_count INTEGER NOT NULL DEFAULT 0,
    west REAL, south REAL, east REAL, north REAL,
    start_us INTEGER, end_us INTEGER, longest_us INTEGER
);
CREATE UNIQUE INDEX collections_by_id ON collections (collection_id) WHERE visible;
CREATE INDEX collections_by_publication ON collections (publication);
CREATE TABLE extents (
    collection INTEGER NOT NULL,
    west REAL NOT NULL, south REAL NOT NULL, east REAL NOT NULL, north REAL NOT NULL
);
CREATE INDEX extents_by_collection ON extents (collection);
CREATE TABLE intervals (
    collection INTEGER NOT NULL,
    -- NULL where the interval is open.
    start_us INTEGER, end_us INTEGER
);
CREATE INDEX intervals_by_collection ON intervals (collection);
CREATE VIRTUAL TABLE dataset_words USING fts5 (
    id, title, description, citation, tags, creator, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE collection_words USING fts5 (
    id, title, description, keywords, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE extension_sets (
    number INTEGER PRIMARY KEY,
    urls TEXT NOT NULL UNIQUE
);
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    collection INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    west REAL, south REAL, east REAL, north REAL,
    start_us INTEGER, end_us INTEGER,
    extension_set INTEGER NOT NULL
);
-- All that a search asks stands in both, so that walking along them touches no other page: 0.1 us
-- an item rather than 0.8 us, with a million items.
CREATE INDEX items_by_id ON items
    (collection, item_id, west, south, east, north, start_us, end_us, extension_set);
CREATE INDEX items_by_time ON items
    (start_us, end_us, collection, west, south, east, north, extension_set);
CREATE TABLE texts (item INTEGER PRIMARY KEY, text TEXT NOT NULL);
-- 32-bit floats, rounded outward: what it finds is checked again against items. An item across the
-- 180th meridian has two boxes; half the id is the item's number. Time is in tens of days since
-- 1970 UTC, so that a year weighs about as much as the degrees of a continent when nodes are split.
CREATE VIRTUAL TABLE boxes USING rtree (id, west, east, south, north, start, end);
CREATE TABLE files (
    publication INTEGER NOT NULL,
    path TEXT NOT NULL,
    location TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    md5 TEXT NOT NULL,
    media_type TEXT,
    needs_token INTEGER NOT NULL,
    PRIMARY KEY (publication, path)
) WITHOUT ROWID;
CREATE TABLE models (model_id TEXT PRIMARY KEY, json TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE keys (
    number INTEGER PRIMARY KEY,
    key_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE,
    created TEXT NOT NULL,
    revoked TEXT
);
"""

# How long a statement waits for another process's transaction. Those of a publication take
# a fraction of a second each.
_BUSY_TIMEOUT_S = 30.0
_READER_CACHE_KIB = 16 * 1024
_WRITER_CACHE_KIB = 64 * 1024
_MAPPED_BYTES = 8 * 1024**3
_JOURNAL_SIZE_LIMIT_BYTES = 64 * 1024**2


def opened_reader(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    # Readers share their state in a file beside the database, which nobody can make on a read-only file
    # system; there SQLite is told that nothing changes. Told so elsewhere, it would trust its memory
    # while somebody else publishes.
    connection = _connected(path, "ro&immutable=1" if _is_on_read_only_media(path) else "ro")
    connection.execute("PRAGMA query_only = ON")
    connection.execute(f"PRAGMA cache_size = -{_READER_CACHE_KIB}")
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
    return connection


def opened_writer(path: Path) -> sqlite3.Connection:
    """A connection for the one thread that writes."""
    connection = _connected(path, "rwc")
    connection.execute(f"PRAGMA cache_size = -{_WRITER_CACHE_KIB}")
    connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_SIZE_LIMIT_BYTES}")
    # Debian's SQLite overwrites what it deletes with zeros: twice the writing, for no secret.
    connection.execute("PRAGMA secure_delete = OFF")
    return connection


def create_tables(connection: sqlite3.Connection) -> None:
    """Make an empty file a hub's database, in one transaction."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(
        f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA application_id = {APPLICATION_ID};"
        f"PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
    )


def is_ready(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the tables are there; False for a file that is still empty.

    Raises:
        HubStoreUnusable: The file is another program's, or another version's.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if (application, version) == (APPLICATION_ID, SCHEMA_VERSION):
        return True
    if application == APPLICATION_ID:
        raise HubStoreUnusable(
            f"{path} was written by another version of this program (format {version}, not "
            f"{SCHEMA_VERSION}). Serve it with that version, or publish into a new folder."
        )
    if application or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise HubStoreUnusable(f"{path} is no hub's database. Name another folder.")
    return False


def _is_on_read_only_media(path: Path) -> bool:
    # Windows tells no such thing; there a hub lies where it can be written.
    return sys.platform != "win32" and bool(os.statvfs(path.parent).f_flag & os.ST_RDONLY)


def _connected(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=_BUSY_TIMEOUT_S,
        isolation_level=None,
        # The pool sees to it that one thread at a time has it.
        check_same_thread=False,
    )
