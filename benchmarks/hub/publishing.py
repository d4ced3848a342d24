"""How many items a second ``mlhub publish`` takes in, assets left in place."""

import os
import shutil
import sys
from pathlib import Path

from benchmarks.hub.items import COLLECTIONS, Item, as_json, collection, items
from benchmarks.hub.place import Options, Place, Section
from benchmarks.processes import Finished, run

_LIMIT_S = 3600.0
_ASSET_BYTES = 1024


def measure(options: Options, place: Place) -> Section:
    """A folder of that many items, two assets each, published by the command."""
    source, hub = place.folder / f"source-{options.published}", place.folder / "published"
    if not source.exists():
        _write(source, options.published)
    shutil.rmtree(hub, ignore_errors=True)
    command = [Path(sys.executable).with_name("mlhub"), "publish", source, "--id", "bench", "--hub", hub]
    log = place.folder / "publish.log"
    rows = {
        "assets in place": run([*command, "--in-place"], env=os.environ, limit_s=_LIMIT_S, log=log),
        "again, over the first": run([*command, "--in-place"], env=os.environ, limit_s=_LIMIT_S, log=log),
    }
    shutil.rmtree(hub, ignore_errors=True)
    lines = ["| `mlhub publish` | seconds | CPU seconds | items a second |", "| --- | --- | --- | --- |"]
    lines += [_line(name, finished, options.published) for name, finished in rows.items()]
    title = f"Publishing {options.published:,} items with two assets of {_ASSET_BYTES:,} bytes each"
    return Section("publish", title, lines)


def _line(name: str, finished: Finished, count: int) -> str:
    if finished.status:
        raise RuntimeError(f"mlhub publish ended with {finished.status}: {finished.said}")
    return f"| {name} | {finished.wall_s:.1f} | {finished.cpu_s:.1f} | {count / finished.wall_s:,.0f} |"


def _write(source: Path, count: int) -> None:
    """A catalog as tools write it: a folder a collection, a folder an item."""
    stac = {collection_id: collection(collection_id) for collection_id in COLLECTIONS}
    for item in items(count):
        folder = source / item.collection_id / item.item_id
        folder.mkdir(parents=True)
        _write_item(folder, item)
        stac[item.collection_id]["links"].append(_link("item", f"./{item.item_id}/{item.item_id}.json"))
    for collection_id, told in stac.items():
        (source / collection_id / "collection.json").write_text(as_json(told))
    catalog = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "bench",
        "description": "Generated chips.",
        "links": [_link("child", f"./{collection_id}/collection.json") for collection_id in stac],
    }
    (source / "catalog.json").write_text(as_json(catalog))


def _write_item(folder: Path, item: Item) -> None:
    body = item.body
    for key, asset in body["assets"].items():
        content = f"{item.item_id} {key} ".encode()
        (folder / f"{key}.tif").write_bytes(content.ljust(_ASSET_BYTES, b"."))
        asset["href"] = f"./{key}.tif"
        del asset["file:size"]
    body["properties"] |= {"label:properties": None, "label:classes": None}
    (folder / f"{item.item_id}.json").write_text(as_json(body))


def _link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href, "type": "application/json"}
