"""The STAC 1.0 objects of a made catalog, with relative links between them."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from ... import layout
from .chips import Chip
from .names import Period

Json = dict[str, Any]

STAC_VERSION = "1.0.0"
LABEL_EXTENSION = "https://stac-extensions.github.io/label/v1.0.1/schema.json"
PROJECTION_EXTENSION = "https://stac-extensions.github.io/projection/v1.1.0/schema.json"

_JSON = "application/json"
_GEOJSON = "application/geo+json"


@dataclass
class MadeCollection:
    """A collection as it grows: the ids of its items and what they cover.

    Attributes:
        license: An SPDX identifier, or ``other``.
    """

    collection_id: str
    description: str
    license: str
    item_ids: list[str] = field(default_factory=list)
    bbox: list[float] | None = None
    period: Period | None = None

    def add(self, item_id: str, bbox: Sequence[float], period: Period) -> None:
        """Take an item in."""
        self.item_ids.append(item_id)
        self.bbox = list(bbox) if self.bbox is None else _around(self.bbox, bbox)
        self.period = period if self.period is None else self.period.union(period)

    def to_json(self) -> Json:
        """The collection, as ``{id}/collection.json``."""
        interval = [None, None] if self.period is None else [_text(self.period.start), _text(self.period.end)]
        above = [_link("root", "../catalog.json"), _link("parent", "../catalog.json")]
        items = [
            _link("item", quote(layout.item_path(self.collection_id, item_id).partition("/")[2]), _GEOJSON)
            for item_id in self.item_ids
        ]
        return {
            "type": "Collection",
            "stac_version": STAC_VERSION,
            "stac_extensions": [],
            "id": self.collection_id,
            "description": self.description,
            "license": self.license,
            "extent": {
                "spatial": {"bbox": [self.bbox or [-180.0, -90.0, 180.0, 90.0]]},
                "temporal": {"interval": [interval]},
            },
            "links": [*above, *items],
        }


def item(
    item_id: str,
    collection_id: str,
    *,
    geometry: Json,
    bbox: Sequence[float],
    period: Period,
    properties: Mapping[str, Any],
    assets: Mapping[str, Json],
    extensions: Iterable[str],
    sources: Sequence[tuple[str, str]] = (),
) -> Json:
    """An item, as ``{collection}/{id}/{id}.json``.

    Args:
        sources: Collection and id of the items that a label speaks of.
    """
    above = [
        _link("root", "../../catalog.json"),
        _link("collection", "../collection.json"),
        _link("parent", "../collection.json"),
    ]
    seen_on = [_link("source", quote(f"../../{layout.item_path(c, i)}"), _GEOJSON) for c, i in sources]
    return {
        "type": "Feature",
        "stac_version": STAC_VERSION,
        "stac_extensions": sorted(extensions),
        "id": item_id,
        "collection": collection_id,
        "geometry": geometry,
        "bbox": list(bbox),
        "properties": {**_times(period), **properties},
        "assets": dict(assets),
        "links": [*above, *seen_on],
    }


def catalog(catalog_id: str, title: str | None, description: str, children: Iterable[str]) -> Json:
    """The catalog, as ``catalog.json``."""
    links = [_link("child", f"{child}/collection.json") for child in children]
    return {
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": catalog_id,
        **({"title": title} if title else {}),
        "description": description,
        "links": [_link("root", "catalog.json"), *links],
    }


def relative_href(path: Path, folder: Path) -> str:
    """The way from ``folder`` to ``path``, both absolute, as an href."""
    return quote(Path(os.path.relpath(path, folder)).as_posix())


def projection(chip: Chip) -> Json:
    """The fields of the projection extension."""
    return {"proj:epsg": chip.epsg, "proj:shape": chip.shape, "proj:transform": chip.transform}


def box(bbox: Sequence[float]) -> Json:
    """A polygon of a box, counterclockwise."""
    west, south, east, north = bbox
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def write(path: Path, body: Json) -> None:
    """Write JSON that a person can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(body), indent=2) + b"\n")


def _times(period: Period) -> Json:
    if period.start == period.end:
        return {"datetime": _text(period.start)}
    return {
        "datetime": None,
        "start_datetime": _text(period.start),
        "end_datetime": _text(period.end),
    }


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _around(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """The box around two. One that crosses the 180th meridian makes it go round the earth."""
    crosses = one[0] > one[2] or other[0] > other[2]
    west, east = (-180.0, 180.0) if crosses else (min(one[0], other[0]), max(one[2], other[2]))
    return [west, min(one[1], other[1]), east, max(one[3], other[3])]


def _link(rel: str, href: str, media_type: str = _JSON) -> Json:
    return {"rel": rel, "href": href, "type": media_type}
