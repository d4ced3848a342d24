"""The hub's side: a STAC catalog archive of a data set, and the few JSON answers in front of it.

Items look like those of the archives that Radiant MLHub published: JSON indented by four, about 3 KB with
four assets, each in a folder of its own; a collection links to its items.
"""

import functools
import gzip
import hashlib
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.data_sets import DataSet, Item, content_md5

HUB_PATH = "mlhub/v1"
COMPRESSION_LEVEL = 6
MADE_AT = 1_650_999_104  # Tue, 26 Apr 2022 18:51:44 GMT
SIDE_DEG = 0.0054931640625  # 256 pixels of a zoom level 16 map


def write_catalog(data_set: DataSet, dataset_id: str, files_url: str, served: Path) -> str:
    """Make the catalog archive and the hub's answers for one dataset.

    Args:
        files_url: Address that the paths of the data set are served under, without a slash at its end.
        served: The folder that nginx serves; gets ``catalogs/``, ``datasets/`` and ``catalog_info/`` files.

    Returns:
        The archive's Content-MD5.
    """
    archive = served / "catalogs" / f"{dataset_id}.tar.gz"
    with gzip.open(archive, "wb", compresslevel=COMPRESSION_LEVEL) as tar:
        for name, content in _members(data_set, dataset_id, files_url):
            tar.write(_tar_member(name, content))
        tar.write(bytes(2 * tarfile.BLOCKSIZE))
    _write_answers(data_set, dataset_id, archive.stat().st_size, served)
    with archive.open("rb") as file:
        return content_md5(hashlib.file_digest(file, "md5").digest())


def _members(data_set: DataSet, dataset_id: str, files_url: str) -> Iterator[tuple[str, bytes | None]]:
    """Names and contents in the archive's order; folders have no content."""
    yield dataset_id, None
    for collection_id in data_set.collection_ids:
        folder = f"{dataset_id}/{collection_id}"
        yield folder, None
        for item in data_set.items_of(collection_id):
            yield f"{folder}/{item.item_id}", None
            yield f"{folder}/{item.item_id}/{item.item_id}.json", _item(item, files_url)
        yield f"{folder}/collection.json", _as_json(_collection(data_set, collection_id))
    yield f"{dataset_id}/catalog.json", _as_json(_catalog(data_set, dataset_id))


def _tar_member(name: str, content: bytes | None) -> bytes:
    """A member as bytes; ``tarfile`` itself would remember every one of a million."""
    member = tarfile.TarInfo(name)
    member.mtime = MADE_AT
    if content is None:
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        return member.tobuf(tarfile.GNU_FORMAT)
    member.size = len(content)
    return member.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)


def _as_json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, indent=4).encode()


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}


def _item(item: Item, files_url: str) -> bytes:
    number = int(item.item_id[-7:])
    west, south = -179 + number * SIDE_DEG % 358, -60 + number * SIDE_DEG / 3 % 119
    filled_in = {
        "item": item.item_id,
        "collection": item.collection_id,
        "west": west,
        "south": south,
        "east": west + SIDE_DEG,
        "north": south + SIDE_DEG,
    }
    return (_item_template(item.asset_keys, files_url) % filled_in).encode()


@functools.cache
def _item_template(asset_keys: tuple[str, ...], files_url: str) -> str:
    """An item's JSON with gaps: indenting a million items by the json module would take minutes."""
    template_item = Item("%(collection)s", "%(item)s", asset_keys)
    corners = ["west north", "west south", "east south", "east north", "west north"]
    text = json.dumps(
        {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": "%(item)s",
            "properties": {"datetime": "2018-02-24T00:00:00Z"},
            "geometry": {"type": "Polygon", "coordinates": [[corner.split() for corner in corners]]},
            "links": [
                _link("root", "../../catalog.json"),
                _link("collection", "../collection.json"),
                _link("parent", "../collection.json"),
                _link("self", "%(item)s.json"),
            ],
            "assets": {
                key: {
                    "href": f"{files_url}/{template_item.asset_path(key)}",
                    "type": "image/tiff; application=geotiff",
                }
                for key in asset_keys
            },
            "bbox": ["west", "south", "east", "north"],
            "stac_extensions": ["https://stac-extensions.github.io/eo/v1.0.0/schema.json"],
            "collection": "%(collection)s",
        },
        indent=4,
    )
    for side in ("west", "south", "east", "north"):
        text = text.replace(f'"{side}"', f"%({side})r")
    return text


def _collection(data_set: DataSet, collection_id: str) -> dict[str, Any]:
    items = (f"{item.item_id}/{item.item_id}.json" for item in data_set.items_of(collection_id))
    return {
        "type": "Collection",
        "id": collection_id,
        "stac_version": "1.0.0",
        "description": "Generated tiles",
        "links": [_link("root", "../catalog.json"), *(_link("item", href) for href in items)],
        "stac_extensions": [],
        "title": "Generated tiles",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2018-02-24T00:00:00Z", "2018-02-24T00:00:00Z"]]},
        },
        "license": "CC0-1.0",
    }


def _catalog(data_set: DataSet, dataset_id: str) -> dict[str, Any]:
    children = [_link("child", f"{id_}/collection.json") for id_ in data_set.collection_ids]
    return {
        "type": "Catalog",
        "id": dataset_id,
        "stac_version": "1.0.0",
        "description": "Generated data set",
        "links": [_link("root", "catalog.json"), *children, _link("self", "catalog.json")],
        "stac_extensions": [],
    }


def _write_answers(data_set: DataSet, dataset_id: str, archive_bytes: int, served: Path) -> None:
    collections = [{"id": id_, "types": ["source_imagery"]} for id_ in data_set.collection_ids]
    dataset = {"id": dataset_id, "title": dataset_id, "collections": collections}
    sizes = {
        "dataset": dataset_id,
        "stac_catalog_size": archive_bytes,
        "estimated_dataset_size": data_set.total_bytes,
    }
    (served / "datasets" / dataset_id).write_text(json.dumps(dataset))
    (served / "catalog_info" / dataset_id).write_text(json.dumps(sizes))
