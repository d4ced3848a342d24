"""Footprints as shapes of shapely."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, box

from ..download.footprints import Footprint
from ..download.places import planar_boxes

Shapes = np.ndarray[Any, np.dtype[np.object_]]


def shapes_of(footprints: Sequence[Footprint]) -> Shapes:
    """The geometry of each, else its box, cut where that crosses the antimeridian; None without a place."""
    texts = np.array([each.geometry_json for each in footprints], dtype=object)
    shapes: Shapes = np.asarray(shapely.from_geojson(texts, on_invalid="ignore"), dtype=object).reshape(-1)
    for number, each in enumerate(footprints):
        if shapes[number] is None or shapes[number].is_empty:
            shapes[number] = _box_shape(each)
    return shapes


def _box_shape(footprint: Footprint) -> Any:
    found = footprint.box
    if found is None:
        return None
    parts = [box(*part) for part in planar_boxes(found)]
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
