"""One archive a collection: its STAC objects and its files, in the structure that MLHub documented.

::

    {collection_id}/
    ├── collection.json
    ├── {asset_key}.csv                an asset of the collection itself
    ├── _common/{asset_key}.pdf        what several items share
    └── {item_id}/
        ├── stac.json
        └── {asset_key}.tif

Hrefs are relative, so that it works wherever it is unpacked. Source: "Archived Training Dataset
Downloads now Available on Radiant MLHub", Radiant Earth Insights, 8 February 2021.
"""

import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from ... import layout
from ..folder import HubFolder
from ..store import Json, StoredFile
from .archived import GEOJSON, assets_of, link, path_of, public, relative_links
from .staged import Staged
from .tar_writer import TarWriter, tar_gz

_ITEM_FILE = "stac.json"


def write_collection_archive(
    hub: HubFolder, version: str, collection: Json, collection_ids: list[str], staged: Staged
) -> StoredFile:
    """Write the archive of a collection into the publication.

    Args:
        collection: As the store will have it.
        collection_ids: All collections of the dataset: links between them stay links.

    Raises:
        OSError: The disk is full, or a file has changed.
    """
    name = layout.safe_component(collection["id"])
    path = f"archives/{name}.tar.gz"
    target = hub.publication(version) / path
    with tar_gz(target) as archive:
        writer = _Writer(archive, hub, name, collection_ids, staged)
        writer.write(collection)
    status = target.stat()
    return StoredFile(
        path=path,
        location=target.relative_to(hub.path).as_posix(),
        size=archive.written.size,
        mtime_ns=status.st_mtime_ns,
        md5=archive.written.md5,
        media_type="application/gzip",
        needs_token=True,
    )


class _Writer:
    """Writes one collection."""

    def __init__(
        self, archive: TarWriter, hub: HubFolder, name: str, collection_ids: list[str], staged: Staged
    ) -> None:
        self._archive = archive
        self._hub = hub
        self._name = name
        self._collection_ids = collection_ids
        self._staged = staged
        self._shared: set[str] = set()

    def write(self, collection: Json) -> None:
        body = msgspec.json.decode(msgspec.json.encode(public(collection)))
        folder = f"{self._name}/"
        files = self._made_relative(body, folder)
        links = relative_links(body.pop("links", ()), self._collection_ids, "../", _ITEM_FILE)
        items = [
            link("item", quote(f"./{layout.safe_component(item_id)}/{_ITEM_FILE}"), GEOJSON)
            for item_id in self._staged.item_ids(collection["id"])
        ]
        self._add_object(
            f"{folder}collection.json", body, [link("root", "./collection.json"), *links, *items]
        )
        self._add_files(files, folder)
        for item in self._staged.items(collection["id"]):
            self._write_item(item.item_id, msgspec.json.decode(item.text))

    def _write_item(self, item_id: str, body: Json) -> None:
        folder = f"{self._name}/{layout.safe_component(item_id)}/"
        files = self._made_relative(body, folder)
        above = [link(rel, "../collection.json") for rel in ("root", "parent", "collection")]
        links = relative_links(body.pop("links", ()), self._collection_ids, "../../", _ITEM_FILE)
        self._add_object(folder + _ITEM_FILE, body, [*above, *links])
        self._add_files(files, folder)

    def _made_relative(self, body: Json, folder: str) -> dict[str, str]:
        """Let assets and links be relative to ``folder``; member name to path of each of their files."""
        files = {}
        members: list[Any] = [*assets_of(body).values(), *body.get("links", ())]
        for member in members:
            path = path_of(member.get("href", ""))
            if path is not None:
                name = self._member_name(path)
                files[name] = path
                is_below = name.startswith(folder)
                way = f"./{name.removeprefix(folder)}" if is_below else posixpath.relpath(name, folder)
                member["href"] = quote(way)
        return files

    def _member_name(self, path: str) -> str:
        """Where a file of the publication stands in the archive."""
        inner = path.removeprefix("assets/")
        if inner.startswith(f"{self._name}/"):
            return inner
        return f"{self._name}/{layout.COMMON_FOLDER}/{inner.removeprefix(f'{layout.COMMON_FOLDER}/')}"

    def _add_files(self, files: dict[str, str], folder: str) -> None:
        for name, path in files.items():
            is_own = name.startswith(folder) and name.count("/") == folder.count("/")
            if not is_own:
                if name in self._shared:
                    continue
                self._shared.add(name)
            location, size = self._located(path)
            # One that is left in place may have changed since its digest was taken.
            self._archive.add_file(name, location, size)

    def _located(self, path: str) -> tuple[Path, int]:
        found = self._staged.located(path)
        if found is None:
            raise FileNotFoundError(f"{path} is no file of this publication")
        return self._hub.path / found[0], found[1]

    def _add_object(self, name: str, body: Json, links: list[Json]) -> None:
        self._archive.add(name, msgspec.json.encode({**body, "links": links}))
