"""A small MLHub on loopback, made of dictionaries: the API on one port, the files on another.

Standard library only, and nothing of the package under test: the same hub also stands
before the original client. The shapes of the answers are those of the recorded traffic
of 2022: a list of datasets, ``{"collections": [...]}``, 303 from ``/catalog/{id}`` and
``/archive/{id}`` to the files' host, ``{"detail": ...}`` with a 404.

::

    with ScriptedHub() as hub:
        scene = hub.file("a.tif", size_bytes=300)
        hub.publish("ds", [item("a", {"image": scene.href})])
        Dataset.fetch("ds").download(tmp_path)      # with MLHUB_ROOT_URL=hub.root_url
"""

from __future__ import annotations

import io
import json
import re
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from support.fault_server import FaultServer
from support.faults import Scene
from support.wire import Request, Response

ROOT = "/mlhub/v1"
STORED_AT = 1_600_000_000  # seconds since the epoch: mtime of every archive member

Json = dict[str, Any]


def item(
    item_id: str,
    assets: Mapping[str, str | Json],
    *,
    collection: str = "scenes",
    bbox: list[float] | None = None,
    datetime: str | None = "2020-06-15T12:00:00Z",
    **fields: Any,
) -> Json:
    """A STAC item; ``assets`` maps keys to hrefs (or whole asset objects), ``fields`` win."""
    bbox = [10.0, 50.0, 11.0, 51.0] if bbox is None else bbox
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": item_id,
        "collection": collection,
        "bbox": bbox,
        "geometry": rectangle(bbox),
        "properties": {"datetime": datetime},
        "links": [],
        "assets": {key: {"href": a} if isinstance(a, str) else a for key, a in assets.items()},
        **fields,
    }


def collection(collection_id: str, assets: Mapping[str, str] | None = None, **fields: Any) -> Json:
    """A STAC collection as the hub answers it; ``fields`` win."""
    whole = {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": collection_id,
        "description": f"About {collection_id}",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[-180, -90, 180, 90]]},
            "temporal": {"interval": [["2018-01-01T00:00:00Z", None]]},
        },
        "links": [],
    }
    if assets:
        whole["assets"] = {key: {"href": href} for key, href in assets.items()}
    return {**whole, **fields}


def rectangle(bbox: list[float]) -> Json | None:
    """The GeoJSON polygon of a box of 4 or 6 numbers."""
    if len(bbox) not in {4, 6}:
        return None
    west, south, east, north = bbox[0], bbox[1], bbox[len(bbox) // 2], bbox[len(bbox) // 2 + 1]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def tar_gz(members: Mapping[str, bytes | tarfile.TarInfo]) -> bytes:
    """A .tar.gz; a ``TarInfo`` instead of bytes goes in as it is (links, devices)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in members.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.mtime = STORED_AT
            if isinstance(content, tarfile.TarInfo):
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def catalog_members(top: str, items: Iterable[Json], collections: Iterable[Json]) -> dict[str, bytes]:
    """The members of a catalog archive, laid out as the hub of 2022 did."""
    members = {f"{top}/catalog.json": _json({"type": "Catalog", "id": top, "links": []})}
    for each in collections:
        members[f"{top}/{each['id']}/collection.json"] = _json(each)
    for number, each in enumerate(items):
        name = re.sub(r"[^A-Za-z0-9_-]", "_", str(each.get("id", "none")))
        folder = f"{top}/{each.get('collection', 'without_collection')}/{name}"
        if f"{folder}/{name}.json" in members:
            folder += f"_{number}"
        members[f"{folder}/{name}.json"] = _json(each)
    return members


class ScriptedHub:
    """An MLHub for as long as its ``with`` lasts.

    Attributes:
        api: The server of the API; ``api.requests`` is its log.
        blobs: The server of catalog archives, collection archives and assets.
        root_url: What belongs into ``MLHUB_ROOT_URL``.
        datasets, collections, models: What the API answers; change them at will.
        items: Item objects by collection id.
    """

    def __init__(self) -> None:
        self.api = FaultServer()
        self.blobs = FaultServer()
        self.root_url = f"{self.api.url}{ROOT}/"
        self.datasets: dict[str, Json] = {}
        self.collections: dict[str, Json] = {}
        self.items: dict[str, list[Json]] = {}
        self.models: dict[str, Json] = {}
        self._archives: dict[str, Scene] = {}
        self._catalogs: dict[str, Scene] = {}
        self.api.route("GET", ROOT, self._answer)

    def __enter__(self) -> ScriptedHub:
        self.api.__enter__()
        self.blobs.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.blobs.__exit__(*exc)
        self.api.__exit__(*exc)

    def file(self, name: str, content: bytes | None = None, **script: Any) -> Scene:
        """A file of the blob host; ``script`` as in ``FaultServer.add``."""
        return self.blobs.add(f"/files/{name}", content, **script)

    def publish(
        self,
        dataset_id: str,
        items: Iterable[Json] = (),
        *,
        collections: Iterable[Json] = (),
        members: Mapping[str, bytes | tarfile.TarInfo] | None = None,
        top: str | None = None,
        **script: Any,
    ) -> Scene:
        """Serve a dataset with these items; the catalog archive is the scene returned.

        Args:
            collections: Collection objects; those that items name come by themselves.
            members: Added to the archive, or in place of members of the same name.
            top: The archive's top folder, where it is not the dataset's id.
            script: What goes wrong with the archive, as in ``FaultServer.add``.
        """
        items = list(items)
        by_id = {each["id"]: each for each in collections}
        for each in items:
            if "collection" in each and each["collection"] not in by_id:
                by_id[each["collection"]] = collection(each["collection"])
        whole = {**catalog_members(top or dataset_id, items, by_id.values()), **(members or {})}
        self._catalogs[dataset_id] = self.blobs.add(
            f"/mlhub/catalogs/{dataset_id}.tar.gz", tar_gz(whole), **script
        )
        self.collections.update(by_id)
        for each in items:
            self.items.setdefault(each.get("collection", ""), []).append(each)
        self.datasets[dataset_id] = {
            "id": dataset_id,
            "title": f"About {dataset_id}",
            "collections": [{"id": name, "types": ["source_imagery"]} for name in by_id],
        }
        return self._catalogs[dataset_id]

    def archive(self, collection_id: str, content: bytes | None = None, **script: Any) -> Scene:
        """Serve ``content`` as the archive of a collection."""
        self.collections.setdefault(collection_id, collection(collection_id))
        scene = self.blobs.add(f"/mlhub/archives/{collection_id}.tar.gz", content, **script)
        self._archives[collection_id] = scene
        return scene

    def answer(self, path: str, status: int = 200, body: bytes | Any = b"", **headers: str) -> None:
        """Answer one path below the root URL with this, whatever is published."""
        content = body if isinstance(body, bytes) else _json(body)
        self.api.route("*", f"{ROOT}/{path}", lambda _: Response(status, _header_names(headers), content))

    def asset_requests(self) -> list[Request]:
        """Requests for files of the blob host, archives left out."""
        return [each for each in self.blobs.requests if each.path.startswith("/files/")]

    def _answer(self, request: Request) -> Response:
        parts = [unquote(part) for part in request.path.removeprefix(ROOT).strip("/").split("/")]
        found = self._lookup(parts)
        if isinstance(found, Response):
            return found
        if found is None:
            return _json_response({"detail": f"{'/'.join(parts)} does not exist."}, 404)
        return _json_response(found)

    def _lookup(self, parts: list[str]) -> Any:
        found: Any = None
        match parts:
            case ["datasets"]:
                found = list(self.datasets.values())
            case ["datasets", "doi", *doi]:
                found = _first(self.datasets, "doi", "/".join(doi))
            case ["collections"]:
                found = {"collections": list(self.collections.values()), "links": []}
            case ["collections", name, "items"] if name in self.collections:
                found = {"type": "FeatureCollection", "features": self.items.get(name, []), "links": []}
            case ["collections", name, "items", item_id]:
                found = _first({each["id"]: each for each in self.items.get(name, [])}, "id", item_id)
            case ["models"]:
                found = list(self.models.values())
            case [("datasets" | "collections" | "models") as kind, name]:
                found = getattr(self, kind).get(name)
            case [("catalog" | "archive") as kind, name, *info]:
                found = self._stored(kind, name, info)
        return found

    def _stored(self, kind: str, name: str, info: list[str]) -> Any:
        scene = (self._catalogs if kind == "catalog" else self._archives).get(name)
        if scene is None:
            return None
        if not info:
            return Response(303, {"Location": scene.href, "Content-Length": "0"})
        if kind == "archive":
            return {"collection": name, "dataset": name, "size": len(scene.content), "types": ["labels"]}
        return {"dataset": name, "stac_catalog_size": len(scene.content), "estimated_dataset_size": 12345}


def _first(objects: Mapping[str, Json], field: str, value: str) -> Json | None:
    return next((each for each in objects.values() if each.get(field) == value), None)


def _header_names(headers: Mapping[str, str]) -> dict[str, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"Content-Type": "application/json", **named}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _json_response(value: Any, status: int = 200) -> Response:
    return Response(status, {"Content-Type": "application/json"}, _json(value))
