"""Where each asset of a catalog goes: common assets once, and never two addresses on one path.

Everything here looks at the whole, unfiltered catalog, so that a filter never changes a path. Of a
source that leaves out what is not asked for, that is not to be had: there, a path that an earlier
run gave stays, and a common asset with another address goes one level down.
"""

import sqlite3
from typing import NamedTuple

from .. import layout
from .manifest import Manifest


class Settled(NamedTuple):
    """What became of contested paths.

    Attributes:
        moved: How many assets had to move, because another address or a file of the catalog has
            the path they wanted.
        displaced: Paths of files of the catalog that an asset before them in the archive wanted,
            and may have been fetched to already.
    """

    moved: int
    displaced: list[str]


def assign(manifest: Manifest, *, sees_everything: bool = True) -> Settled:
    """Give every row of ``hrefs`` its final ``save_path``; the catalog's own files keep theirs.

    Only rows that wait get another path than they had, but for those that turn out to want the
    place of a file of the catalog: they wait from now on.

    Args:
        manifest: Where the rows are.
        sees_everything: Whether they are those of the whole catalog.
    """
    connection = manifest.connection
    _mark_shared(connection)
    _gather_common_assets(connection, _Given(connection, sees_everything))
    settled = _settle_contested(connection)
    connection.commit()
    return settled


def _mark_shared(connection: sqlite3.Connection) -> None:
    """Find the rows whose path may be another's too, by a number of each path: few are.

    Looked at are those that wait, and whoever came before them. Two paths that have a number in
    common by chance cost a closer look at both. Rows with a path as ``moved_path`` makes them,
    common assets and those of collections are marked from the beginning.
    """
    connection.executescript(
        "CREATE TEMP TABLE looked_at (path_crc INTEGER PRIMARY KEY);"
        "INSERT INTO looked_at SELECT path_crc FROM hrefs WHERE waits"
        " UNION SELECT path_crc FROM members WHERE is_wanted;"
        "CREATE TEMP TABLE repeated AS SELECT path_crc FROM"
        " (SELECT path_crc FROM hrefs UNION ALL SELECT path_crc FROM members)"
        " WHERE path_crc IN looked_at GROUP BY path_crc HAVING COUNT(*) > 1"
    )
    if connection.execute("SELECT 1 FROM repeated LIMIT 1").fetchone():
        connection.execute("UPDATE hrefs SET is_shared = 1 WHERE path_crc IN (SELECT path_crc FROM repeated)")
    connection.execute("DROP TABLE repeated")
    connection.execute("DROP TABLE looked_at")
    connection.execute("CREATE INDEX IF NOT EXISTS shared_hrefs ON hrefs (save_path) WHERE is_shared")


class _Given:
    """Which paths earlier runs gave, where that has to be asked.

    A few rows at the most are asked about: one for each common key and collection.
    """

    def __init__(self, connection: sqlite3.Connection, sees_everything: bool) -> None:
        self._connection = connection
        self._is_asked = not sees_everything

    def is_free(self, path: str, href: str) -> bool:
        """Whether no other address than ``href`` was given ``path``."""
        if not self._is_asked:
            return True
        row = self._connection.execute("SELECT href FROM files WHERE save_path = ?", (path,)).fetchone()
        return row is None or row[0] == href

    def keep(self, path: str, key: str) -> None:
        """Give ``path`` to the common assets of ``key`` that it was given to before."""
        if self._is_asked:
            self._connection.execute(
                "UPDATE hrefs SET save_path = :path WHERE is_shared AND is_common AND asset_key = :key"
                " AND href = (SELECT href FROM files WHERE save_path = :path)",
                {"path": path, "key": key},
            )


def _gather_common_assets(connection: sqlite3.Connection, given: _Given) -> None:
    """Put a common asset at the highest level at which its key names exactly one address.

    The dataset's ``_common``, else the collection's, else it stays with its item.
    """
    rows = connection.execute(
        "SELECT asset_key, COUNT(DISTINCT href), MIN(extension), MIN(href) FROM hrefs"
        " WHERE is_shared AND is_common GROUP BY asset_key"
    ).fetchall()
    for key, addresses, extension, href in rows:
        path = layout.dataset_common_path(key, extension)
        if addresses == 1 and given.is_free(path, href):
            _move(connection, path, key)
        else:
            _gather_by_collection(connection, key, given)
            given.keep(path, key)


def _gather_by_collection(connection: sqlite3.Connection, key: str, given: _Given) -> None:
    rows = connection.execute(
        "SELECT collection_id, MIN(extension), COUNT(DISTINCT href), MIN(href) FROM hrefs"
        " JOIN items ON items.number = hrefs.item"
        " WHERE is_shared AND is_common AND asset_key = ? GROUP BY collection_id",
        (key,),
    ).fetchall()
    for collection_id, extension, addresses, href in rows:
        path = layout.collection_common_path(collection_id, key, extension)
        if addresses > 1 or not given.is_free(path, href):
            given.keep(path, key)
            continue
        connection.execute(
            "UPDATE hrefs SET save_path = ? WHERE is_shared AND is_common AND asset_key = ?"
            " AND item IN (SELECT number FROM items WHERE collection_id = ?)",
            (path, key, collection_id),
        )


def _move(connection: sqlite3.Connection, path: str, key: str) -> None:
    connection.execute(
        "UPDATE hrefs SET save_path = ? WHERE is_shared AND is_common AND asset_key = ?", (path, key)
    )


def _settle_contested(connection: sqlite3.Connection) -> Settled:
    """Let the first in catalog order keep a contested path; later ones get one of their own.

    Paths are compared as folders that ignore case and Unicode form would.
    """
    connection.execute(
        "CREATE TEMP TABLE wanted AS SELECT MIN(number) AS number, folded(save_path) AS path, save_path, href"
        " FROM hrefs WHERE is_shared GROUP BY save_path, href"
    )
    connection.execute("CREATE INDEX temp.wanted_by_path ON wanted (path, number, href)")
    connection.execute("CREATE TEMP TABLE taken (path TEXT PRIMARY KEY, href TEXT) WITHOUT ROWID")
    if connection.execute("SELECT 1 FROM wanted LIMIT 1").fetchone():
        connection.execute(
            "INSERT OR IGNORE INTO taken SELECT folded(place), NULL FROM members"
            " WHERE instr(place, '~') OR folded(place) IN (SELECT path FROM wanted)"
        )
        _take_folders(connection)
    contested = connection.execute(
        "SELECT wanted.path FROM wanted LEFT JOIN taken USING (path)"
        " GROUP BY wanted.path HAVING COUNT(DISTINCT wanted.href) > 1 OR COUNT(taken.path) > 0"
    ).fetchall()
    settled = [_settle(connection, path) for (path,) in contested]
    connection.execute("DROP TABLE wanted")
    connection.execute("DROP TABLE taken")
    return Settled(sum(one.moved for one in settled), [path for one in settled for path in one.displaced])


def _take_folders(connection: sqlite3.Connection) -> None:
    """Take the paths at which others need a folder: ``c/tile.tif`` may be an item, and an asset of ``c``."""
    own = {
        layout.folded(path)
        for (path,) in connection.execute(
            "SELECT save_path FROM hrefs JOIN items ON items.number = hrefs.item"
            " WHERE is_shared AND items.item_id IS NULL"
        )
    }
    if not own:
        return
    others = connection.execute(
        "SELECT save_path FROM hrefs WHERE number IN "
        " (SELECT MIN(number) FROM hrefs WHERE NOT is_shared GROUP BY item)"
        " UNION ALL SELECT save_path FROM hrefs WHERE is_shared UNION ALL SELECT place FROM members"
    )
    needed = {folder for (path,) in others for folder in _folders(layout.folded(path)) if folder in own}
    connection.executemany("INSERT OR IGNORE INTO taken VALUES (?, NULL)", [(folder,) for folder in needed])


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts))]


def _settle(connection: sqlite3.Connection, contested: str) -> Settled:
    rows = connection.execute(
        "SELECT href, save_path FROM wanted WHERE path = ? ORDER BY number", (contested,)
    ).fetchall()
    owner = connection.execute("SELECT href FROM taken WHERE path = ?", (contested,)).fetchone()
    given: dict[str, str] = {} if owner else {rows[0][0]: rows[0][1]}
    moved, displaced = 0, []
    for href, save_path in rows:
        if href not in given:
            given[href] = _free_path(connection, save_path)
            connection.execute("INSERT INTO taken VALUES (folded(?), ?)", (given[href], href))
        if given[href] != save_path:
            group = "FROM hrefs WHERE is_shared AND save_path = ? AND href = ?"
            if connection.execute(f"SELECT MIN(waits) {group}", (save_path, href)).fetchone() == (0,):
                displaced.append(save_path)
            moved += connection.execute(
                "UPDATE hrefs SET save_path = ?, waits = 1 WHERE is_shared AND save_path = ? AND href = ?",
                (given[href], save_path, href),
            ).rowcount
    return Settled(moved, displaced)


def _free_path(connection: sqlite3.Connection, save_path: str) -> str:
    number = 2
    while True:
        path = layout.moved_path(save_path, number)
        known = connection.execute(
            "SELECT 1 FROM taken WHERE path = folded(:path) UNION ALL"
            " SELECT 1 FROM wanted WHERE path = folded(:path) LIMIT 1",
            {"path": path},
        ).fetchone()
        if known is None:
            return path
        number += 1
