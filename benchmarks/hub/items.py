"""A million items of ten collections, the same for every store: chips around some hundred places."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SEED = 20_261_122
COLLECTIONS = tuple(f"bench_{number:02}" for number in range(10))
BEGIN = datetime(2018, 1, 1, tzinfo=UTC)
MONTHS = 60
_DAYS = 1826
_PLACES = 300
_EXTENSIONS = [
    "https://stac-extensions.github.io/label/v1.0.1/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
]


@dataclass(frozen=True)
class Item:
    """One item: what it is searched by, and its JSON object."""

    collection_id: str
    item_id: str
    bbox: tuple[float, float, float, float]
    moment: datetime
    body: dict[str, Any]


def collection(collection_id: str) -> dict[str, Any]:
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": collection_id,
        "description": f"Generated chips, {collection_id}.",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[-180.0, -90.0, 180.0, 90.0]]},
            "temporal": {"interval": [[written(BEGIN), None]]},
        },
        "links": [],
    }


def items(count: int) -> Iterator[Item]:
    """``count`` items; no two of the same moment, so that an order by time is a total one."""
    chance = random.Random(SEED)
    places = [(chance.uniform(-170, 170), chance.uniform(-55, 65)) for _ in range(_PLACES)]
    step_us = _DAYS * 86_400_000_000 // count
    turns = list(range(count))
    chance.shuffle(turns)
    for number, turn in enumerate(turns):
        moment = BEGIN + timedelta(microseconds=turn * step_us + chance.randrange(step_us // 1000) * 1000)
        yield _item(chance, number, places, moment)


def _item(chance: random.Random, number: int, places: list[tuple[float, float]], moment: datetime) -> Item:
    longitude, latitude = chance.choice(places)
    if chance.random() < 0.2:  # noqa: PLR2004 - every fifth lies anywhere
        west, south = chance.uniform(-179, 178), chance.uniform(-80, 80)
    else:
        west = min(max(chance.gauss(longitude, 2), -179), 178)
        south = min(max(chance.gauss(latitude, 2), -85), 85)
    side = chance.choice((0.025, 0.1, 0.25))
    bbox = (round(west, 6), round(south, 6), round(west + side, 6), round(south + side, 6))
    collection_id, item_id = COLLECTIONS[number % len(COLLECTIONS)], f"chip_{number:07}"
    return Item(collection_id, item_id, bbox, moment, _body(chance, collection_id, item_id, bbox, moment))


def _body(
    chance: random.Random,
    collection_id: str,
    item_id: str,
    bbox: tuple[float, float, float, float],
    moment: datetime,
) -> dict[str, Any]:
    west, south, east, north = bbox
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": _EXTENSIONS,
        "id": item_id,
        "collection": collection_id,
        "bbox": list(bbox),
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "datetime": written(moment),
            "eo:cloud_cover": chance.randrange(101),
            "label:type": "raster",
            "label:tasks": ["segmentation"],
            "label:description": "Generated labels of a generated chip",
        },
        "assets": {
            key: {
                "href": f"https://hub.example.org/files/v1/{collection_id}/{item_id}/{key}.tif",
                "type": "image/tiff; application=geotiff; profile=cloud-optimized",
                "roles": [role],
                "file:size": chance.randrange(10_000, 1_000_000),
            }
            for key, role in (("image", "data"), ("labels", "labels"))
        },
        "links": [],
    }


def written(moment: datetime) -> str:
    """The moment as items have it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_json(body: dict[str, Any]) -> str:
    return json.dumps(body, separators=(",", ":"))
