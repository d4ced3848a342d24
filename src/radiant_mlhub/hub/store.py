"""What a hub holds: the interface between a hub and its database.

Objects are stored as JSON ready to be sent, but for two things that depend on where the hub is
reached: hrefs of the hub's own files begin with ``OWN_HREF`` in place of the hub's address, and
the links that say where an object stands (self, root, parent, collection, items) are left out.
"""

import os
import stat
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from .queries import BBox, CollectionQuery, DatasetQuery, ItemPage, ItemQuery

Json = dict[str, Any]

OWN_HREF = "mlhub-hub:/"
"""Stands in stored JSON for the hub's address and the ``/`` behind it.

``mlhub-hub:/files/20261122T.../a.tif`` is sent as ``https://hub.example.org/files/20261122T.../a.tif``.
"""

API_PATH = "/mlhub/v1/"
"""Where the API begins on a hub; the path the hosted service of 2022 had."""

FILES_PATH = "/files/"
"""Where the files begin on a hub: ``/files/{version}/{path}``."""


def belongs_to_another(collection_id: str, dataset_id: str) -> str:
    """What whoever publishes is told of a collection that the dataset ``dataset_id`` has already."""
    return (
        f'The collection "{collection_id}" belongs to the dataset "{dataset_id}". '
        "Rename the collection, or unpublish that dataset."
    )


@dataclass(frozen=True)
class StoredItem:
    """An item with what it is searched by.

    Attributes:
        bbox: None when the item has no place.
        start_us: First moment, in microseconds since 1970-01-01 UTC; None when it has no time.
        end_us: Last moment; the same as the first for an instant.
        text: The item as compact JSON. ``links`` is its last member, so that the text ends with
            ``]}`` and links can be added without parsing it.
    """

    collection_id: str
    item_id: str
    bbox: BBox | None
    start_us: int | None
    end_us: int | None
    text: str


@dataclass(frozen=True)
class StoredFile:
    """A file that the hub serves.

    Attributes:
        path: Below ``/files/{version}/``, posix, such as ``assets/demo_labels/a/labels.tif``.
        location: Where it lies: relative to the hub's folder, or absolute for one left in place.
        size: In bytes.
        mtime_ns: When it was last written; a file left in place that has another one has changed.
        md5: Hexadecimal.
        needs_token: True for archives, which want a key; assets are readable by anybody
            unless the hub is private.
    """

    path: str
    location: str
    size: int
    mtime_ns: int
    md5: str
    media_type: str | None = None
    needs_token: bool = False

    def is_still(self, there: os.stat_result) -> bool:
        """Whether what lies there now is the file that was published, by its kind, size and time."""
        is_the_same = (there.st_size, there.st_mtime_ns) == (self.size, self.mtime_ns)
        return is_the_same and stat.S_ISREG(there.st_mode)


@dataclass(frozen=True)
class Publication:
    """A dataset, whole, as it will appear.

    Attributes:
        version: A name of its own for this publication, a single path component; the folder
            ``publications/{version}`` of the hub holds its files.
        dataset: What ``/datasets/{id}`` says (its ``collections`` included).
        collections: STAC collections, each with the private member ``mlhub:archive``
            (``{"size": bytes, "path": ...}``) where an archive was built.
        items: Read once, in any order.
        files: Read once, after the items.
    """

    version: str
    dataset: Json
    collections: Sequence[Json]
    items: Iterable[StoredItem]
    files: Iterable[StoredFile]


@dataclass(frozen=True)
class StoredKey:
    """An API key, without the key itself.

    Attributes:
        key_id: A short public name, for ``mlhub keys revoke``.
        name: Whose it is, in the words of whoever made it.
        digest: SHA-256 of the key, hexadecimal. Keys are 256 random bits, so that a fast digest is safe.
        created: RFC 3339.
        revoked: RFC 3339, or None while it is valid.
    """

    key_id: str
    name: str
    digest: str
    created: str
    revoked: str | None = None


class Store(Protocol):
    """A hub's database. Readers see whole publications only, and never wait for a writer.

    Every method may be called from any thread; answers are in order of ids unless said otherwise.
    """

    def datasets(self, query: DatasetQuery = DatasetQuery()) -> list[Json]:
        """The datasets that match, as ``/datasets`` gives them."""
        ...

    def dataset(self, dataset_id: str) -> Json | None:
        """The dataset of that id; None when there is none."""
        ...

    def dataset_by_doi(self, doi: str) -> Json | None:
        """The dataset of that DOI; None when there is none."""
        ...

    def version(self, dataset_id: str) -> str | None:
        """The version under which the dataset is published now."""
        ...

    def dataset_of(self, collection_id: str) -> str | None:
        """The id of the dataset that holds the collection."""
        ...

    def dataset_of_version(self, version: str) -> str | None:
        """The id of the dataset that is published under this version, or was until lately."""
        ...

    def collections(self, query: CollectionQuery = CollectionQuery()) -> list[Json]:
        """The STAC collections that match."""
        ...

    def collection(self, collection_id: str) -> Json | None:
        """The STAC collection of that id; None when there is none."""
        ...

    def items(self, query: ItemQuery) -> ItemPage:
        """One page of items.

        Raises:
            BadQuery: The token, the filter, a geometry or a field to sort by is not to be used.
        """
        ...

    def item(self, collection_id: str, item_id: str) -> str | None:
        """The item's text, see ``StoredItem``."""
        ...

    def item_count(self, collection_id: str) -> int:
        """How many items the collection holds; 0 when there is no such collection."""
        ...

    def all_items(self, dataset_id: str) -> AbstractContextManager[Iterable[StoredItem]]:
        """Every item of a dataset as it is published now, as one snapshot, in order of collection and id."""
        ...

    def boxes(self, dataset_id: str) -> AbstractContextManager[Iterable[tuple[str, BBox]]]:
        """Collection and box of every item of a dataset that has a place, as one snapshot."""
        ...

    def file(self, version: str, path: str) -> StoredFile | None:
        """A file of a version that is published, or was until lately."""
        ...

    def asset_bytes(self, dataset_id: str) -> int:
        """The size of all its files but archives, in bytes."""
        ...

    def models(self) -> list[Json]:
        """Every model, a STAC item each."""
        ...

    def model(self, model_id: str) -> Json | None:
        """The model of that id; None when there is none."""
        ...

    def publish(self, publication: Publication) -> None:
        """Let the publication appear, whole, in place of an earlier one of the same dataset.

        Raises:
            ValueError: A collection of it belongs to another dataset, or an item comes twice.
        """
        ...

    def unpublish(self, dataset_id: str) -> bool:
        """Take the dataset away; False when there was none."""
        ...

    def publish_model(
        self, model: Json, version: str | None = None, files: Iterable[StoredFile] = ()
    ) -> None:
        """Let the model (a STAC item) appear, in place of an earlier one of its id.

        Args:
            version: Under which ``files`` are served, as those of a publication.
        """
        ...

    def unpublish_model(self, model_id: str) -> bool:
        """Take the model away; False when there was none."""
        ...

    def known_versions(self) -> set[str]:
        """The versions whose files may still be asked for; every other folder may be deleted."""
        ...

    def forget_versions(self, older_than_s: float) -> set[str]:
        """Drop the files of versions that were replaced that long ago; the versions dropped."""
        ...

    def keys(self) -> list[StoredKey]:
        """Every key ever made, the oldest first."""
        ...

    def key_by_digest(self, digest: str) -> StoredKey | None:
        """The key whose SHA-256 that is, revoked or not; None when there is none."""
        ...

    def add_key(self, key: StoredKey) -> None:
        """Let the key be valid from now on."""
        ...

    def revoke_key(self, key_id: str, when: str) -> bool:
        """Let the key be valid no more; False when there is no valid key of that id."""
        ...

    def problems(self) -> list[str]:
        """What is wrong with the database, a sentence each (``mlhub hub check``)."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
