"""A small training dataset in a folder, as a publisher has it: imagery, labels, a document they share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LABEL = "https://stac-extensions.github.io/label/v1.0.1/schema.json"

Json = dict[str, Any]


def write_json(path: Path, body: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body, indent=2))
    return path


def link(rel: str, href: str) -> Json:
    return {"rel": rel, "href": href, "type": "application/json"}


def item(item_id: str, collection_id: str, assets: Json, *, lon: float = 34.0, **members: Any) -> Json:
    ring = [[lon, 0.0], [lon + 1, 0.0], [lon + 1, 1.0], [lon, 1.0], [lon, 0.0]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": item_id,
        "collection": collection_id,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [lon, 0.0, lon + 1, 1.0],
        "properties": {"datetime": "2019-06-06T08:00:00Z"},
        "links": [link("collection", "../collection.json"), link("root", "../../catalog.json")],
        "assets": assets,
        **members,
    }


def collection(collection_id: str, item_hrefs: list[str], **members: Any) -> Json:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": collection_id,
        "description": f"About {collection_id}",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[33.0, -1.0, 45.0, 2.0]]},
            "temporal": {"interval": [["2019-01-01T00:00:00Z", "2019-12-31T00:00:00Z"]]},
        },
        "links": [link("root", "../catalog.json"), *(link("item", href) for href in item_hrefs)],
        **members,
    }


class TrainingDataset:
    """``crops``: as many chips as labels, one file each, and ``about.pdf`` that all of them name."""

    def __init__(self, folder: Path, places: int = 3) -> None:
        self.folder = folder
        self.names = [f"place_{number:04}" for number in range(places)]
        (folder / "about.pdf").parent.mkdir(parents=True, exist_ok=True)
        (folder / "about.pdf").write_bytes(b"%PDF-1.4 about crops")
        children = [link("child", f"./{each}/collection.json") for each in ("crops_source", "crops_labels")]
        write_json(
            folder / "catalog.json",
            {
                "type": "Catalog",
                "id": "crops",
                "stac_version": "1.0.0",
                "title": "Crops of somewhere",
                "description": "Which crop grows where",
                "links": [link("root", "./catalog.json"), *children],
            },
        )
        for number, name in enumerate(self.names):
            self._write_pair(name, 34.0 + number % 10)
        for kind in ("source", "labels"):
            hrefs = [f"./{name}_{kind}/{name}_{kind}.json" for name in self.names]
            write_json(folder / f"crops_{kind}" / "collection.json", collection(f"crops_{kind}", hrefs))

    def chip(self, name: str) -> Path:
        return self.folder / "crops_source" / f"{name}_source" / "chip.tif"

    def item_file(self, name: str, kind: str) -> Path:
        return self.folder / f"crops_{kind}" / f"{name}_{kind}" / f"{name}_{kind}.json"

    def change_item(self, name: str, kind: str, **members: Any) -> Path:
        path = self.item_file(name, kind)
        write_json(path, {**json.loads(path.read_text()), **members})
        return path

    def _write_pair(self, name: str, lon: float) -> None:
        document = {"href": "../../about.pdf", "type": "application/pdf"}
        chip = {"href": "./chip.tif", "type": "image/tiff", "roles": ["data"]}
        fields = {"href": "fields.geojson", "type": "application/geo+json", "roles": ["labels"]}
        write_json(
            self.item_file(name, "source"),
            item(f"{name}_source", "crops_source", {"image": chip, "documentation": document}, lon=lon),
        )
        self.chip(name).write_bytes(f"pixels of {name}".encode())
        path = write_json(
            self.item_file(name, "labels"),
            item(
                f"{name}_labels",
                "crops_labels",
                {"labels": fields, "documentation": document},
                lon=lon,
                stac_extensions=[LABEL],
                links=[
                    link("collection", "../collection.json"),
                    link("source", f"../../crops_source/{name}_source/{name}_source.json"),
                    link("via", "https://example.org/crops"),
                ],
            ),
        )
        labelled = {"label:type": "vector", "label:properties": ["crop"], "label:description": "Crops"}
        body = json.loads(path.read_text())
        write_json(path, {**body, "properties": {**body["properties"], **labelled}})
        (path.parent / "fields.geojson").write_text(
            f'{{"type":"FeatureCollection","name":"{name}","features":[]}}'
        )
