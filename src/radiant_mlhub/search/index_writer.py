"""An index of items (``sources.item_index``), written item by item, however many there are."""

import json
import os
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..download.intervals import BrokenTime, item_interval
from ..download.place_filter import BrokenPlace, item_box
from ..log import logger
from ..masking import masked
from ..sources.described import OpenSource, is_labels
from ..sources.item_index import (
    APPLICATION_ID,
    EARLIEST_US,
    LATEST_US,
    SCHEMA,
    SCHEMA_VERSION,
    WHOLE_EARTH,
    deflated,
    microseconds,
    widened,
)
from ..sources.parsing import parsed
from ..sources.shared_signature import unsigned
from ..sources.source import EVERYTHING, SourceObject
from ..transfer import RequestFor
from .reading import objects_of
from .refused import not_written, written_to
from .texts import words_of_item

_ROWS_AT_ONCE = 2000
_MOST_TOLD = 20
_LAST_STEPS = f"""
INSERT INTO words (words) VALUES ('optimize');
CREATE INDEX item_ids ON items (item_id);
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""  # noqa: S608 - numbers of ours
_INSERT = {
    "items": "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?)",
    "reaches": "INSERT INTO reaches VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
    "words": "INSERT INTO words (rowid, text) VALUES (?, ?)",
}


def write_index(
    source: OpenSource, path: Path, request_for: RequestFor, told: Callable[[int], object] = lambda _: None
) -> "IndexWriter":
    """Write every item of ``source`` to an index at ``path``, which appears whole or not at all.

    Args:
        source: The source.
        path: The file; one that is there is replaced once the new one is whole.
        request_for: How addresses are asked for.
        told: Hears how many items were written since it was told last.

    Returns:
        The writer, whose counts say what came of it.

    Raises:
        CatalogBroken: The source cannot be read.
        TransferFailed: It cannot be had.
        DirectoryUnusable: The file cannot be written.
    """
    writer = IndexWriter(path, source)
    try:
        writer.begin()
        with objects_of(source, EVERYTHING, request_for) as objects:
            before = 0
            for each in objects:
                writer.add(each)
                if writer.items - before >= _ROWS_AT_ONCE:
                    told(writer.items - before)
                    before = writer.items
            told(writer.items - before)
        writer.publish()
        if not writer.items:
            logger.warning('"%s" has no items, and so %s holds none.', source.dataset_id, path.name)
        if writer.broken_count:
            logger.warning(
                "%s objects could not be read and are not in %s, or not by place and time: %s",
                writer.broken_count,
                path.name,
                "; ".join(writer.broken),
            )
    except sqlite3.Error as error:
        raise not_written(path, error) from error
    finally:
        writer.close()
    return writer


class IndexWriter:
    """An index in the making, in a file beside its place.

    Attributes:
        items: How many items were written.
        broken: What could not be read and is not in it, a sentence each, the first ones.
        broken_count: How many objects that were.
    """

    def __init__(self, path: Path, source: OpenSource) -> None:
        """Make the file; ``close`` takes it away again.

        Raises:
            DirectoryUnusable: It cannot be made.
        """
        self.items = 0
        self.broken: list[str] = []
        self.broken_count = 0
        self._path = path
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._source = source
        self._collections: dict[str, int] = {}
        self._with_labels: set[int] = set()
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERT}
        with written_to(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._part.open("wb").close()  # SQLite does not say why it cannot
            self._connection = sqlite3.connect(self._part)

    def begin(self) -> None:
        """Write what the index is of; as every method, it lets errors of SQLite's through."""
        # The file gets its name once it is whole: there is nothing that a journal would mend.
        self._connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {SCHEMA}")
        about = {
            "dataset_id": self._source.dataset_id,
            "source": masked(unsigned(self._source.location)),
            "root": json.dumps(self._source.root),
        }
        self._connection.executemany("INSERT INTO about VALUES (?, ?)", about.items())

    def add(self, each: SourceObject) -> None:
        """Write one object; one that cannot be read, or is no STAC object, is left out."""
        whole = parsed(each)
        if whole.error is not None:
            self._tell(f"{whole.place}: {whole.error}")
        elif whole.body is not None and whole.body.get("type") == "Collection":
            self._add_collection(whole.body, whole.base_href)
        elif whole.body is not None and whole.body.get("type") == "Feature":
            self._add_item(each, whole.body, whole.base_href)

    def publish(self) -> None:
        """Give the file its name.

        Raises:
            DirectoryUnusable: It cannot be written.
        """
        self._flush()
        for number in self._with_labels:
            self._connection.execute("UPDATE collections SET has_labels = 1 WHERE number = ?", (number,))
        self._connection.executescript(_LAST_STEPS)
        self._connection.commit()
        self._connection.close()
        with written_to(self._path):
            with self._part.open("r+b") as file:  # Windows flushes no file that is open for reading alone
                os.fsync(file.fileno())
            self._part.replace(self._path)

    def close(self) -> None:
        """Leave nothing behind but what was published."""
        self._connection.close()
        self._part.unlink(missing_ok=True)

    def _add_collection(self, body: Mapping[str, Any], href: str | None) -> None:
        number = self._collection(str(body.get("id")))
        self._connection.execute(
            "UPDATE collections SET href = ?, has_labels = ?, body = ? WHERE number = ?",
            (href, int(is_labels(body)), deflated(json.dumps(body).encode()), number),
        )

    def _add_item(self, each: SourceObject, body: Mapping[str, Any], href: str | None) -> None:
        try:
            reach = _reach(body)
        except (BrokenTime, BrokenPlace) as broken:
            # Filters tell the same of it again, where it is asked for by place or time.
            self._tell(f"{each.place}: {broken}")
            reach = (EARLIEST_US, LATEST_US, *WHOLE_EARTH)
        self.items += 1
        collection = self._collection(str(body.get("collection") or self._source.dataset_id))
        if is_labels(body):
            self._with_labels.add(collection)
        text = each.text if each.text is not None else json.dumps(body).encode()
        row = (self.items, collection, str(body.get("id")), each.place, href, deflated(text))
        self._rows["items"].append(row)
        self._rows["reaches"].append((self.items, collection, *reach))
        self._rows["words"].append((self.items, words_of_item(body)))
        if len(self._rows["items"]) >= _ROWS_AT_ONCE:
            self._flush()

    def _collection(self, collection_id: str) -> int:
        number = self._collections.get(collection_id)
        if number is None:
            number = self._collections[collection_id] = len(self._collections) + 1
            self._connection.execute(
                "INSERT INTO collections (number, id, has_labels) VALUES (?, ?, 0)", (number, collection_id)
            )
        return number

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            self._connection.executemany(_INSERT[table], rows)
            rows.clear()

    def _tell(self, what: str) -> None:
        self.broken_count += 1
        if len(self.broken) < _MOST_TOLD:
            self.broken.append(what)


def _reach(body: Mapping[str, Any]) -> tuple[int, int, float, float, float, float]:
    """The time and the box of an item, as ``reaches`` has them.

    Raises:
        BrokenTime: Its time cannot be understood.
        BrokenPlace: Its place cannot be understood.
    """
    properties = body.get("properties")
    taken = item_interval(properties if isinstance(properties, Mapping) else {})
    box = item_box(body.get("bbox"), body.get("geometry"))
    start = EARLIEST_US if taken is None or taken.start is None else microseconds(taken.start)
    end = LATEST_US if taken is None or taken.end is None else microseconds(taken.end)
    return (start, end, *(WHOLE_EARTH if box is None else widened(*box)))
