"""Datasets put straight into a hub's store, and a hub that serves them on loopback."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from radiant_mlhub.hub.app import hub_app
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.serving.access import digest_of
from radiant_mlhub.hub.serving.server import listener, serving
from radiant_mlhub.hub.settings import HubSettings
from radiant_mlhub.hub.sqlite_store import SqliteStore, open_store
from radiant_mlhub.hub.store import API_PATH, OWN_HREF, Publication, StoredFile, StoredItem, StoredKey
from support import recorded_hub

Json = dict[str, Any]

KEY = "a-key-of-the-tests-0123456789"
STRUCTURAL = {"collection", "items", "parent", "root", "self"}


@dataclass(frozen=True)
class PublishedHub:
    """A hub that runs.

    Attributes:
        root_url: Where its API begins.
        key: A key that it accepts.
    """

    root_url: str
    key: str
    store: SqliteStore

    def get(self, path: str, *, with_key: bool = True, **options: Any) -> requests.Response:
        """What is answered at ``path`` of the API; a redirect is an answer."""
        return self.ask("GET", path, with_key=with_key, **options)

    def ask(self, method: str, path: str, *, with_key: bool = True, **options: Any) -> requests.Response:
        """The same with any method."""
        headers = {"Authorization": f"Bearer {self.key}"} if with_key else {}
        headers |= options.pop("headers", {})
        options = {"timeout": 30, "allow_redirects": False, **options}
        return requests.request(method, self.root_url + path, headers=headers, **options)


@contextmanager
def published_hub(folder: Path, settings: HubSettings | None = None) -> Iterator[PublishedHub]:
    """The hub in ``folder``, served until the block ends."""
    store = open_store(folder)
    digest = digest_of(KEY)
    if store.key_by_digest(digest) is None:
        store.add_key(StoredKey("tests", "the tests", digest, "2026-11-22T00:00:00Z"))
    socket = listener()
    origin = f"http://127.0.0.1:{socket.getsockname()[1]}"
    app = hub_app(store, HubFolder(folder), settings or HubSettings())
    try:
        with serving(app, socket):
            yield PublishedHub(origin + API_PATH, KEY, store)
    finally:
        store.close()


def publish_dataset(
    store: SqliteStore,
    dataset: Json,
    collections: Sequence[Json],
    items: Iterable[Json] = (),
    *,
    version: str | None = None,
    files: Sequence[StoredFile] = (),
) -> None:
    """Let a dataset of STAC objects appear."""
    store.publish(
        Publication(
            version=version or f"{dataset['id']}-{time.time_ns()}",
            dataset=dataset,
            collections=[_without_place(collection) for collection in collections],
            items=map(stored, items),
            files=files,
        )
    )


def collection_of(collection_id: str, items: Sequence[Json], **members: Any) -> Json:
    """A collection whose extent is that of ``items``."""
    wests, souths, easts, norths = zip(*(item["bbox"] for item in items), strict=True)
    times = sorted(item["properties"]["datetime"] for item in items)
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": collection_id,
        "description": f"The items of {collection_id}",
        "license": "CC0-1.0",
        "extent": {
            "spatial": {"bbox": [[min(wests), min(souths), max(easts), max(norths)]]},
            "temporal": {"interval": [[times[0], times[-1]]]},
        },
        "links": [],
        **members,
    }


def chip(collection_id: str, item_id: str, place: tuple[float, float], when: str, **properties: Any) -> Json:
    """An item of a tenth of a degree, its southwest corner at ``place`` (longitude, latitude)."""
    west, south = place
    east, north = west + 0.1, south + 0.1
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    asset = {"href": f"{OWN_HREF}files/v/{collection_id}/{item_id}.tif", "type": "image/tiff"}
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": item_id,
        "collection": collection_id,
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": when, **properties},
        "links": [],
        "assets": {"image": asset},
    }


def stored(item: Json) -> StoredItem:
    """A STAC item as it is stored."""
    properties = item["properties"]
    start = properties.get("datetime") or properties.get("start_datetime")
    end = properties.get("datetime") or properties.get("end_datetime")
    placed = _without_place(item)
    links = placed.pop("links")
    text = json.dumps({**placed, "links": links}, separators=(",", ":"), ensure_ascii=False)
    return StoredItem(item["collection"], item["id"], _box(item), _us(start), _us(end), text)


def publish_recorded(store: SqliteStore) -> None:
    """Everything that was recorded of the hosted service, and the items of one collection.

    Collections that no recorded dataset names (those of the models among them) are put beside
    those of the first one: what a dataset says of its collections is a text of its own.
    """
    collections = {each["id"]: each for each in recorded_hub.recorded("collections.json")["collections"]}
    datasets = recorded_hub.recorded("datasets.json")
    named = {entry["id"] for dataset in datasets for entry in dataset["collections"]}
    beside = [collection for name, collection in collections.items() if name not in named]
    # No recorded archive is at hand; what was said of one is.
    archive = recorded_hub.recorded("archive__bigearthnet_v1_labels__info.json")
    path = f"archives/{archive['collection']}.tar.gz"
    collections[archive["collection"]]["mlhub:archive"] = {"size": archive["size"], "path": path}
    for number, dataset in enumerate(datasets):
        own = [collections[each["id"]] for each in dataset["collections"] if each["id"] in collections]
        items = [item for collection in own for item in _recorded_items(collection["id"])]
        publish_dataset(store, dataset, own if number else [*own, *beside], items)
    for model in recorded_hub.recorded("models.json"):
        store.publish_model(_without_place(model))


def _recorded_items(collection_id: str) -> list[Json]:
    """The ten recorded items of one collection, and as many behind them as it had."""
    if collection_id != "ref_african_crops_kenya_02_source":
        return []
    page = recorded_hub.recorded("collections__ref_african_crops_kenya_02_source__items__page1.json")
    items: list[Json] = page["features"]
    more = page["context"]["matched"] - len(items)
    behind = [json.loads(json.dumps(items[number % len(items)])) for number in range(more)]
    for number, item in enumerate(behind):
        item["id"] = item["id"].replace("_tile_", f"_tile_9{number:02}_")
    return items + behind


def _without_place(thing: Mapping[str, Any]) -> Json:
    return {**thing, "links": [link for link in thing["links"] if link["rel"] not in STRUCTURAL]}


def _box(item: Json) -> tuple[float, float, float, float] | None:
    bbox = item.get("bbox")
    return (bbox[0], bbox[1], bbox[-2], bbox[-1]) if bbox else None


def _us(text: str | None) -> int | None:
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1e6)
