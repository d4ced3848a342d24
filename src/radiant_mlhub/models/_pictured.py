"""A dataset's footprints, drawn and as a table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .. import layout
from ..download.footprints import Footprint, footprints_of, recorded_footprints
from ..download.options import checked_folder
from ._searched import Searched

if TYPE_CHECKING:
    import geopandas
    from matplotlib.axes import Axes

    from ._map_page import MapPage


class Pictured(Searched):
    """What ``Dataset`` shows of its items' places and times.

    They come from the manifest of a download where there is one in ``output_dir``, asking nobody;
    else all items of the catalog are read, from wherever the dataset is.
    """

    title: str | None

    def plot(self, output_dir: Path | str | None = None) -> Axes:
        """Draw where the items lie, and when they were taken, a colour each collection.

        Items that the filters of the last download left out are drawn fainter.

        Args:
            output_dir: The folder that ``download`` was given (``asset_output_dir``, where it was
                given); None for the working directory. Without a download there, the catalog is read.

        Returns:
            The axes of the map; its ``.figure`` is the whole picture.

        Raises:
            ExtraMissing: matplotlib is not installed (an ``ImportError``).
            MLHubException: The catalog cannot be had or read, and why.
        """
        from ._footprint_plot import plotted  # noqa: PLC0415 - matplotlib is an extra's

        return plotted(self.title or self.id, self._footprints(output_dir))

    def explore(self, output_dir: Path | str | None = None) -> MapPage:
        """A map of the items to move and zoom, which a notebook shows; the internet is not needed.

        Args:
            output_dir: As in ``plot``.

        Returns:
            The map; ``.save(path)`` writes it as a page of its own.

        Raises:
            MLHubException: The catalog cannot be had or read, and why.
        """
        from ._map_page import MapPage  # noqa: PLC0415 - for notebooks alone

        return MapPage(self.title or self.id, self._footprints(output_dir))

    def to_geodataframe(self, output_dir: Path | str | None = None) -> geopandas.GeoDataFrame:
        """A row each item: ``collection``, ``id``, times in UTC, ``wanted`` and ``geometry`` (EPSG:4326).

        ``wanted`` is False for items that the filters of the last download left out.

        Args:
            output_dir: As in ``plot``.

        Raises:
            ExtraMissing: geopandas is not installed (an ``ImportError``).
            MLHubException: The catalog cannot be had or read, and why.
        """
        from ._geodataframe import geodataframe  # noqa: PLC0415 - geopandas is an extra's

        return geodataframe(self._footprints(output_dir))

    def _footprints(self, output_dir: Path | str | None) -> list[Footprint]:
        folder = checked_folder("output_dir", Path.cwd() if output_dir is None else output_dir)
        recorded = recorded_footprints(layout.manifest_file(layout.asset_dir(folder, self.id)))
        return list(footprints_of(self.search())) if recorded is None else recorded
