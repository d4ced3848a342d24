"""Farmland that looks like what a satellite sees, drawn from a seed.

A place is a square of rectangular fields, each with one crop; a chip is that place on one
day. What the labels say is therefore exactly what the pictures show.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

SIDE_PIXELS = 64
PIXEL_DEGREES = 0.0001
"""About 11 m at the equator, close to Sentinel-2's 10 m."""

BANDS = ("B02", "B03", "B04", "B08")
CROPS = ("fallow", "maize", "sorghum")

# Reflectance x 10,000 of each crop in blue, green, red and near infrared at its greenest,
# and what it loses until the end of the season. Plausible, not measured.
_GREENEST: Mapping[str, Sequence[int]] = {
    "fallow": (900, 1150, 1400, 2100),
    "maize": (400, 750, 450, 4200),
    "sorghum": (500, 850, 700, 3300),
}
_DRIES_BY: Sequence[int] = (-250, -250, -600, 1500)
_NOISE = 60

Pixels = npt.NDArray[np.uint16]


@dataclass(frozen=True)
class Field:
    """A rectangle of one crop, in pixels from the upper left corner; ends are exclusive."""

    top: int
    bottom: int
    left: int
    right: int
    crop: str


@dataclass(frozen=True)
class Place:
    """A square of farmland: its name, its north-western corner in degrees, its fields."""

    name: str
    west: float
    north: float
    fields: tuple[Field, ...]

    @property
    def transform(self) -> Affine:
        """From pixels (column, row) to degrees."""
        return Affine(PIXEL_DEGREES, 0, self.west, 0, -PIXEL_DEGREES, self.north)

    def corner(self, column: int, row: int) -> tuple[float, float]:
        """Longitude and latitude of a pixel's upper left corner, in degrees."""
        return round(self.west + column * PIXEL_DEGREES, 6), round(self.north - row * PIXEL_DEGREES, 6)

    @property
    def bbox(self) -> list[float]:
        """West, south, east, north in degrees (EPSG:4326)."""
        west, north = self.corner(0, 0)
        east, south = self.corner(SIDE_PIXELS, SIDE_PIXELS)
        return [west, south, east, north]


def place(name: str, west: float, north: float, rng: np.random.Generator) -> Place:
    """A place whose fields and crops are drawn from ``rng``."""
    tops, lefts = _cuts(rng), _cuts(rng)
    fields = tuple(
        Field(top, bottom, left, right, str(rng.choice(CROPS)))
        for top, bottom in pairwise(tops)
        for left, right in pairwise(lefts)
    )
    return Place(name, west, north, fields)


def chip(where: Place, dryness: float, rng: np.random.Generator) -> Pixels:
    """The four bands of ``where``, from its greenest (dryness 0) to the end of its season (1)."""
    pixels = rng.normal(0, _NOISE, (len(BANDS), SIDE_PIXELS, SIDE_PIXELS))
    dried = dryness * np.asarray(_DRIES_BY)
    for field in where.fields:
        seen = np.asarray(_GREENEST[field.crop]) - dried
        pixels[:, field.top : field.bottom, field.left : field.right] += seen[:, np.newaxis, np.newaxis]
    return pixels.clip(1, 10_000).astype(np.uint16)


def crop_raster(where: Place) -> Pixels:
    """One band with each pixel's crop: its number in ``CROPS``, from 1."""
    pixels = np.zeros((1, SIDE_PIXELS, SIDE_PIXELS), dtype=np.uint16)
    for field in where.fields:
        pixels[0, field.top : field.bottom, field.left : field.right] = CROPS.index(field.crop) + 1
    return pixels


def crop_polygons(where: Place) -> dict[str, Any]:
    """The fields as a GeoJSON FeatureCollection, with their crop as a property."""
    return {"type": "FeatureCollection", "features": list(_features(where))}


def _cuts(rng: np.random.Generator) -> list[int]:
    """Where fields end along one side: 4 stripes, none narrower than 8 pixels."""
    stripes = 4
    even = np.linspace(0, SIDE_PIXELS, stripes + 1).astype(int)
    moved = even[1:-1] + rng.integers(-4, 5, stripes - 1)
    return [0, *(int(cut) for cut in moved), SIDE_PIXELS]


def _features(where: Place) -> Iterator[dict[str, Any]]:
    for number, field in enumerate(where.fields, start=1):
        west, north = where.corner(field.left, field.top)
        east, south = where.corner(field.right, field.bottom)
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        yield {
            "type": "Feature",
            "properties": {"field": number, "crop": field.crop},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
