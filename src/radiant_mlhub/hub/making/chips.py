"""What a GeoTIFF tells about itself. rasterio is used here alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import RasterioError
from rasterio.warp import transform as transform_points

from ...exceptions import InvalidArgument
from .names import Period

GEOTIFF = "image/tiff; application=geotiff"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"

_MOST_CLASSES = 256
# 1e-7 degrees are a centimetre; more digits would only be noise of the projection.
_DIGITS = 7
_HALF_TURN = 180.0


@dataclass(frozen=True)
class Chip:
    """A raster file's place, time and shape.

    Attributes:
        geometry: Its outline in EPSG:4326, a GeoJSON geometry.
        bbox: West, south, east, north in degrees; west > east across the 180th meridian.
        period: What its TIFF tag says; None without one.
        values: The distinct values of the first band, where asked for; empty when there are too many.
    """

    geometry: dict[str, Any]
    bbox: list[float]
    epsg: int | None
    shape: list[int]
    transform: list[float]
    media_type: str
    period: Period | None
    values: list[int]


def read_chip(path: Path, *, with_values: bool = False) -> Chip:
    """What the GeoTIFF at ``path`` tells.

    Raises:
        InvalidArgument: It is no raster that can be read, or nothing in it says where it lies.
    """
    try:
        with rasterio.open(path) as raster:
            if raster.crs is None:
                raise InvalidArgument(f"{path} has no coordinate system, so its place is unknown.")
            geometry, bbox = _footprint(raster)
            return Chip(
                geometry=geometry,
                bbox=bbox,
                epsg=raster.crs.to_epsg(),
                shape=[raster.height, raster.width],
                transform=list(raster.transform)[:6],
                media_type=COG if raster.tags(ns="IMAGE_STRUCTURE").get("LAYOUT") == "COG" else GEOTIFF,
                period=_tagged_time(raster.tags().get("TIFFTAG_DATETIME")),
                values=_values(raster) if with_values else [],
            )
    except RasterioError as error:
        raise InvalidArgument(f"{path} cannot be read as a raster: {error}") from error


def _footprint(raster: Any) -> tuple[dict[str, Any], list[float]]:
    """The outline, counterclockwise as RFC 7946 wants it, and the box around it."""
    width, height = raster.width, raster.height
    a, b, c, d, e, f = list(raster.transform)[:6]
    corners = ((0, 0), (0, height), (width, height), (width, 0))
    xs = [a * column + b * row + c for column, row in corners]
    ys = [d * column + e * row + f for column, row in corners]
    longitudes, latitudes = transform_points(raster.crs, "EPSG:4326", xs, ys)[:2]
    lons = [round(lon, _DIGITS) for lon in longitudes]
    lats = [round(lat, _DIGITS) for lat in latitudes]
    if max(lons) - min(lons) > _HALF_TURN:
        return _across_the_180th_meridian(lons, lats)
    ring = [list(corner) for corner in zip(lons, lats, strict=True)]
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    return polygon, [min(lons), min(lats), max(lons), max(lats)]


def _across_the_180th_meridian(
    lons: Sequence[float], lats: Sequence[float]
) -> tuple[dict[str, Any], list[float]]:
    """Two boxes, one on each side: RFC 7946, section 3.1.9."""
    west, east = min(lon for lon in lons if lon > 0), max(lon for lon in lons if lon <= 0)
    south, north = min(lats), max(lats)
    rings = [_ring(west, south, _HALF_TURN, north), _ring(-_HALF_TURN, south, east, north)]
    return {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]}, [west, south, east, north]


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    return [[west, north], [west, south], [east, south], [east, north], [west, north]]


def _tagged_time(text: str | None) -> Period | None:
    """The TIFF tag ``DateTime``, ``YYYY:MM:DD HH:MM:SS``; None without one that can be read."""
    try:
        moment = datetime.strptime(text or "", "%Y:%m:%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return Period(moment, moment)


def _values(raster: Any) -> list[int]:
    band = raster.read(1)
    if band.dtype.kind not in "iu":
        return []
    found = sorted({int(value) for value in set(band.ravel().tolist())} - {raster.nodata})
    return found if len(found) <= _MOST_CLASSES else []
