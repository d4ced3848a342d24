"""Static catalogs of dictionaries, in a folder or served.

::

    catalog = {"catalog.json": root(child("a/collection.json")), "a/collection.json": collection("a", ...)}
    location = on_the_web(server, catalog)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support.fault_server import FaultServer
from support.scripted_hub import item

Json = dict[str, Any]
Files = Mapping[str, "Json | bytes"]


def link(rel: str, href: str) -> Json:
    return {"rel": rel, "href": href, "type": "application/json"}


def child(href: str) -> Json:
    return link("child", href)


def to_item(href: str) -> Json:
    return link("item", href)


def catalog(own_id: str, *links: Json, **fields: Any) -> Json:
    """A catalog; ``fields`` win."""
    return {
        "type": "Catalog",
        "id": own_id,
        "stac_version": "1.0.0",
        "description": own_id,
        "links": list(links),
        **fields,
    }


def collection(own_id: str, *links: Json, **fields: Any) -> Json:
    """A collection; ``fields`` win."""
    extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
    return {**catalog(own_id, *links), "type": "Collection", "license": "other", "extent": extent, **fields}


def scenes(count: int, *, collections: int = 1, asset: str | None = None) -> dict[str, Json]:
    """A catalog of so many items in so many collections, an asset each if ``asset`` is given."""
    files: dict[str, Json] = {}
    names = [f"c{n}" for n in range(collections)]
    files["catalog.json"] = catalog("ds", *(child(f"./{name}/collection.json") for name in names))
    for number, name in enumerate(names):
        ids = [f"i{n:06}" for n in range(number, count, collections)]
        files[f"{name}/collection.json"] = collection(name, *(to_item(f"./{one}/{one}.json") for one in ids))
        for one in ids:
            assets = {} if asset is None else {"image": asset}
            files[f"{name}/{one}/{one}.json"] = item(one, assets, collection=name)
    return files


def text_of(body: Json | bytes) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


def in_a_folder(folder: Path, files: Files) -> str:
    """Write them; the folder's path."""
    for path, body in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text_of(body))
    return str(folder)


def on_the_web(server: FaultServer, files: Files, prefix: str = "stac", **scene: Any) -> str:
    """Serve them; the address of ``catalog.json``, or of the first of them."""
    for path, body in files.items():
        server.add(f"{prefix}/{path}", text_of(body), **scene)
    return f"{server.url}/{prefix}/{'catalog.json' if 'catalog.json' in files else next(iter(files))}"
