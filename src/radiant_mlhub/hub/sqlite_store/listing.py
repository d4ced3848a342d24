"""Datasets and collections: few enough to be given whole."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import starmap

from ..queries import BadQuery, CollectionQuery, DatasetQuery
from ..store import Json
from .statements import Condition, all_of, clamped, in_box, storable

_MAX_PHRASES = 50
_MAX_CHARACTERS = 1000


def datasets(connection: sqlite3.Connection, query: DatasetQuery) -> list[Json]:
    """The datasets that have all tags and hold all phrases."""
    if len(query.tags) > _MAX_PHRASES:
        raise BadQuery(f"At most {_MAX_PHRASES} tags can be asked for at once.")
    conditions = [
        Condition("dataset_id IN (SELECT dataset_id FROM tags WHERE tag = ?)", (storable(tag.casefold()),))
        for tag in query.tags
    ]
    conditions += _holding("publication", "dataset_words", query.text)
    where = all_of(conditions)
    return _objects(
        connection, f"SELECT json FROM datasets WHERE {where.sql} ORDER BY dataset_id", where.parameters
    )


def collections(connection: sqlite3.Connection, query: CollectionQuery) -> list[Json]:
    """The collections whose extent meets box and time, holding all phrases."""
    where = all_of(
        [
            Condition("visible"),
            *_in_place(query),
            *_in_time(query),
            *_holding("number", "collection_words", query.text),
        ]
    )
    return _objects(
        connection, f"SELECT json FROM collections WHERE {where.sql} ORDER BY collection_id", where.parameters
    )


def _in_place(query: CollectionQuery) -> Iterator[Condition]:
    if query.bbox is None:
        return
    box = in_box(query.bbox)
    yield Condition(f"number IN (SELECT collection FROM extents WHERE {box.sql})", box.parameters)


def _in_time(query: CollectionQuery) -> Iterator[Condition]:
    if query.start_us is not None:
        yield Condition(
            "number IN (SELECT collection FROM intervals WHERE end_us IS NULL OR end_us >= ?)",
            (clamped(query.start_us),),
        )
    if query.end_us is not None:
        yield Condition(
            "number IN (SELECT collection FROM intervals WHERE start_us IS NULL OR start_us <= ?)",
            (clamped(query.end_us),),
        )


def _holding(column: str, table: str, phrases: Sequence[str]) -> Iterator[Condition]:
    """All phrases stand in the words of the row; the last word of a phrase may be the begin of one."""
    if len(phrases) > _MAX_PHRASES or any(len(phrase) > _MAX_CHARACTERS for phrase in phrases):
        raise BadQuery(
            f"At most {_MAX_PHRASES} phrases of {_MAX_CHARACTERS:,} characters can be asked for at once."
        )
    for phrase in phrases:
        if not phrase.strip():
            continue
        quoted = storable(phrase).replace("\0", " ").replace('"', '""')
        yield Condition(f"{column} IN (SELECT rowid FROM {table} WHERE {table} MATCH ?)", (f'"{quoted}" *',))


def _objects(connection: sqlite3.Connection, sql: str, parameters: Sequence[object]) -> list[Json]:
    return list(starmap(json.loads, connection.execute(sql, parameters)))
