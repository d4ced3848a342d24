"""A part of what all other filters leave: a sample, or the first items; labels bring their imagery along.

An item that others name as their source (``source_links``) goes with them: it stays in as soon as one
of them does, and where none of them does it is left out. Only the others are drawn or counted: labels, and
imagery that no label names. So a part of a training dataset is made of whole pairs.
"""

import sqlite3
from collections.abc import Sequence

from .manifest import Manifest
from .options import DownloadOptions
from .sampling import Sample

# What these said before, while the catalog was read, says nothing here.
_OPEN = "(rejected_by IS NULL OR rejected_by IN ('sample', 'max_items'))"
_LEFT = f"""
INSERT OR IGNORE INTO left_over SELECT item, NULL FROM hrefs
WHERE {_OPEN} AND (SELECT item_id FROM items WHERE number = hrefs.item) IS NOT NULL
"""  # noqa: S608 - names of ours
_STILL = "SELECT item FROM left_over WHERE rejected_by IS NULL"
# UNION, not UNION ALL: items may name each other in a circle. CROSS JOIN, or SQLite tries every item that
# is left over for each that is reached.
_KEPT = f"""
INSERT INTO kept
WITH RECURSIVE named AS (SELECT source FROM sources WHERE item IN ({_STILL})),
own AS (
    SELECT left_over.item FROM left_over JOIN items ON items.number = left_over.item
    WHERE left_over.rejected_by IS NULL
          AND (left_over.item NOT IN named OR left_over.item IN (SELECT item FROM sources))
          AND is_drawn(collection_id, item_id)
    ORDER BY left_over.item LIMIT ?
),
reached (item) AS (
    SELECT item FROM own
    UNION SELECT sources.source FROM reached CROSS JOIN sources ON sources.item = reached.item
    CROSS JOIN left_over ON left_over.item = sources.source WHERE left_over.rejected_by IS NULL
)
SELECT item FROM reached
"""  # noqa: S608
_CHANGED = """
INSERT INTO changed SELECT item FROM left_over JOIN items ON items.number = left_over.item
WHERE items.rejected_by IS NOT left_over.rejected_by
"""
_NOW = "(SELECT rejected_by FROM left_over WHERE left_over.item = {})"
_TABLES = {
    "left_over": "item INTEGER PRIMARY KEY, rejected_by TEXT",
    "kept": "item INTEGER PRIMARY KEY",
    "changed": "item INTEGER PRIMARY KEY",
}


def take_portion(manifest: Manifest, options: DownloadOptions) -> None:
    """Reject what is beyond the part that is asked for; nothing is committed."""
    connection = manifest.connection
    has_sources = connection.execute("SELECT 1 FROM sources LIMIT 1").fetchone() is not None
    if options.max_items is None and (options.sample is None or not has_sources):
        return  # each item was drawn by itself already
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE TEMP TABLE {table} ({columns})")
    connection.execute(_LEFT)
    if options.sample is not None:
        sample = Sample(options.sample, options.seed)
        connection.create_function("is_drawn", 2, sample.keeps, deterministic=True)
        _keep(connection, "sample", -1)
    if options.max_items is not None:
        connection.create_function("is_drawn", 2, lambda *_: True, deterministic=True)
        _keep(connection, "max_items", options.max_items)
    _write_verdicts(connection)
    for table in _TABLES:
        connection.execute(f"DROP TABLE temp.{table}")


def _keep(connection: sqlite3.Connection, name: str, limit: int) -> None:
    """Leave the items that are drawn, at most ``limit`` (-1: all), with their sources; reject the others."""
    connection.execute("DELETE FROM kept")
    connection.execute(_KEPT, (limit,))
    connection.execute(
        "UPDATE left_over SET rejected_by = ? WHERE rejected_by IS NULL AND item NOT IN kept",
        (name,),
    )


def _write_verdicts(connection: sqlite3.Connection) -> None:
    """Only where they are others than before: few, where the catalog was read by the same filters."""
    connection.execute(_CHANGED)
    connection.execute(
        f"UPDATE items SET rejected_by = {_NOW.format('items.number')} WHERE number IN changed"  # noqa: S608
    )
    connection.execute(
        f"UPDATE hrefs SET rejected_by = {_NOW.format('hrefs.item')} WHERE item IN changed AND {_OPEN}"  # noqa: S608
    )


def find_sources(manifest: Manifest) -> None:
    """Find the items that links lead to, once all are there; links that lead nowhere are left alone.

    A path names an item by its file or by the folder of that (``c/id/id.json``, ``c/id/stac.json``,
    ``collections/c/items/id``), and where several collections have that id, by the collection's.
    """
    connection = manifest.connection
    if connection.execute("SELECT 1 FROM linked LIMIT 1").fetchone() is None:
        return
    connection.execute("CREATE INDEX items_by_id ON items (item_id)")
    links = manifest.pages("SELECT rowid, item, path FROM linked WHERE rowid > :after ORDER BY 1 LIMIT :rows")
    for _, item, path in links:
        found = _named(connection, item, path)
        connection.executemany(
            "INSERT OR IGNORE INTO sources VALUES (?, ?)", [(item, number) for number in found]
        )
    connection.execute("DELETE FROM linked")
    connection.execute("DROP INDEX items_by_id")


def _named(connection: sqlite3.Connection, item: int, path: str) -> Sequence[int]:
    """Numbers of the items that a path names."""
    *folders, file = path.split("/")
    names = {file.removesuffix(".json"), *folders[-1:]}
    rows = connection.execute(
        "SELECT number, collection_id FROM items WHERE item_id IN (?, ?) AND number <> ?",
        (min(names), max(names), item),
    ).fetchall()
    there = [number for number, collection_id in rows if collection_id in folders]
    return there or [number for number, _ in rows]
