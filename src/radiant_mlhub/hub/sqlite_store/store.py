"""A hub's database in one SQLite file: the ``Store`` of a hub that is a folder."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..queries import BBox, CollectionQuery, DatasetQuery, ItemPage, ItemQuery
from ..store import Json, Publication, StoredFile, StoredItem, StoredKey
from . import checking, leaving, listing, models, publishing, searching
from .connections import Connections
from .rows import folded_doi
from .statements import storable

FILE_NAME = "hub.sqlite"

_ALL_ITEMS = """
    SELECT c.collection_id, i.item_id, i.west, i.south, i.east, i.north, i.start_us, i.end_us, t.text
    FROM collections c CROSS JOIN items i ON i.collection = c.number CROSS JOIN texts t ON t.item = i.number
    WHERE c.dataset_id = ? AND c.visible ORDER BY c.collection_id, i.item_id
"""
# All of it stands in the index items_by_id: no text is read.
_BOXES = """
    SELECT c.collection_id, i.west, i.south, i.east, i.north
    FROM collections c CROSS JOIN items i ON i.collection = c.number
    WHERE c.dataset_id = ? AND c.visible AND i.west IS NOT NULL
"""
_KEYS = "SELECT key_id, name, digest, created, revoked FROM keys"


class SqliteStore:
    """See ``Store``. Any number of processes may have it open, on one machine (no network file system)."""

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        publication_wait_s: float = 600.0,
        search_limit_s: float = 10.0,
    ) -> None:
        """Open the database at ``path``, made first where there is none.

        Args:
            read_only: Nothing is made or written.
            publication_wait_s: How long a publication waits for another one to end.
            search_limit_s: How long one page of items may take; an hour of one core is not for one question.

        Raises:
            HubStoreUnusable: It is missing and must not be made, or cannot be used.
        """
        self._connections = Connections(path, read_only=read_only, publication_wait_s=publication_wait_s)
        self._search_limit_s = search_limit_s

    def datasets(self, query: DatasetQuery = DatasetQuery()) -> list[Json]:
        """The datasets that match, as ``/datasets`` gives them."""
        with self._connections.reading() as connection:
            return listing.datasets(connection, query)

    def dataset(self, dataset_id: str) -> Json | None:
        """The dataset of that id; None when there is none."""
        return self._object("SELECT json FROM datasets WHERE dataset_id = ?", dataset_id)

    def dataset_by_doi(self, doi: str) -> Json | None:
        """The dataset of that DOI, whatever its case; None when there is none."""
        return self._object(
            "SELECT json FROM datasets WHERE doi = ? ORDER BY dataset_id LIMIT 1", folded_doi(doi) or ""
        )

    def version(self, dataset_id: str) -> str | None:
        """The version under which the dataset is published now."""
        row = self._row(
            "SELECT p.version FROM datasets d JOIN publications p ON p.number = d.publication "
            "WHERE d.dataset_id = ?",
            dataset_id,
        )
        return row[0] if row else None

    def dataset_of(self, collection_id: str) -> str | None:
        """The id of the dataset that holds the collection."""
        row = self._row(
            "SELECT dataset_id FROM collections WHERE collection_id = ? AND visible", collection_id
        )
        return row[0] if row else None

    def dataset_of_version(self, version: str) -> str | None:
        """The id of the dataset that is published under this version, or was until lately."""
        row = self._row(
            "SELECT dataset_id FROM publications WHERE version = ? AND state <> 'pending'", version
        )
        return row[0] if row else None

    def collections(self, query: CollectionQuery = CollectionQuery()) -> list[Json]:
        """The STAC collections that match."""
        with self._connections.reading() as connection:
            return listing.collections(connection, query)

    def collection(self, collection_id: str) -> Json | None:
        """The STAC collection of that id; None when there is none."""
        return self._object("SELECT json FROM collections WHERE collection_id = ? AND visible", collection_id)

    def items(self, query: ItemQuery) -> ItemPage:
        """One page of items; see ``tokens`` for what a token means after the dataset was published again.

        Raises:
            BadQuery: The question cannot be answered as asked, or not within the time limit.
        """
        with self._connections.reading() as connection:
            return searching.page(connection, query, self._search_limit_s)

    def item(self, collection_id: str, item_id: str) -> str | None:
        """The item's text, see ``StoredItem``."""
        row = self._row(
            "SELECT t.text FROM collections c JOIN items i ON i.collection = c.number "
            "JOIN texts t ON t.item = i.number WHERE c.collection_id = ? AND c.visible AND i.item_id = ?",
            collection_id,
            item_id,
        )
        return row[0] if row else None

    def item_count(self, collection_id: str) -> int:
        """How many items the collection holds; 0 when there is no such collection."""
        row = self._row(
            "SELECT item_count FROM collections WHERE collection_id = ? AND visible", collection_id
        )
        return row[0] if row else 0

    @contextmanager
    def all_items(self, dataset_id: str) -> Iterator[Iterable[StoredItem]]:
        """Every item of a dataset as it is published now, as one snapshot, in order of collection and id."""
        with self._connections.reading() as connection:
            rows = connection.execute(_ALL_ITEMS, (storable(dataset_id),))
            yield (
                StoredItem(
                    collection_id,
                    item_id,
                    None if west is None else (west, south, east, north),
                    start_us,
                    end_us,
                    text,
                )
                for collection_id, item_id, west, south, east, north, start_us, end_us, text in rows
            )

    @contextmanager
    def boxes(self, dataset_id: str) -> Iterator[Iterable[tuple[str, BBox]]]:
        """Collection and box of every item of a dataset that has a place, as one snapshot."""
        with self._connections.reading() as connection:
            rows = connection.execute(_BOXES, (storable(dataset_id),))
            yield (
                (collection_id, (west, south, east, north))
                for collection_id, west, south, east, north in rows
            )

    def file(self, version: str, path: str) -> StoredFile | None:
        """A file of a version that is published, or was until lately."""
        row = self._row(
            "SELECT f.path, f.location, f.size, f.mtime_ns, f.md5, f.media_type, f.needs_token "
            "FROM publications p JOIN files f ON f.publication = p.number "
            "WHERE p.version = ? AND f.path = ? AND p.state <> 'pending'",
            version,
            path,
        )
        if row is None:
            return None
        path, location, size, mtime_ns, md5, media_type, needs_token = row
        return StoredFile(path, location, size, mtime_ns, md5, media_type, bool(needs_token))

    def asset_bytes(self, dataset_id: str) -> int:
        """The size of all its files but archives, in bytes."""
        row = self._row(
            "SELECT p.asset_bytes FROM datasets d JOIN publications p ON p.number = d.publication "
            "WHERE d.dataset_id = ?",
            dataset_id,
        )
        return row[0] if row else 0

    def models(self) -> list[Json]:
        """Every model, a STAC item each."""
        with self._connections.reading() as connection:
            return [
                json.loads(row[0]) for row in connection.execute("SELECT json FROM models ORDER BY model_id")
            ]

    def model(self, model_id: str) -> Json | None:
        """The model of that id; None when there is none."""
        return self._object("SELECT json FROM models WHERE model_id = ?", model_id)

    def publish(self, publication: Publication) -> None:
        """Let the publication appear, whole, in place of an earlier one of the same dataset.

        Raises:
            ValueError: It contradicts itself, or claims another dataset's collection.
            HubStoreUnusable: Another publication did not end in time; the disk is full.
        """
        publishing.publish(self._connections, publication)

    def unpublish(self, dataset_id: str) -> bool:
        """Take the dataset away; False when there was none."""
        return publishing.unpublish(self._connections, storable(dataset_id))

    def publish_model(
        self, model: Json, version: str | None = None, files: Iterable[StoredFile] = ()
    ) -> None:
        """Let the model (a STAC item) and its files appear, in place of earlier ones of its id."""
        models.publish_model(self._connections, model, version, files)

    def unpublish_model(self, model_id: str) -> bool:
        """Take the model away; False when there was none."""
        return models.unpublish_model(self._connections, storable(model_id))

    def known_versions(self) -> set[str]:
        """The versions whose files may still be asked for, or are being published."""
        with self._connections.reading() as connection:
            return {row[0] for row in connection.execute("SELECT version FROM publications")}

    def forget_versions(self, older_than_s: float) -> set[str]:
        """Drop the files of versions that were replaced that long ago; the versions dropped."""
        return leaving.forget_versions(self._connections, older_than_s)

    def keys(self) -> list[StoredKey]:
        """Every key ever made, the oldest first."""
        with self._connections.reading() as connection:
            return [StoredKey(*row) for row in connection.execute(f"{_KEYS} ORDER BY number")]

    def key_by_digest(self, digest: str) -> StoredKey | None:
        """The key whose SHA-256 that is, revoked or not; None when there is none."""
        row = self._row(f"{_KEYS} WHERE digest = ?", digest)
        return StoredKey(*row) if row else None

    def add_key(self, key: StoredKey) -> None:
        """Let the key be valid from now on.

        Raises:
            ValueError: Its id or digest belongs to a key already.
        """
        with self._connections.writing() as connection:
            try:
                connection.execute(
                    "INSERT INTO keys (key_id, name, digest, created, revoked) VALUES (?, ?, ?, ?, ?)",
                    (key.key_id, key.name, key.digest, key.created, key.revoked),
                )
            except sqlite3.IntegrityError as error:
                raise ValueError(f'There is a key "{key.key_id}" already.') from error

    def revoke_key(self, key_id: str, when: str) -> bool:
        """Let the key be valid no more; False when there is no valid key of that id."""
        with self._connections.writing() as connection:
            return (
                connection.execute(
                    "UPDATE keys SET revoked = ? WHERE key_id = ? AND revoked IS NULL",
                    (when, storable(key_id)),
                ).rowcount
                > 0
            )

    def problems(self) -> list[str]:
        """What is wrong with the database, a sentence each."""
        with self._connections.reading() as connection:
            return list(checking.problems(connection))

    def close(self) -> None:
        """Let go of the files; what is being read is read to its end."""
        self._connections.close()

    def _row(self, sql: str, *texts: str) -> tuple[Any, ...] | None:
        with self._connections.reading() as connection:
            row: tuple[Any, ...] | None = connection.execute(
                sql, [storable(text) for text in texts]
            ).fetchone()
            return row

    def _object(self, sql: str, *texts: str) -> Json | None:
        row = self._row(sql, *texts)
        return json.loads(row[0]) if row else None
