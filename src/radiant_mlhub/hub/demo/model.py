"""A nearest-centroid classifier of the demo's crops: the simplest thing that is a model."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import fields
from .crops import DAYS
from .fields import BANDS, CROPS, Place

MODEL_ID = "demo_crop_classifier_v1"
COLLECTION_ID = "demo_crop_classifier"

_ML_MODEL_EXTENSION = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"


def write_model(folder: Path, places: Sequence[Place], rng: np.random.Generator, *, license: str) -> Path:  # noqa: A002 - STAC's name
    """The model and its STAC item below ``folder``; the item's file."""
    folder.mkdir(parents=True)
    np.save(folder / "centroids.npy", _centroids(places, rng))
    runtime = f"model: {MODEL_ID}\nbands: [{', '.join(BANDS)}]\nclasses: [{', '.join(CROPS)}]\n"
    (folder / "inferencing.yml").write_text(runtime, encoding="utf-8")
    item = folder / f"{MODEL_ID}.json"
    item.write_text(json.dumps(_item(places, license), indent=2), encoding="utf-8")
    return item


def _item(places: Sequence[Place], license: str) -> dict[str, Any]:  # noqa: A002
    wests, souths, easts, norths = zip(*(place.bbox for place in places), strict=True)
    west, south, east, north = bbox = [min(wests), min(souths), max(easts), max(norths)]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [_ML_MODEL_EXTENSION],
        "id": MODEL_ID,
        "collection": COLLECTION_ID,
        "bbox": bbox,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "title": "Demo Crop Classifier",
            "description": "The mean colour of each crop; a pixel belongs to the nearest.",
            "license": license,
            "datetime": None,
            "start_datetime": f"{DAYS[0]}T00:00:00Z",
            "end_datetime": f"{DAYS[-1]}T00:00:00Z",
            "ml-model:type": "ml-model",
            "ml-model:architecture": "nearest centroid",
            "ml-model:learning_approach": "supervised",
            "ml-model:prediction_type": "classification",
        },
        "links": [],
        "assets": {
            "inferencing-compose": _asset("inferencing.yml", "text/x-yaml", "ml-model:inference-runtime"),
            "inferencing-checkpoint": _asset(
                "centroids.npy", "application/octet-stream", "ml-model:checkpoint"
            ),
        },
    }


def _asset(href: str, media_type: str, role: str) -> dict[str, Any]:
    return {"href": href, "type": media_type, "roles": [role]}


def _centroids(
    places: Sequence[Place], rng: np.random.Generator
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The mean of each crop's pixels (rows as in ``CROPS``, columns as in ``BANDS``)."""
    chips = np.stack([fields.chip(place, dryness=0.0, rng=rng) for place in places])
    crops = np.stack([fields.crop_raster(place)[0] for place in places])
    bands_last = np.moveaxis(chips, 1, -1)
    return np.stack(
        [bands_last[crops == number + 1].mean(axis=0) for number in range(len(CROPS))], dtype=np.float32
    )
