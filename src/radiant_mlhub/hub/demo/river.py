"""A river before and in a flood, as a radar sees it: water is dark, for it reflects away."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.features import shapes
from rasterio.transform import Affine
from rasterio.warp import transform_geom

SIDE_PIXELS = 96
PIXEL_METRES = 10
CRS = "EPSG:32736"
"""UTM zone 36 south: Mozambique. Chips of radar come in metres, not in degrees."""

BANDS = ("VV", "VH")
CLASSES = ("dry", "water")

# Backscatter in decibels of dry land and of water, and how much both vary. Plausible, not measured.
_DRY = (-9.0, -15.0)
_WATER = (-19.0, -26.0)
_SPECKLE = 1.2
_DEGREES_DECIMALS = 6

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Bend:
    """A bend of a river.

    Attributes:
        west: Of its chip, in metres; ``north`` likewise.
        swing: How far the river turns, in pixels.
        phase: Where in its turn it enters the chip, in radians.
    """

    name: str
    west: float
    north: float
    swing: float
    phase: float

    @property
    def transform(self) -> Affine:
        """From pixels (column, row) to metres."""
        return Affine(PIXEL_METRES, 0, self.west, 0, -PIXEL_METRES, self.north)

    def water(self, width: float) -> Mask:
        """Where there is water when the river is ``width`` pixels wide on either side of its middle."""
        rows, columns = np.mgrid[0:SIDE_PIXELS, 0:SIDE_PIXELS]
        turn = 2 * np.pi * columns / SIDE_PIXELS + self.phase
        middle = SIDE_PIXELS / 2 + self.swing * np.sin(turn)
        # The plain in the bend floods further than the steep bank.
        reach = width * (1 + 0.5 * np.cos(turn))
        water: Mask = np.abs(rows - middle) <= reach
        return water


def backscatter(water: Mask, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Both polarisations, in decibels."""
    seen = [np.where(water, wet, dry) for wet, dry in zip(_WATER, _DRY, strict=True)]
    return (np.stack(seen) + rng.normal(0, _SPECKLE, (len(BANDS), *water.shape))).astype(np.float32)


def class_raster(water: Mask) -> npt.NDArray[np.uint8]:
    """One band with each pixel's class: its number in ``CLASSES``, from 1."""
    return (water[np.newaxis] + 1).astype(np.uint8)


def water_polygons(bend: Bend, water: Mask) -> dict[str, Any]:
    """The water as a GeoJSON FeatureCollection, in degrees."""
    return {"type": "FeatureCollection", "features": list(_features(bend, water))}


def _features(bend: Bend, water: Mask) -> Iterator[dict[str, Any]]:
    for outline, _ in shapes(water.astype(np.uint8), mask=water, transform=bend.transform):
        geometry = transform_geom(CRS, "EPSG:4326", outline, precision=_DEGREES_DECIMALS)
        yield {"type": "Feature", "properties": {"class": "water"}, "geometry": dict(geometry)}
