"""The archive of all STAC objects of a dataset, for one address of the hub.

::

    {dataset_id}/
    ├── catalog.json
    └── {collection_id}/
        ├── collection.json
        └── {item_id}/{item_id}.json

Its links are relative and the hrefs of assets absolute: the client of 2022 needs both so. It is made when
it is asked for, once for each version and address, and stays until the version is forgotten. Of more than
16 addresses the oldest archive goes; it is made again when it is asked for.
"""

import shutil
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import IO
from urllib.parse import quote

import msgspec

from ... import layout
from ...exceptions import EntityDoesNotExist, PublicationFailed
from .. import locks
from ..folder import HubFolder
from ..store import OWN_HREF, Json, Store, StoredItem
from .archived import GEOJSON, link, public, relative_links
from .tar_writer import TarWriter, tar_gz

STAC_VERSION = "1.0.0"

_WAIT_S = 600.0
_TRIES = 3
_MOST_ADDRESSES = 16
_LINKS_IN_MEMORY_BYTES = 4 * 1024 * 1024


def catalog_archive(hub: HubFolder, store: Store, dataset_id: str, base_url: str) -> Path:
    """The catalog archive of the dataset as it is published now, made first where there is none.

    Args:
        base_url: Where the hub is reached, without a slash at its end.

    Raises:
        EntityDoesNotExist: There is no such dataset.
        PublicationFailed: It cannot be made: the disk is full, or somebody publishes all the time.
    """
    for _ in range(_TRIES):
        version = store.version(dataset_id)
        if version is None:
            raise EntityDoesNotExist(f'Catalog "{dataset_id}" does not exist.')
        path = hub.catalog_archive(base_url, version)
        if path.exists() or _make(path, store, dataset_id, version, base_url):
            return path
    raise PublicationFailed(
        f'"{dataset_id}" was published again while its catalog was packed; ask once more.'
    )


def _make(path: Path, store: Store, dataset_id: str, version: str, base_url: str) -> bool:
    """Make the archive unless somebody else did meanwhile; False when it is of a newer version."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locks.held(path.with_name(f"{path.name}.lock"), wait_s=_WAIT_S) as is_held:
            if path.exists():
                return True
            if not is_held:
                raise PublicationFailed(f"{path} is being made by somebody else for {_WAIT_S:.0f} seconds.")
            try:
                with tar_gz(part) as archive:
                    _Packing(archive, store, dataset_id, base_url=base_url, scratch=path.parent).write()
                if store.version(dataset_id) != version:
                    return False
                part.replace(path)
                _drop_oldest(path)
            finally:
                # The lock's file stays: somebody may wait for it, and must not be alone with it.
                part.unlink(missing_ok=True)
    except OSError as error:
        if isinstance(error, PublicationFailed):
            raise
        raise PublicationFailed(f'The catalog of "{dataset_id}" cannot be packed: {error}') from error
    return True


def _drop_oldest(path: Path) -> None:
    """Of a version's archives the last ones stay: however many addresses clients ask by, the disk holds."""
    made = {each: each.stat().st_mtime_ns for each in path.parent.parent.glob(f"*/{path.name}")}
    for each in sorted(made, key=made.__getitem__)[:-_MOST_ADDRESSES]:
        each.unlink(missing_ok=True)


class _Packing:
    """Writes the objects of one dataset."""

    def __init__(
        self, archive: TarWriter, store: Store, dataset_id: str, *, base_url: str, scratch: Path
    ) -> None:
        self._archive = archive
        self._scratch = scratch
        self._store = store
        self._dataset = store.dataset(dataset_id) or {}
        self._dataset_id = dataset_id
        self._origin = f"{base_url}/".encode()
        self._collection_ids = [each["id"] for each in self._dataset.get("collections") or ()]
        self._top = layout.safe_component(dataset_id)

    def write(self) -> None:
        children = [
            link("child", quote(f"{layout.safe_component(each)}/collection.json"))
            for each in self._collection_ids
        ]
        title = self._dataset.get("title") or self._dataset_id
        catalog = {
            "type": "Catalog",
            "id": self._dataset_id,
            "stac_version": STAC_VERSION,
            "stac_extensions": [],
            "title": title,
            "description": self._dataset.get("description") or title,
            "links": [link("root", "catalog.json"), *children],
        }
        self._add(f"{self._top}/catalog.json", catalog)
        written = set()
        with self._store.all_items(self._dataset_id) as items:
            for collection_id, group in groupby(items, key=lambda item: item.collection_id):
                self._write_collection(collection_id, group)
                written.add(collection_id)
        for collection_id in self._collection_ids:
            if collection_id not in written:
                self._write_collection(collection_id, iter(()))

    def _write_collection(self, collection_id: str, items: Iterator[StoredItem]) -> None:
        """The items, then the collection, whose links to them are known by then."""
        collection = self._store.collection(collection_id)
        if collection is None:
            return  # another version came meanwhile; the archive will not be kept
        folder = f"{self._top}/{layout.safe_component(collection_id)}"
        with self._scratch_file() as links:
            for item in items:
                place = layout.item_path(collection_id, item.item_id)
                self._write_item(f"{self._top}/{place}", item)
                href = quote(place.partition("/")[2])
                links.write(b"," + msgspec.json.encode(link("item", href, GEOJSON)))
            self._finish_collection(f"{folder}/collection.json", public(collection), links)

    def _write_item(self, name: str, item: StoredItem) -> None:
        body = msgspec.json.decode(item.text)
        above = [
            link("root", "../../catalog.json"),
            link("collection", "../collection.json"),
            link("parent", "../collection.json"),
        ]
        body["links"] = above + relative_links(body.get("links", ()), self._collection_ids, "../../", None)
        self._add(name, body)

    def _finish_collection(self, name: str, body: Json, item_links: IO[bytes]) -> None:
        above = [link("root", "../catalog.json"), link("parent", "../catalog.json")]
        kept = relative_links(body.pop("links", ()), self._collection_ids, "../", None)
        head = self._absolute({**body, "links": above + kept}).removesuffix(b"]}")
        with self._scratch_file() as whole:
            whole.write(head)
            item_links.seek(0)
            shutil.copyfileobj(item_links, whole)
            whole.write(b"]}")
            size = whole.tell()
            whole.seek(0)
            self._archive.add_stream(name, whole, size)

    def _scratch_file(self) -> IO[bytes]:
        """A file without a name for what may be large, in memory while it is not."""
        return tempfile.SpooledTemporaryFile(max_size=_LINKS_IN_MEMORY_BYTES, dir=str(self._scratch))

    def _add(self, name: str, body: Json) -> None:
        self._archive.add(name, self._absolute(body))

    def _absolute(self, body: Json) -> bytes:
        return msgspec.json.encode(body).replace(OWN_HREF.encode(), self._origin)
