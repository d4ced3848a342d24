"""A small hub with pages, made without a publication's folder: a few rows and the files they name."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette

from radiant_mlhub.hub.serving.access import digest_of
from radiant_mlhub.hub.serving.middleware import wrapped
from radiant_mlhub.hub.serving.server import listener, serving
from radiant_mlhub.hub.settings import HubSettings
from radiant_mlhub.hub.sqlite_store import SqliteStore
from radiant_mlhub.hub.store import OWN_HREF, Publication, StoredFile, StoredItem, StoredKey
from radiant_mlhub.hub.web import web_routes

Json = dict[str, Any]
KEY = "k" * 43


@dataclass
class WebHub:
    """Where it is, and what it holds.

    Attributes:
        path: The hub's folder.
    """

    path: Path
    store: SqliteStore
    origin: str = ""

    def add_key(self) -> None:
        """Let ``KEY`` be valid."""
        self.store.add_key(StoredKey("k1", "tests", digest_of(KEY), "2026-01-01T00:00:00Z"))

    def publish(self, dataset_id: str, **fields: Any) -> "Shelf":
        """Begin a dataset; ``with`` it, and it appears at the end."""
        return Shelf(self, dataset_id, fields)


@dataclass
class Shelf:
    """A dataset in the making: files, images, labels."""

    hub: WebHub
    dataset_id: str
    fields: Json
    items: list[StoredItem] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)

    def __enter__(self) -> "Shelf":
        return self

    def __exit__(self, failed: object, *_rest: object) -> None:
        if not failed:
            self.hub.store.publish(self._publication())

    @property
    def version(self) -> str:
        return f"v-{self.dataset_id}"

    def file(self, name: str, content: bytes, media_type: str) -> Json:
        """A file of the hub, as an asset."""
        location = Path("publications") / self.version / name
        path = self.hub.path / location
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        md5 = hashlib.md5(content).hexdigest()
        stat = path.stat()
        self.files.append(StoredFile(name, str(location), stat.st_size, stat.st_mtime_ns, md5, media_type))
        return {"href": f"{OWN_HREF}files/{self.version}/{name}", "type": media_type, "roles": ["data"]}

    def item(
        self,
        kind: str,
        item_id: str,
        bbox: Sequence[float] | None,
        assets: dict[str, Json] | None = None,
        *,
        properties: Json | None = None,
        links: Sequence[Json] = (),
    ) -> None:
        """An item of the collection ``{dataset_id}_{kind}``."""
        collection_id = f"{self.dataset_id}_{kind}"
        item = {
            "type": "Feature", "stac_version": "1.0.0", "id": item_id, "collection": collection_id,
            "bbox": bbox, "properties": properties or {}, "assets": assets or {}, "links": list(links),
        }  # fmt: skip
        text = json.dumps(item, separators=(",", ":"))
        self.items.append(StoredItem(collection_id, item_id, tuple(bbox) if bbox else None, 0, 0, text))

    def _publication(self) -> Publication:
        kinds = {"source": "source_imagery", "labels": "labels"}
        ids = [f"{self.dataset_id}_{kind}" for kind in kinds]
        collections = [
            {
                "type": "Collection", "stac_version": "1.0.0", "id": one,
                "description": "", "license": "CC0-1.0",
                "extent": {
                    "spatial": {"bbox": [[-180, -90, 180, 90]]},
                    "temporal": {"interval": [["2019-06-06T08:00:00Z", "2019-10-04T08:00:00Z"]]},
                },
                "links": [],
            }
            for one in ids
        ]  # fmt: skip
        dataset = {
            "id": self.dataset_id,
            "title": self.dataset_id,
            "description": "",
            "tags": [],
            "collections": [
                {"id": one, "types": [kinds[one.rpartition("_")[2]]], "license": "CC0-1.0"} for one in ids
            ],
            **self.fields,
        }
        return Publication(self.version, dataset, collections, self.items, self.files)


@contextmanager
def web_hub(path: Path, settings: HubSettings | None = None) -> Iterator[WebHub]:
    """A hub whose pages are served on loopback until the block ends."""
    settings = settings or HubSettings()
    path.mkdir(parents=True, exist_ok=True)
    hub = WebHub(path, SqliteStore(path / "hub.sqlite"))
    app = wrapped(Starlette(routes=web_routes(hub.store, hub.path, settings)), settings, store=hub.store)
    listening = listener()
    hub.origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        with serving(app, listening):
            yield hub
    finally:
        hub.store.close()
