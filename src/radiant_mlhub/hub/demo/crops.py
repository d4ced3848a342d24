"""Crops of four places on three days, as a publisher would have them, and their catalog."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..making import make_catalog
from . import fields
from .fields import BANDS, CROPS, Place
from .pdf import one_page_pdf
from .pictures import write_geotiff, write_preview

DATASET_ID = "demo_crops"
TITLE = "Demo Crops: Generated Fields in Kenya and Mali"
# 10.5072 is the prefix that DataCite sets aside for tests: it names nothing real.
DOI = "10.5072/demo-crops"
TAGS = ("crops", "demo", "generated")
DESCRIPTION = (
    "Four places, three days, four bands of 64 x 64 pixels, and the crop of every field. "
    "The pictures are drawn from a seed: no satellite has seen these fields."
)
DAYS = ("2019-06-06", "2019-08-05", "2019-10-04")
"""From the greenest to the driest."""

_CORNERS: Mapping[str, tuple[float, float]] = {
    "kenya_01": (34.20, 0.58),
    "kenya_02": (34.35, 0.44),
    "mali_01": (-6.30, 12.90),
    "mali_02": (-6.18, 12.78),
}
"""The north-western corner of each place: longitude, latitude."""

_SPLITS = {"train": 0.5, "validation": 0.25, "test": 0.25}
_BRIGHTEST_SHOWN = 2500
_CRS = "EPSG:4326"


def places(rng: np.random.Generator) -> list[Place]:
    """The four places, their fields drawn from ``rng``."""
    return [fields.place(name, *corner, rng) for name, corner in _CORNERS.items()]


def write_crops(folder: Path, where: Sequence[Place], rng: np.random.Generator, *, license: str) -> Path:  # noqa: A002 - STAC's name
    """The dataset of ``where`` below ``folder``; the folder of its catalog."""
    images, labels = folder / "images", folder / "labels"
    for part in (images, labels):
        part.mkdir(parents=True)
    for place in where:
        for number, day in enumerate(DAYS):
            name = f"{place.name}_{day.replace('-', '')}"
            _write_chip(images, name, place, fields.chip(place, number / (len(DAYS) - 1), rng))
        _write_labels(labels, place)
    document = folder / "documentation.pdf"
    numbered = [f"{number}: {crop}" for number, crop in enumerate(CROPS, start=1)]
    document.write_bytes(one_page_pdf(["Demo Crops", "", *DESCRIPTION.split(": "), *numbered]))
    catalog = make_catalog(
        images,
        labels,
        folder,
        dataset_id=DATASET_ID,
        title=TITLE,
        description=DESCRIPTION,
        license=license,
        label_names=["crop"],
        class_names=CROPS,
        label_description="The crop of every field",
        documentation=document,
        splits=_SPLITS,
    )
    return catalog.folder


def _write_chip(images: Path, name: str, place: Place, pixels: fields.Pixels) -> None:
    write_geotiff(images / f"{name}.tif", pixels, BANDS, crs=_CRS, transform=place.transform)
    red_green_blue = pixels[[2, 1, 0]]
    write_preview(images / f"{name}.png", red_green_blue, darkest=0, brightest=_BRIGHTEST_SHOWN)


def _write_labels(labels: Path, place: Place) -> None:
    polygons = json.dumps(fields.crop_polygons(place))
    (labels / f"{place.name}.geojson").write_text(polygons, encoding="utf-8")
    raster = fields.crop_raster(place)
    write_geotiff(labels / f"{place.name}.tif", raster, ["crop"], crs=_CRS, transform=place.transform)
