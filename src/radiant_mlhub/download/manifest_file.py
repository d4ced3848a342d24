"""The manifest as a file: its tables, and how it is opened, made or left to those who read it."""

import contextlib
import sqlite3
from pathlib import Path

from ..layout import folded

SCHEMA_VERSION = 6
APPLICATION_ID = 0x6D6C6862  # "mlhb"

_SCHEMA = """
CREATE TABLE items (
    number INTEGER PRIMARY KEY,
    collection_id TEXT NOT NULL,
    item_id TEXT,
    bbox_json TEXT,
    geometry_json TEXT,
    single_datetime TEXT,
    start_datetime TEXT,
    end_datetime TEXT,
    rejected_by TEXT,
    -- Where a CQL2 filter was asked.
    properties_json TEXT
);
CREATE TABLE hrefs (
    number INTEGER PRIMARY KEY,
    item INTEGER NOT NULL REFERENCES items (number),
    asset_key TEXT NOT NULL,
    href TEXT NOT NULL,
    extension TEXT NOT NULL,
    save_path TEXT NOT NULL,
    is_common INTEGER NOT NULL,
    size_bytes INTEGER,
    digests TEXT,
    rejected_by TEXT,
    -- Of the folded path, before any move: rows with different numbers contest no path.
    path_crc INTEGER NOT NULL,
    -- Whether other rows may have the same save_path.
    is_shared INTEGER NOT NULL,
    -- Whether its save_path is its own only once every row was looked at.
    waits INTEGER NOT NULL,
    kind INTEGER NOT NULL REFERENCES kinds (number)
);
CREATE TABLE alternates (
    href INTEGER PRIMARY KEY REFERENCES hrefs (number),
    -- One a line, in the catalog's order.
    addresses TEXT NOT NULL
);
CREATE TABLE kinds (
    number INTEGER PRIMARY KEY,
    media_type TEXT,
    -- A JSON list.
    roles TEXT NOT NULL
);
CREATE TABLE sources (
    item INTEGER NOT NULL REFERENCES items (number),
    source INTEGER NOT NULL REFERENCES items (number),
    PRIMARY KEY (item, source)
) WITHOUT ROWID;
CREATE TABLE members (
    number INTEGER PRIMARY KEY,
    place TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_s INTEGER NOT NULL,
    path_crc INTEGER NOT NULL,
    -- Whether an asset before it may want this place.
    is_wanted INTEGER NOT NULL
);
-- With rowid: of rows of 250 bytes in the order of their paths, every seventh would split its page.
CREATE TABLE files (
    save_path TEXT NOT NULL PRIMARY KEY,
    href TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    validator TEXT,
    digest TEXT,
    verified_by TEXT NOT NULL,
    -- Where the bytes came from: a mirror, an alternate address or an earlier href; NULL for href itself.
    came_from TEXT
);
CREATE TABLE uploads (
    save_path TEXT PRIMARY KEY,
    size_bytes INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE run (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
CREATE TABLE memory (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE VIEW assets AS
    SELECT items.collection_id AS collection_id,
           items.item_id AS item_id,
           hrefs.asset_key AS asset_key,
           hrefs.href AS asset_url,
           hrefs.save_path AS asset_save_path,
           COALESCE(hrefs.rejected_by, items.rejected_by) IS NOT NULL AS filtered,
           hrefs.is_common AS common_asset,
           items.bbox_json AS bbox_json,
           items.geometry_json AS geometry_json,
           items.single_datetime AS single_datetime,
           items.start_datetime AS start_datetime,
           items.end_datetime AS end_datetime,
           hrefs.number AS rowid
    FROM hrefs JOIN items ON items.number = hrefs.item;
"""

# The catalog's rows are written and read in order, so that a larger cache would mostly take memory.
_CACHE_KIB = 2048
# Of 4 KiB. A page that is written again and again goes from the log into the file this much more rarely.
_PAGES_BEFORE_CHECKPOINT = 4000
# Somebody else's query may be under way when the file is opened; one that takes longer keeps its
# file, and a copy takes the place of it.
_WAIT_FOR_READERS_S = 1.0
_WAIT_FOR_WRITERS_MS = 10_000

# A full disk, a used-up quota (SQLITE_IOERR_WRITE) and a disk that fails say nothing against its rows.
_NOT_ITS_FAULT = ("SQLITE_FULL", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_IOERR")


def opened(path: Path) -> sqlite3.Connection:
    """The database at ``path``, made anew where it is missing, unreadable or another's.

    Raises:
        sqlite3.Error: It cannot be written or read.
        OSError: The same.
    """
    if path.is_file():
        try:
            return _opened_again(path)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorname", "").startswith(_NOT_ITS_FAULT):
                raise
            # garbage, another's, or of another version: made anew below
            path.unlink(missing_ok=True)
    if not path.exists():
        for end in ("-wal", "-shm", "-journal"):
            path.with_name(path.name + end).unlink(missing_ok=True)
    return _opened_again(path)


def opened_without_a_name() -> sqlite3.Connection:
    """A new database in a file of SQLite's own, which the system deletes with its process at the latest."""
    connection = _connected("")
    try:
        _lay_out(connection, Path())
    except BaseException:
        connection.close()
        raise
    return connection


def is_of_this_version(path: Path) -> bool:
    """Whether there is a database at ``path`` that ``opened`` would leave as it is; nothing is written."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        ) as connection:
            return _is_ours(connection)
    except sqlite3.Error:
        return False


def _opened_again(path: Path) -> sqlite3.Connection:
    try:
        connection = _connected(path)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorname", "") != "SQLITE_BUSY":
            raise
        _put_a_copy_in_its_place(path)
        connection = _connected(path)
    try:
        if not _is_ours(connection):
            _lay_out(connection, path)
    except BaseException:  # Ctrl-C, too: nobody else can close it
        connection.close()
        raise
    return connection


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a database that is new; of two runs that begin at once, one finds them there.

    In one transaction, or the second run would take what the first is making for another's, and
    delete it.

    Raises:
        sqlite3.DatabaseError: It is not new: it holds another's tables, or those of another version.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _is_ours(connection):
            return
        if connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone() != (0,):
            raise sqlite3.DatabaseError(f"{path} is not of this version")
        for statement in _SCHEMA.split(";\n"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.commit()
    finally:
        connection.rollback()


def _put_a_copy_in_its_place(path: Path) -> None:
    """Leave the file to those who are reading it: they go on with what they opened."""
    copy = path.with_name(path.name + "-copy")
    copy.unlink(missing_ok=True)
    uri = f"{path.resolve().as_uri()}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(uri, uri=True)) as theirs,
        contextlib.closing(sqlite3.connect(copy)) as ours,
    ):
        theirs.backup(ours)
    copy.replace(path)


def _connected(path: Path | str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_WAIT_FOR_READERS_S)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BEFORE_CHECKPOINT}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA busy_timeout = {_WAIT_FOR_WRITERS_MS}")
        connection.create_function("folded", 1, folded, deterministic=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_ours(connection: sqlite3.Connection) -> bool:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return (application, version) == (APPLICATION_ID, SCHEMA_VERSION)
