"""Publications made in memory for a hub's store, and what a search over their items should find."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from radiant_mlhub.hub.queries import BBox, ItemPage, ItemQuery
from radiant_mlhub.hub.store import Publication, Store, StoredFile, StoredItem

_versions = count(1)
LABEL = "https://stac-extensions.github.io/label/v1.0.1/schema.json"


def item(
    item_id: str,
    *,
    collection_id: str = "crops_labels",
    bbox: BBox | None = (10.0, 10.0, 11.0, 11.0),
    start_us: int | None = 0,
    end_us: int | None = None,
    extensions: Sequence[str] = (),
    geometry: dict[str, Any] | None = None,
    **properties: object,
) -> StoredItem:
    end_us = start_us if end_us is None else end_us
    body = {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": list(extensions),
        "id": item_id,
        "collection": collection_id,
        "geometry": geometry,
        "properties": properties,
        "links": [],
    }
    return StoredItem(collection_id, item_id, bbox, start_us, end_us, json.dumps(body, separators=(",", ":")))


def publication(
    items: Iterable[StoredItem] = (),
    *,
    dataset_id: str = "crops",
    collections: Sequence[str | dict[str, Any]] = ("crops_labels",),
    version: str | None = None,
    files: Iterable[StoredFile] = (),
    **told: object,
) -> Publication:
    stac = [each if isinstance(each, dict) else collection(each) for each in collections]
    dataset = {"id": dataset_id, "collections": [{"id": each["id"]} for each in stac], **told}
    return Publication(version or f"v{next(_versions)}", dataset, stac, items, files)


def collection(collection_id: str, **told: object) -> dict[str, Any]:
    return {"type": "Collection", "stac_version": "1.0.0", "id": collection_id, **told}


def asset(path: str, size: int = 10, *, needs_token: bool = False) -> StoredFile:
    return StoredFile(path, f"publications/{path}", size, 1, "0" * 32, "image/tiff", needs_token)


def ids(page: ItemPage) -> list[tuple[str, str]]:
    return [(collection_id, item_id) for collection_id, item_id, _ in page.texts]


def pages(store: Store, query: ItemQuery) -> Iterator[ItemPage]:
    """Every page, at most a thousand of them."""
    for _ in range(1000):
        page = store.items(query)
        yield page
        if page.next_token is None:
            return
        query = replace(query, token=page.next_token)
    raise AssertionError("A thousand pages, and no end.")


def all_ids(store: Store, query: ItemQuery) -> list[tuple[str, str]]:
    return [each for page in pages(store, query) for each in ids(page)]
