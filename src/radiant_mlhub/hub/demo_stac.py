"""STAC 1.0 objects about the demo's files, for the catalog archive and for the API.

Both tell the same; only their links differ: relative in the archive, absolute in the API.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .holdings import Json

STAC_VERSION = "1.0.0"
FILE_EXTENSION = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
LABEL_EXTENSION = "https://stac-extensions.github.io/label/v1.0.1/schema.json"
ML_MODEL_EXTENSION = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"

LICENSE = "CC0-1.0"

_SHA2_256 = "1220"
"""What a multihash of SHA-256 starts with: the function's code and 32, the length in bytes."""


def asset(href: str, media_type: str, roles: Sequence[str], **fields: Any) -> Json:
    """An asset; ``fields`` are extension fields and a title."""
    return {"href": href, "type": media_type, "roles": list(roles), **fields}


def file_fields(path: Path, *, with_checksum: bool) -> Json:
    """What the file extension says about ``path``: its size, and its SHA-256 as a multihash."""
    content = path.read_bytes()
    fields: Json = {"file:size": len(content)}
    if with_checksum:
        fields["file:checksum"] = _SHA2_256 + hashlib.sha256(content).hexdigest()
    return fields


def item(
    item_id: str,
    collection_id: str,
    *,
    bbox: Sequence[float],
    properties: Json,
    assets: Mapping[str, Json],
    extensions: Sequence[str],
) -> Json:
    """An item without links, whose place is the box ``bbox``."""
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": list(extensions),
        "id": item_id,
        "collection": collection_id,
        "bbox": list(bbox),
        "geometry": _box(bbox),
        "properties": properties,
        "links": [],
        "assets": dict(assets),
    }


def collection(
    collection_id: str, description: str, items: Sequence[Json], *, assets: Mapping[str, Json]
) -> Json:
    """A collection without links, whose extent is that of ``items``."""
    return {
        "type": "Collection",
        "stac_version": STAC_VERSION,
        "stac_extensions": [],
        "id": collection_id,
        "description": description,
        "license": LICENSE,
        "extent": {
            "spatial": {"bbox": [enclosing_box(item["bbox"] for item in items)]},
            "temporal": {"interval": [_interval(items)]},
        },
        "links": [],
        "assets": dict(assets),
    }


def enclosing_box(boxes: Iterable[Sequence[float]]) -> list[float]:
    """The smallest box around ``boxes``; none of them crosses the antimeridian."""
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return [min(wests), min(souths), max(easts), max(norths)]


def archived_catalog(dataset_id: str, title: str, collections: Iterable[Json]) -> Json:
    """The catalog at the top of a catalog archive."""
    children = [_link("child", f"{child['id']}/collection.json") for child in collections]
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": dataset_id,
        "title": title,
        "description": title,
        "links": [_link("root", "catalog.json"), *children],
    }


def archived_collection(collection: Json, items: Iterable[Json]) -> Json:
    """``collection`` as it stands in a catalog archive: ``{id}/collection.json``."""
    items = [_link("item", f"{item['id']}/{item['id']}.json") for item in items]
    above = [_link("root", "../catalog.json"), _link("parent", "../catalog.json")]
    return {**collection, "links": [*above, *items]}


def archived_item(item: Json, *, sources: Sequence[Json] = ()) -> Json:
    """``item`` as it stands in a catalog archive: ``{collection}/{id}/{id}.json``.

    ``sources`` are the imagery items that a label speaks of.
    """
    collection = _link("collection", "../collection.json")
    above = [_link("root", "../../catalog.json"), collection, {**collection, "rel": "parent"}]
    seen_on = [
        _link("source", f"../../{source['collection']}/{source['id']}/{source['id']}.json")
        for source in sources
    ]
    return {**item, "links": [*above, *seen_on]}


def served_collection(collection: Json, api_root: str) -> Json:
    """``collection`` as the API gives it."""
    self_href = f"{api_root}collections/{collection['id']}"
    links = [
        _link("items", f"{self_href}/items", "application/geo+json"),
        _link("parent", api_root),
        _link("root", api_root),
        _link("self", self_href),
    ]
    return {**collection, "links": links}


def served_item(item: Json, api_root: str, *, sources: Sequence[Json] = ()) -> Json:
    """``item`` as the API gives it."""
    collection_href = f"{api_root}collections/{item['collection']}"
    links = [
        _link("collection", collection_href),
        _link("parent", collection_href),
        _link("root", api_root),
        _item_link("self", item, api_root),
    ]
    return {**item, "links": links + [_item_link("source", source, api_root) for source in sources]}


def _item_link(rel: str, item: Json, api_root: str) -> Json:
    href = f"{api_root}collections/{item['collection']}/items/{item['id']}"
    return _link(rel, href, "application/geo+json")


def _link(rel: str, href: str, media_type: str = "application/json") -> Json:
    return {"rel": rel, "href": href, "type": media_type}


def _box(bbox: Sequence[float]) -> Json:
    west, south, east, north = bbox
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _interval(items: Iterable[Json]) -> list[str]:
    """The first and the last moment of ``items``; their times are RFC 3339 in UTC, so they sort."""
    names = ("datetime", "start_datetime", "end_datetime")
    times = {item["properties"].get(name) for item in items for name in names} - {None}
    return [min(times), max(times)]
