"""Where each asset of a catalog goes: common assets once, and never two addresses on one path.

Everything here looks at the whole, unfiltered catalog, so that a filter never changes a path.
"""

import sqlite3
from collections.abc import Iterable

from .. import layout


def assign(connection: sqlite3.Connection, catalog_places: Iterable[str]) -> int:
    """Give every row of ``hrefs`` its final ``save_path``.

    Args:
        connection: The manifest's, with the catalog's rows written.
        catalog_places: Paths of the catalog's own files, which no asset may take.

    Returns:
        How many assets had to move, because another address has the path they wanted.
    """
    _gather_common_assets(connection)
    return _settle_contested(connection, catalog_places)


def _gather_common_assets(connection: sqlite3.Connection) -> None:
    """Put a common asset at the highest level at which its key names exactly one address.

    The dataset's ``_common``, else the collection's, else it stays with its item.
    """
    rows = connection.execute(
        "SELECT asset_key, COUNT(DISTINCT href), MIN(href), MIN(extension) FROM hrefs"
        " WHERE is_common GROUP BY asset_key"
    ).fetchall()
    for key, addresses, _, extension in rows:
        if addresses == 1:
            _move(connection, layout.dataset_common_path(key, extension), key)
        else:
            _gather_by_collection(connection, key)


def _gather_by_collection(connection: sqlite3.Connection, key: str) -> None:
    rows = connection.execute(
        "SELECT collection_id, MIN(extension) FROM hrefs JOIN items ON items.number = hrefs.item"
        " WHERE is_common AND asset_key = ? GROUP BY collection_id HAVING COUNT(DISTINCT href) = 1",
        (key,),
    ).fetchall()
    for collection_id, extension in rows:
        path = layout.collection_common_path(collection_id, key, extension)
        connection.execute(
            "UPDATE hrefs SET save_path = ? WHERE is_common AND asset_key = ?"
            " AND item IN (SELECT number FROM items WHERE collection_id = ?)",
            (path, key, collection_id),
        )


def _move(connection: sqlite3.Connection, path: str, key: str) -> None:
    connection.execute("UPDATE hrefs SET save_path = ? WHERE is_common AND asset_key = ?", (path, key))


def _settle_contested(connection: sqlite3.Connection, catalog_places: Iterable[str]) -> int:
    """Let the first in catalog order keep a contested path; later ones get one of their own.

    Paths are compared as folders that ignore case and Unicode form would.
    """
    connection.execute("CREATE TEMP TABLE taken (path TEXT PRIMARY KEY, href TEXT) WITHOUT ROWID")
    connection.executemany(
        "INSERT OR IGNORE INTO taken VALUES (folded(?), NULL)", ((place,) for place in catalog_places)
    )
    connection.execute(
        "CREATE TEMP TABLE wanted AS SELECT number, folded(save_path) AS path, href FROM hrefs"
    )
    connection.execute("CREATE INDEX temp.wanted_by_path ON wanted (path, number, href)")
    _take_folders(connection)
    contested = connection.execute(
        "SELECT wanted.path FROM wanted LEFT JOIN taken USING (path)"
        " GROUP BY wanted.path HAVING COUNT(DISTINCT wanted.href) > 1 OR COUNT(taken.path) > 0"
    ).fetchall()
    moved = sum(_settle(connection, path) for (path,) in contested)
    connection.execute("DROP TABLE wanted")
    connection.execute("DROP TABLE taken")
    return moved


def _take_folders(connection: sqlite3.Connection) -> None:
    """Take the paths at which others need a folder: ``c/tile.tif`` may be an item, and an asset of ``c``."""
    # "0" follows "/" in ASCII: everything between the two lies in the folder.
    connection.execute(
        "INSERT OR IGNORE INTO taken SELECT folded(save_path), NULL FROM hrefs"
        " JOIN items ON items.number = hrefs.item WHERE items.item_id IS NULL"
        " AND EXISTS (SELECT 1 FROM wanted WHERE path > folded(save_path) || '/'"
        "             AND path < folded(save_path) || '0'"
        "             UNION ALL SELECT 1 FROM taken WHERE path > folded(save_path) || '/'"
        "             AND path < folded(save_path) || '0')"
    )


def _settle(connection: sqlite3.Connection, contested: str) -> int:
    rows = connection.execute(
        "SELECT hrefs.number, hrefs.href, hrefs.save_path FROM wanted JOIN hrefs USING (number)"
        " WHERE wanted.path = ? ORDER BY hrefs.number",
        (contested,),
    ).fetchall()
    owner = connection.execute("SELECT href FROM taken WHERE path = ?", (contested,)).fetchone()
    given: dict[str, str] = {} if owner else {rows[0][1]: rows[0][2]}
    moved = 0
    for number, href, save_path in rows:
        if href not in given:
            given[href] = _free_path(connection, save_path)
            connection.execute("INSERT INTO taken VALUES (folded(?), ?)", (given[href], href))
        if given[href] != save_path:
            connection.execute("UPDATE hrefs SET save_path = ? WHERE number = ?", (given[href], number))
            moved += 1
    return moved


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
