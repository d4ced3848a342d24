"""One publication on its way into the database."""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from ..store import Json, Publication, StoredFile, StoredItem, belongs_to_another
from .connections import Connections
from .leaving import PENDING, PUBLISHED, take_away
from .rows import (
    box_rows,
    collection_words,
    compact,
    dataset_tags,
    dataset_words,
    extension_urls,
    extent_rows,
    folded_doi,
    is_box,
    times_us,
)

Row = TypeVar("Row")

_ROWS_AT_ONCE = 5000

_DOUBLE = "SELECT item_id FROM items WHERE collection = ? GROUP BY item_id HAVING count(*) > 1 LIMIT 1"
_SHOW_COLLECTION = """
    UPDATE collections SET (
        visible, item_count, west, south, east, north, start_us, end_us, longest_us
    ) = (
        SELECT TRUE, count(*),
        min(CASE WHEN west <= east THEN west ELSE -180 END), min(south),
        max(CASE WHEN west <= east THEN east ELSE 180 END), max(north),
        min(start_us), max(end_us), max(end_us - start_us)
        FROM items WHERE collection = ?
    ) WHERE number = ?
"""


class Incoming:
    """The rows of one publication, written batch by batch."""

    def __init__(self, connections: Connections, publication: Publication) -> None:
        self._connections = connections
        self._publication = publication
        self._dataset_id: str = publication.dataset["id"]
        self._collections: dict[str, int] = {}
        self._extension_sets: dict[tuple[str, ...], int] = {}
        self._asset_bytes = 0

    def write(self) -> None:
        """Write all of it, and let it appear.

        Raises:
            ValueError: It contradicts itself, or claims another dataset's collection.
        """
        self._begin()
        for items in _batches(self._publication.items):
            with self._connections.writing() as connection:
                self._add_items(connection, items)
        self._refuse_doubles()
        for files in _batches(self._publication.files):
            with self._connections.writing() as connection:
                self._add_files(connection, files)
        with self._connections.writing() as connection:
            self._show(connection)

    def _begin(self) -> None:
        with self._connections.writing() as connection:
            self._refuse_taken_names(connection)
            (self._first_item,) = connection.execute(
                "SELECT ifnull(max(number), 0) + 1 FROM items"
            ).fetchone()
            self._next_item = self._first_item
            (self._number,) = connection.execute(
                "INSERT INTO publications (version, dataset_id, state, first_item) VALUES (?, ?, ?, ?) "
                "RETURNING number",
                (self._publication.version, self._dataset_id, PENDING, self._first_item),
            ).fetchone()
            for collection in self._publication.collections:
                (self._collections[collection["id"]],) = connection.execute(
                    "INSERT INTO collections (publication, collection_id, dataset_id, visible, json) "
                    "VALUES (?, ?, ?, FALSE, ?) RETURNING number",
                    (self._number, collection["id"], self._dataset_id, compact(collection)),
                ).fetchone()

    def _refuse_taken_names(self, connection: sqlite3.Connection) -> None:
        version = self._publication.version
        if connection.execute("SELECT 1 FROM publications WHERE version = ?", (version,)).fetchone():
            raise ValueError(f'A version "{version}" was published before. Choose another name.')
        ids = [collection["id"] for collection in self._publication.collections]
        for collection_id, count in Counter(ids).items():
            if count > 1:
                raise ValueError(f'The collection "{collection_id}" comes twice in "{self._dataset_id}".')
            owner = connection.execute(
                "SELECT dataset_id FROM collections WHERE collection_id = ? AND visible", (collection_id,)
            ).fetchone()
            if owner and owner[0] != self._dataset_id:
                raise ValueError(belongs_to_another(collection_id, owner[0]))

    def _add_items(self, connection: sqlite3.Connection, items: list[StoredItem]) -> None:
        numbered = list(enumerate(items, self._next_item))
        for item in items:
            self._refuse_unusable(item)
        connection.executemany(
            "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [self._item_row(connection, number, item) for number, item in numbered],
        )
        connection.executemany("INSERT INTO texts VALUES (?, ?)", [(n, item.text) for n, item in numbered])
        connection.executemany(
            "INSERT INTO boxes VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row for number, item in numbered for row in box_rows(number, item)],
        )
        self._next_item += len(items)

    def _refuse_unusable(self, item: StoredItem) -> None:
        if item.collection_id not in self._collections:
            raise ValueError(
                f'The item "{item.item_id}" belongs to the collection "{item.collection_id}", '
                f'which "{self._dataset_id}" does not have.'
            )
        if not item.item_id:
            raise ValueError(f'An item of "{item.collection_id}" has no id.')
        if item.bbox is not None and not is_box(item.bbox):
            raise ValueError(f'The item "{item.item_id}" of "{item.collection_id}" has the bbox {item.bbox}.')

    def _item_row(self, connection: sqlite3.Connection, number: int, item: StoredItem) -> tuple[object, ...]:
        return (
            number,
            self._collections[item.collection_id],
            item.item_id,
            *(item.bbox or (None,) * 4),
            *times_us(item),
            self._extension_set(connection, extension_urls(item.text)),
        )

    def _extension_set(self, connection: sqlite3.Connection, urls: tuple[str, ...]) -> int:
        if urls not in self._extension_sets:
            told = compact(sorted(set(urls)))
            connection.execute("INSERT OR IGNORE INTO extension_sets (urls) VALUES (?)", (told,))
            (number,) = connection.execute(
                "SELECT number FROM extension_sets WHERE urls = ?", (told,)
            ).fetchone()
            self._extension_sets[urls] = number
        return self._extension_sets[urls]

    def _refuse_doubles(self) -> None:
        with self._connections.reading() as connection:
            for collection_id, number in self._collections.items():
                double = connection.execute(_DOUBLE, (number,)).fetchone()
                if double:
                    raise ValueError(
                        f'The item "{double[0]}" comes twice in the collection "{collection_id}".'
                    )

    def _add_files(self, connection: sqlite3.Connection, files: list[StoredFile]) -> None:
        try:
            connection.executemany(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (self._number, f.path, f.location, f.size, f.mtime_ns, f.md5, f.media_type, f.needs_token)
                    for f in files
                ],
            )
        except sqlite3.IntegrityError as error:
            raise ValueError(f'A file of "{self._dataset_id}" comes twice.') from error
        self._asset_bytes += sum(file.size for file in files if not file.needs_token)

    def _show(self, connection: sqlite3.Connection) -> None:
        take_away(connection, self._dataset_id)
        connection.execute(
            "UPDATE publications SET state = ?, last_item = ?, asset_bytes = ? WHERE number = ?",
            (PUBLISHED, self._next_item - 1, self._asset_bytes, self._number),
        )
        dataset = self._publication.dataset
        connection.execute(
            "INSERT INTO datasets VALUES (?, ?, ?, ?)",
            (self._dataset_id, self._number, folded_doi(dataset.get("doi")), compact(dataset)),
        )
        connection.executemany(
            "INSERT INTO tags VALUES (?, ?)", [(tag, self._dataset_id) for tag in dataset_tags(dataset)]
        )
        connection.execute(
            "INSERT INTO dataset_words (rowid, id, title, description, citation, tags, creator) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (self._number, *dataset_words(dataset)),
        )
        for collection in self._publication.collections:
            self._show_collection(connection, self._collections[collection["id"]], collection)

    def _show_collection(self, connection: sqlite3.Connection, number: int, collection: Json) -> None:
        boxes, intervals = extent_rows(collection)
        connection.execute(_SHOW_COLLECTION, (number,) * 2)
        connection.executemany(
            "INSERT INTO extents VALUES (?, ?, ?, ?, ?)", [(number, *box) for box in boxes]
        )
        connection.executemany(
            "INSERT INTO intervals VALUES (?, ?, ?)", [(number, *each) for each in intervals]
        )
        connection.execute(
            "INSERT INTO collection_words (rowid, id, title, description, keywords) VALUES (?, ?, ?, ?, ?)",
            (number, *collection_words(collection)),
        )


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while batch := list(islice(remaining, _ROWS_AT_ONCE)):
        yield batch
