"""How what is replaced goes: out of sight at once, out of the file in batches."""

import sqlite3
import time

from .connections import Connections

PENDING, PUBLISHED, REPLACED = "pending", "published", "replaced"
"""States of a publication, see ``schema``."""

_ROWS_AT_ONCE = 5000


def take_away(connection: sqlite3.Connection, dataset_id: str) -> bool:
    """Hide a dataset within a transaction; its items are deleted later."""
    row = connection.execute(
        "SELECT publication FROM datasets WHERE dataset_id = ?", (dataset_id,)
    ).fetchone()
    if row is None:
        return False
    collections = "SELECT number FROM collections WHERE publication = ?"
    for table, column in (
        ("extents", "collection"),
        ("intervals", "collection"),
        ("collection_words", "rowid"),
    ):
        connection.execute(f"DELETE FROM {table} WHERE {column} IN ({collections})", row)
    connection.execute("DELETE FROM collections WHERE publication = ?", row)
    connection.execute("DELETE FROM dataset_words WHERE rowid = ?", row)
    connection.execute("DELETE FROM tags WHERE dataset_id = ?", (dataset_id,))
    connection.execute("DELETE FROM datasets WHERE dataset_id = ?", (dataset_id,))
    connection.execute(
        "UPDATE publications SET state = ?, replaced_at = ? WHERE number = ?", (REPLACED, time.time(), *row)
    )
    return True


def sweep(connections: Connections) -> None:
    """Delete the rows of items nobody sees, and all that a broken-off publication left."""
    with connections.reading() as connection:
        hidden = connection.execute(
            "SELECT number, state, first_item, last_item FROM publications "
            "WHERE state = ? OR (state = ? AND last_item >= first_item)",
            (PENDING, REPLACED),
        ).fetchall()
    for number, state, first, last in hidden:
        _drop_items(connections, first, last)
        if state == PENDING:
            _drop_publication(connections, number)
        else:
            with connections.writing() as connection:
                connection.execute(
                    "UPDATE publications SET last_item = first_item - 1 WHERE number = ?", (number,)
                )


def forget_versions(connections: Connections, older_than_s: float) -> set[str]:
    """Drop the files of versions replaced that long ago."""
    with connections.publishing():
        sweep(connections)
        with connections.reading() as connection:
            old = connection.execute(
                "SELECT number, version FROM publications WHERE state = ? AND replaced_at <= ?",
                (REPLACED, time.time() - older_than_s),
            ).fetchall()
        for number, _ in old:
            _drop_publication(connections, number)
    return {version for _, version in old}


def _drop_items(connections: Connections, first: int, last: int | None) -> None:
    """Delete items by their numbers; without a last one, up to the end."""
    if last is None:
        with connections.reading() as connection:
            (last,) = connection.execute("SELECT ifnull(max(number), 0) FROM items").fetchone()
    for start in range(first, last + 1, _ROWS_AT_ONCE):
        end = min(start + _ROWS_AT_ONCE - 1, last)
        with connections.writing() as connection:
            connection.executemany(
                "DELETE FROM boxes WHERE id = ?", ((box,) for box in range(2 * start, 2 * end + 2))
            )
            connection.execute("DELETE FROM texts WHERE item BETWEEN ? AND ?", (start, end))
            connection.execute("DELETE FROM items WHERE number BETWEEN ? AND ?", (start, end))


def _drop_publication(connections: Connections, number: int) -> None:
    """Delete what is left of a publication whose items are gone."""
    more = True
    while more:
        with connections.writing() as connection:
            more = (
                connection.execute(
                    "DELETE FROM files WHERE publication = ? AND path IN "
                    "(SELECT path FROM files WHERE publication = ? LIMIT ?)",
                    (number, number, _ROWS_AT_ONCE),
                ).rowcount
                > 0
            )
    with connections.writing() as connection:
        connection.execute("DELETE FROM collections WHERE publication = ?", (number,))
        connection.execute("DELETE FROM publications WHERE number = ?", (number,))
