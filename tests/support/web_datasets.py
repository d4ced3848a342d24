"""Datasets that pages are tried with."""

import json
from pathlib import Path

import numpy as np

from .web_hub import Shelf

CROPS = ["fallow", "maize", "sorghum"]


def add_places(shelf: Shelf, folder: Path) -> None:
    """Three chips, each half fallow and half maize (in the east); the last has a raster of labels."""
    for number, west in enumerate([34.0, 35.0, -6.0]):
        bbox = [west, 0.0, west + 0.0032, 0.0032]
        chip = shelf.file(f"chip{number}.tif", geotiff(folder, half_and_half(), bbox), "image/tiff")
        shelf.item("source", f"chip_{number}", bbox, {"image": chip})
        if number < 2:
            content = json.dumps(eastern_half(bbox)).encode()
            labels = shelf.file(f"labels{number}.geojson", content, "application/geo+json")
        else:
            classes = np.repeat([[[1] * 16 + [2] * 16]], 32, axis=1).astype("uint8")
            labels = shelf.file(f"labels{number}.tif", geotiff(folder, classes, bbox), "image/tiff")
        shelf.item(
            "labels",
            f"labels_{number}",
            bbox,
            {"labels": {**labels, "roles": ["labels"]}},
            properties={"label:classes": [{"name": "crop", "classes": CROPS}], "label:properties": ["crop"]},
        )


def add_boxes(shelf: Shelf, count: int) -> None:
    """Boxes of a tenth of a degree, spread over Africa; one lies alone in the Pacific."""
    places = np.random.default_rng(2026).uniform([-10, -30], [40, 30], (count - 1, 2)).round(4)
    for number, (west, south) in enumerate([[-140.0, 0.0], *places.tolist()]):
        shelf.item("source", f"item_{number:05}", [west, south, west + 0.1, south + 0.1])


def half_and_half() -> np.ndarray:
    """Red in the west, green in the east."""
    pixels = np.zeros((3, 32, 32), dtype="uint16")
    pixels[0, :, :16] = pixels[1, :, 16:] = 1000
    return pixels


def geotiff(folder: Path, pixels: np.ndarray, bbox, **options) -> bytes:
    """The bytes of a GeoTIFF over ``bbox``."""
    import rasterio
    from rasterio.transform import Affine

    path = folder / "made.tif"
    count, height, width = pixels.shape
    west, south, east, north = bbox
    shape = {"count": count, "height": height, "width": width, "dtype": pixels.dtype}
    where = {
        "crs": "EPSG:4326",
        "transform": Affine((east - west) / width, 0, west, 0, (south - north) / height, north),
    }
    with rasterio.open(path, "w", driver="GTiff", **{**shape, **where, **options}) as raster:
        raster.write(pixels)
    return path.read_bytes()


def eastern_half(bbox) -> dict:
    """A field of maize."""
    west, south, east, north = bbox
    middle = (west + east) / 2
    ring = [[middle, south], [east, south], [east, north], [middle, north], [middle, south]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": {"crop": "maize"}, "geometry": geometry}],
    }
