"""Whether the database is whole. Rows that a broken-off publication left are no fault: nobody sees them."""

import sqlite3
from collections.abc import Iterator

_SHOWN = 20
_COUNTS = """
    SELECT c.collection_id, c.item_count, count(i.number)
    FROM collections c LEFT JOIN items i ON i.collection = c.number
    WHERE c.visible GROUP BY c.number HAVING c.item_count <> count(i.number)
"""
_LOST = {
    "no text": "SELECT count(*) FROM items WHERE number NOT IN (SELECT item FROM texts)",
    "no box": "SELECT count(*) FROM items WHERE number NOT IN (SELECT id >> 1 FROM boxes)",
}
_ORPHANS = """
    SELECT dataset_id FROM datasets WHERE publication NOT IN
    (SELECT number FROM publications WHERE state = 'published')
"""


def problems(connection: sqlite3.Connection) -> Iterator[str]:
    """A sentence for each thing that is wrong."""
    try:
        yield from _damages(connection)
        yield from _contradictions(connection)
    except sqlite3.DatabaseError as error:
        yield f"The database is damaged: {error}."


def _damages(connection: sqlite3.Connection) -> Iterator[str]:
    for (line,) in connection.execute(f"PRAGMA integrity_check({_SHOWN})"):
        if line != "ok":
            yield f"The database is damaged: {line}."
    (boxes,) = connection.execute("SELECT rtreecheck('boxes')").fetchone()
    if boxes != "ok":
        yield f"The index of places is damaged: {boxes}."


def _contradictions(connection: sqlite3.Connection) -> Iterator[str]:
    for collection_id, expected, found in connection.execute(_COUNTS):
        yield f'The collection "{collection_id}" should have {expected:,} items and has {found:,}.'
    for what, sql in _LOST.items():
        (count,) = connection.execute(sql).fetchone()
        if count:
            yield f"{count:,} items have {what}."
    for (dataset_id,) in connection.execute(_ORPHANS):
        yield f'The dataset "{dataset_id}" belongs to no publication.'
