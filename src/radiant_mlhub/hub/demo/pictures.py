"""Arrays as GeoTIFF and PNG files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.transform import Affine


def write_geotiff(
    path: Path, pixels: npt.NDArray[Any], band_names: Sequence[str], *, crs: str, transform: Affine
) -> None:
    """A GeoTIFF that lies where ``transform`` (from pixels to ``crs``) says."""
    count, height, width = pixels.shape
    shape = {"count": count, "height": height, "width": width, "dtype": pixels.dtype}
    with rasterio.open(
        path, "w", driver="GTiff", crs=crs, transform=transform, compress="deflate", **shape
    ) as raster:
        raster.write(pixels)
        raster.descriptions = tuple(band_names)


def write_preview(path: Path, bands: npt.NDArray[Any], *, darkest: float, brightest: float) -> None:
    """A PNG of three bands as red, green and blue, or of one as grey."""
    share = (bands.astype(float) - darkest) / (brightest - darkest)
    shown = (share.clip(0, 1) * 255).astype(np.uint8)
    count, height, width = shown.shape
    # Without this, GDAL leaves an .aux.xml beside the picture; and a picture without a place is warned about.
    somewhere = Affine.translation(1, 1)
    with (
        rasterio.Env(GDAL_PAM_ENABLED="NO"),
        rasterio.open(
            path,
            "w",
            driver="PNG",
            width=width,
            height=height,
            count=count,
            dtype="uint8",
            transform=somewhere,
        ) as picture,
    ):
        picture.write(shown)
