"""Floods of three bends of a river, before and during, as a publisher would have them, and their catalog."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from ..making import make_catalog
from . import river
from .pictures import write_geotiff, write_preview
from .river import Bend

DATASET_ID = "demo_floods"
TITLE = "Demo Floods: a Generated River in Mozambique"
TAGS = ("demo", "floods", "generated", "radar")
DESCRIPTION = (
    "Three bends of a river before and during a flood, seen by radar over six days each, and where "
    "the water is. The pictures are drawn from a seed: no satellite has seen this river."
)

WIDTHS: Mapping[str, float] = {"20190301_20190306": 4.0, "20190315_20190320": 15.0}
"""How wide the river is, in pixels on either side, by the days over which it was seen."""

_BENDS = (
    Bend("bend_01", 680_000, 7_820_000, swing=14, phase=0.0),
    Bend("bend_02", 684_000, 7_823_000, swing=9, phase=1.2),
    Bend("bend_03", 690_000, 7_826_000, swing=17, phase=2.9),
)
_SPLITS = {"train": 0.67, "test": 0.33}
_DARKEST_DB, _BRIGHTEST_DB = -25.0, -5.0

_README = f"""# {TITLE}

{DESCRIPTION}

- `image.tif`: VV and VH backscatter in decibels, 96 x 96 pixels of 10 m, {river.CRS}
- `labels.geojson`: where the water is; `raster_labels.tif`: 1 is dry, 2 is water
- `train_split.csv`, `test_split.csv`: which labels are for training and which for testing
"""


def write_floods(folder: Path, rng: np.random.Generator, *, license: str) -> Path:  # noqa: A002 - STAC's name
    """The dataset below ``folder``; the folder of its catalog."""
    images, labels = folder / "images", folder / "labels"
    for part in (images, labels):
        part.mkdir(parents=True)
    for bend in _BENDS:
        for days, width in WIDTHS.items():
            water = bend.water(width)
            _write_chip(images, f"{bend.name}_{days}", bend, river.backscatter(water, rng))
            _write_labels(labels, f"{bend.name}_{days}", bend, water)
    readme = folder / "README.md"
    readme.write_text(_README, encoding="utf-8")
    catalog = make_catalog(
        images,
        labels,
        folder,
        dataset_id=DATASET_ID,
        title=TITLE,
        description=DESCRIPTION,
        license=license,
        class_names=river.CLASSES,
        tasks=["segmentation"],
        label_description="Where the water is",
        documentation=readme,
        splits=_SPLITS,
    )
    return catalog.folder


def _write_chip(
    images: Path, name: str, bend: Bend, pixels: "np.ndarray[tuple[int, ...], np.dtype[np.float32]]"
) -> None:
    write_geotiff(images / f"{name}.tif", pixels, river.BANDS, crs=river.CRS, transform=bend.transform)
    write_preview(images / f"{name}.png", pixels[:1], darkest=_DARKEST_DB, brightest=_BRIGHTEST_DB)


def _write_labels(labels: Path, name: str, bend: Bend, water: river.Mask) -> None:
    polygons = json.dumps(river.water_polygons(bend, water))
    (labels / f"{name}.geojson").write_text(polygons, encoding="utf-8")
    raster = river.class_raster(water)
    write_geotiff(labels / f"{name}.tif", raster, ["class"], crs=river.CRS, transform=bend.transform)
