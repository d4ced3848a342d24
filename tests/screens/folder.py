"""The working folder that the screens begin with: what somebody has who is to publish."""

import json
from pathlib import Path

import numpy as np
import rasterio
import requests

from radiant_mlhub.hub.demo import DemoHub
from radiant_mlhub.hub.sqlite_store import open_store


def fill(folder: Path, hub: DemoHub) -> None:
    """Two chips with labels, as in the guide of publishing, the item of a model, and an empty hub."""
    open_store(folder / "hub").close()
    for name in ("chips", "labels"):
        (folder / name).mkdir()
    for name, west in {"field_a": 34.20, "field_b": 34.30}.items():
        place = rasterio.Affine(0.0001, 0, west, 0, -0.0001, 0.58)
        shape = {"driver": "GTiff", "width": 64, "height": 64, "count": 1, "dtype": "uint8"}
        path = folder / f"chips/{name}_20260601.tif"
        with rasterio.open(path, "w", crs="EPSG:4326", transform=place, **shape) as chip:
            chip.write(np.random.default_rng(1).integers(0, 255, (1, 64, 64), dtype="uint8"))
        ring = [[west, 0.575], [west + 0.003, 0.575], [west + 0.003, 0.58], [west, 0.58], [west, 0.575]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        field = {"type": "Feature", "properties": {"crop": "maize"}, "geometry": geometry}
        text = json.dumps({"type": "FeatureCollection", "features": [field]})
        (folder / f"labels/{name}.geojson").write_text(text)
    model = requests.get(f"{hub.root_url}models/demo_crop_classifier_v1", timeout=30)
    (folder / "model.json").write_bytes(model.content)
