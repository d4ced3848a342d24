"""A GeoTIFF of any size and kind as a small PNG, read no further than the picture needs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.transform import Affine, from_bounds
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from . import SIDE_PIXELS

RasterError = RasterioError

_MOST_READ_PIXELS = 16_000_000
"""Of one band. A larger image without overviews is shown by its middle."""

_MOST_BLOCK_PIXELS = 16_000_000
"""A block is unpacked whole, whatever part of it is wanted."""

_MIDDLE_PIXELS = 2048

_DARKEST, _BRIGHTEST = 2, 98
"""Percentiles shown as black and white: outliers would make all else grey."""

_RGB_NAMES = (
    ("red", "green", "blue"),
    ("b04", "b03", "b02"),
    ("b4", "b3", "b2"),
)

# Nothing beside the file is looked for, nothing but GeoTIFF is read: other formats' files can
# name further files, here or on other machines.
_SAFE = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO", "GDAL_CACHEMAX": 64}

Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a picture lie.

    Attributes:
        transform: From the picture's pixels to coordinates in ``crs``.
        crs: As rasterio has it; None for an image that says nothing about its place.
    """

    width: int
    height: int
    transform: Affine
    crs: Any

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Column and row of a place in ``crs``."""
        inverse = self._inverse
        return inverse.a * x + inverse.b * y + inverse.c, inverse.d * x + inverse.e * y + inverse.f

    @cached_property
    def _inverse(self) -> Affine:
        return ~self.transform


def draw_image(bands: Sequence[Path], to: Path) -> Grid:
    """Write a PNG of the image; three files are its red, green and blue.

    Raises:
        OSError, RasterError: A file cannot be read.
        ValueError: There is no way to read little enough of it.
    """
    with rasterio.Env(**_SAFE):
        with _opened(bands[0]) as raster:
            part = _shown_part(raster)
            grid = _grid(raster, part)
        read = [_read(path, part, grid) for path in bands]
        pixels, seen = (np.concatenate(each) for each in zip(*read, strict=True))
        opacity = seen.all(axis=0, keepdims=True) * np.uint8(255)
        _write_png(to, np.concatenate([_stretched(pixels, seen), opacity]))
    return grid


def grid_over(bbox: Sequence[float]) -> Grid:
    """A grid over a box in degrees, for labels over a picture that says nothing about its place."""
    return Grid(SIDE_PIXELS, SIDE_PIXELS, from_bounds(*bbox, SIDE_PIXELS, SIDE_PIXELS), CRS.from_epsg(4326))


def read_classes(path: Path, grid: Grid) -> npt.NDArray[np.int64]:
    """The class at each pixel of ``grid``; 0 where there is none."""
    with rasterio.Env(**_SAFE), _opened(path) as raster:
        if grid.crs is None or raster.crs is None:
            found = raster.read(1, out_shape=(grid.height, grid.width))
        else:
            on_grid = {
                "crs": grid.crs,
                "transform": grid.transform,
                "width": grid.width,
                "height": grid.height,
            }
            with WarpedVRT(raster, resampling=Resampling.nearest, **on_grid) as warped:
                found = warped.read(1, masked=True).filled(0)
    classes: npt.NDArray[np.int64] = np.nan_to_num(found, posinf=0, neginf=0).astype(np.int64)
    return classes


def write_picture(to: Path, red_green_blue_alpha: npt.NDArray[np.uint8]) -> None:
    """Write a PNG; the array is bands first."""
    with rasterio.Env(**_SAFE):
        _write_png(to, red_green_blue_alpha)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with rasterio.open(path, driver="GTiff") as raster:
        if any(rows * columns > _MOST_BLOCK_PIXELS for rows, columns in raster.block_shapes):
            raise ValueError("it is one large block: nothing of it can be read without reading all")
        yield raster


def _shown_part(raster: Any) -> tuple[float, float, float, float]:
    """What of the raster is shown, in shares of it: left, top, width and height.

    All of it, or its middle where there are no overviews and all would be too much to read.
    """
    coarsest = max([1, *(n for n in raster.overviews(1) if max(raster.shape) / n >= SIDE_PIXELS)])
    if raster.width * raster.height / coarsest**2 <= _MOST_READ_PIXELS:
        return 0, 0, 1, 1
    # Blocks are read whole: where they are rows, a few rows are much already.
    block_rows, block_columns = raster.block_shapes[0]
    columns = min(_MIDDLE_PIXELS, raster.width)
    read_columns = min(raster.width, (ceil(columns / block_columns) + 1) * block_columns)
    rows = min(_MIDDLE_PIXELS, raster.height, max(1, _MOST_READ_PIXELS // read_columns - 2 * block_rows))
    across, down = columns / raster.width, rows / raster.height
    return (1 - across) / 2, (1 - down) / 2, across, down


def _window(raster: Any, part: Sequence[float]) -> Window:
    left, top, across, down = part
    return Window(
        int(left * raster.width),
        int(top * raster.height),
        max(1, round(across * raster.width)),
        max(1, round(down * raster.height)),
    )


def _grid(raster: Any, part: Sequence[float]) -> Grid:
    window = _window(raster, part)
    shrink = max(1.0, max(window.width, window.height) / SIDE_PIXELS)
    width, height = ceil(window.width / shrink), ceil(window.height / shrink)
    a, b, c, d, e, f = raster.window_transform(window)[:6]
    across, down = window.width / width, window.height / height
    return Grid(width, height, Affine(a * across, b * down, c, d * across, e * down, f), raster.crs)


def _read(path: Path, part: Sequence[float], grid: Grid) -> tuple[Pixels, npt.NDArray[np.bool_]]:
    """The bands that are shown, and where each of them is seen."""
    with _opened(path) as raster:
        shown, window = _shown_bands(raster), _window(raster, part)
        shrinks = max(window.width, window.height) > SIDE_PIXELS
        masked = raster.read(
            shown,
            window=window,
            out_shape=(len(shown), grid.height, grid.width),
            masked=True,
            resampling=Resampling.average if shrinks else Resampling.nearest,
        )
    pixels = masked.astype(np.float32).filled(np.nan)
    return pixels, np.isfinite(pixels)


def _shown_bands(raster: Any) -> list[int]:
    """Red, green and blue where their names are known, else the first three, or the only one."""
    names = [str(name or "").lower() for name in raster.descriptions]
    for wanted in _RGB_NAMES:
        if all(name in names for name in wanted):
            return [names.index(name) + 1 for name in wanted]
    return [1, 2, 3] if raster.count >= 3 else [1]  # noqa: PLR2004


def _stretched(pixels: Pixels, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Each band from black to white; one band becomes grey."""
    shown = [_band_stretched(band, seen) for band, seen in zip(pixels, mask, strict=True)]
    return np.stack(shown if len(shown) == 3 else shown[:1] * 3)  # noqa: PLR2004


def _band_stretched(band: Pixels, seen: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    if not seen.any():
        return np.zeros(band.shape, dtype=np.uint8)
    darkest, brightest = np.percentile(band[seen], [_DARKEST, _BRIGHTEST])
    share = (np.nan_to_num(band) - darkest) / max(float(brightest - darkest), 1e-9)
    shown: npt.NDArray[np.uint8] = (share.clip(0, 1) * 255).astype(np.uint8)
    return shown


def _write_png(to: Path, bands: npt.NDArray[np.uint8]) -> None:
    count, height, width = bands.shape
    # GDAL warns that a PNG says nothing about its place; it needs none.
    with rasterio.open(
        to,
        "w",
        driver="PNG",
        width=width,
        height=height,
        count=count,
        dtype="uint8",
        transform=Affine.translation(1, 1),
    ) as picture:
        picture.write(bands)
