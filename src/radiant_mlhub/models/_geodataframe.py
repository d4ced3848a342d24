"""Footprints as a table of geopandas."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..download.footprints import Footprint
from ..extras import needed
from ._shapes import shapes_of

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_TIMES = ("datetime", "start_datetime", "end_datetime")


def geodataframe(footprints: Sequence[Footprint]) -> GeoDataFrame:
    """A row each item.

    Raises:
        ExtraMissing: geopandas is not installed.
    """
    with needed("notebook", "to_geodataframe"):
        import geopandas  # noqa: PLC0415 - an extra's
        import pandas as pd  # noqa: PLC0415

    times = {
        name: pd.to_datetime(
            pd.Series([getattr(each, name) for each in footprints], dtype="object"),
            utc=True,
            format="ISO8601",
            errors="coerce",
        )
        for name in _TIMES
    }
    columns = {
        "collection": [each.collection_id for each in footprints],
        "id": [each.item_id for each in footprints],
        **times,
        "wanted": [each.is_wanted for each in footprints],
    }
    return geopandas.GeoDataFrame(columns, geometry=shapes_of(footprints), crs="EPSG:4326")
