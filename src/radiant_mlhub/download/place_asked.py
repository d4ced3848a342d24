"""The place that a download was asked for, checked."""

from collections.abc import Mapping
from typing import Any

from ..exceptions import InvalidArgument
from .places import Box, NoPlace, checked_box, checked_geometry

# Scripts match on this text; what is wrong follows it.
_NO_GEOMETRY = "intersects must be geojson with a geometry property"


def checked_bbox(value: Any) -> Box:
    """``value`` as a box.

    Raises:
        InvalidArgument: It is none.
    """
    try:
        return checked_box(value)
    except NoPlace as error:
        raise InvalidArgument(f"bbox {error}.") from error


def checked_intersects(value: Any) -> Mapping[str, Any]:
    """The GeoJSON geometry that is meant; a FeatureCollection becomes a GeometryCollection.

    Raises:
        InvalidArgument: There is none.
    """
    if not isinstance(value, Mapping):
        value = getattr(value, "__geo_interface__", value)
    if isinstance(value, str):
        raise InvalidArgument(f"{_NO_GEOMETRY}; it is a text: parse it with json.loads first.")
    try:
        geometry = _geometry_of(value)
        is_somewhere = checked_geometry(geometry)
        if is_somewhere:
            _check_with_shapely(geometry)
    except NoPlace as error:
        raise InvalidArgument(f"{_NO_GEOMETRY}; it {error}.") from error
    if not is_somewhere:
        raise InvalidArgument(f"{_NO_GEOMETRY}; its geometry is empty.")
    return geometry


def _geometry_of(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise NoPlace("is no GeoJSON object")
    if value.get("type") == "FeatureCollection":
        features = value.get("features")
        if not isinstance(features, list | tuple):
            raise NoPlace('is a FeatureCollection without "features"')
        geometries = [_geometry_of(feature) for feature in features if _has_geometry(feature)]
        return {"type": "GeometryCollection", "geometries": geometries}
    if value.get("type") == "Feature" or "geometry" in value:
        if not _has_geometry(value):
            raise NoPlace("is a Feature without a geometry")
        return _geometry_of(value["geometry"])
    return value


def _has_geometry(feature: Any) -> bool:
    return isinstance(feature, Mapping) and feature.get("geometry") is not None


def _check_with_shapely(geometry: Mapping[str, Any]) -> None:
    from .shapes import valid_shape  # noqa: PLC0415 - only a place filter pays for shapely

    valid_shape(geometry)
