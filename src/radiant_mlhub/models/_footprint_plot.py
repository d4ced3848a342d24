"""Footprints drawn by matplotlib: where on a map, when on a line each collection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, radians
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from ..download.footprints import Footprint
from ..extras import needed
from ._shapes import Shapes, shapes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH_INCHES = 8.0
_MAP_INCHES = (2.5, 6.5)
_ROW_INCHES = 0.3
# Smaller ones than this share of the map would be less than a dot.
_SMALLEST_SHARE = 1 / 100
_SMALLEST_MAP_DEG = 0.02
_MARGIN = 0.08
# Collections often share their footprints: the first are drawn with wider lines, the last into them.
_WIDEST_LINE = 4.0
_LINE_STEP = 2.5
_FAINT = 0.3
_FILLED = 0.15
_LONGEST_NAME = 44

_LINE_STRING, _POLYGON = 1, 3  # shapely.GeometryType


class _Group(NamedTuple):
    """Items that are drawn alike.

    Attributes:
        row: Number of their collection.
        colour: That of their collection.
        is_wanted: Whether the filters of the last download left them in.
        members: A truth for every item.
    """

    row: int
    colour: str
    is_wanted: bool
    members: Any

    def rgba(self, share: float = 1.0) -> tuple[str, float]:
        """The colour, fainter where they were left out."""
        return self.colour, share if self.is_wanted else share * _FAINT


def plotted(title: str, footprints: Sequence[Footprint]) -> Axes:
    """The axes of the map, above those of the times.

    Raises:
        ExtraMissing: matplotlib is not installed.
    """
    with needed("notebook", "plot"):
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra's

    shapes = shapes_of(footprints)
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    box = _with_margin(bounds)
    names = list(dict.fromkeys(each.collection_id for each in footprints))
    groups = list(_groups(footprints, names))
    inches = (_map_inches(box), _ROW_INCHES * max(len(names), 2))
    _, (where, when) = plt.subplots(
        2, 1, figsize=(_WIDTH_INCHES, sum(inches) + 1.5), height_ratios=inches, layout="constrained"
    )
    _draw_map(where, box, groups, shapes, bounds)
    _draw_times(when, groups, footprints, names)
    where.set_title(f"{title}\n{_in_words(footprints, shapes)}", fontsize="medium")
    return where


def _groups(footprints: Sequence[Footprint], names: Sequence[str]) -> Iterator[_Group]:
    ids = np.array([each.collection_id for each in footprints], dtype=object)
    wanted = np.array([each.is_wanted for each in footprints], dtype=bool)
    for row, name in enumerate(names):
        for is_wanted in (False, True):
            yield _Group(row, f"C{row % 10}", is_wanted, (ids == name) & (wanted == is_wanted))


def _with_margin(bounds: Any) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the map; None where nothing has a place."""
    placed = bounds[~np.isnan(bounds[:, 0])]
    if not len(placed):
        return None
    west, south = map(float, placed[:, :2].min(axis=0))
    east, north = map(float, placed[:, 2:].max(axis=0))
    across = max((1 + 2 * _MARGIN) * (east - west), _SMALLEST_MAP_DEG) / 2
    down = max((1 + 2 * _MARGIN) * (north - south), _SMALLEST_MAP_DEG) / 2
    lon, lat = (west + east) / 2, (south + north) / 2
    return lon - across, lat - down, lon + across, lat + down


def _stretch(box: tuple[float, float, float, float]) -> float:
    """How much longer a degree of latitude is than one of longitude, in the middle of the map."""
    return 1 / max(cos(radians((box[1] + box[3]) / 2)), 0.1)


def _map_inches(box: tuple[float, float, float, float] | None) -> float:
    if box is None:
        return _MAP_INCHES[0]
    wanted = _WIDTH_INCHES * 0.85 * _stretch(box) * (box[3] - box[1]) / (box[2] - box[0])
    return float(np.clip(wanted, *_MAP_INCHES))


def _draw_map(
    axes: Axes,
    box: tuple[float, float, float, float] | None,
    groups: Sequence[_Group],
    shapes: Shapes,
    bounds: Any,
) -> None:
    axes.set(xlabel="longitude, degrees", ylabel="latitude, degrees")
    if box is None:
        _tell(axes, "no item says where it lies")
        return
    axes.set(xlim=box[::2], ylim=box[1::2], aspect=_stretch(box))
    axes.ticklabel_format(useOffset=False)
    sides = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    is_small = sides < _SMALLEST_SHARE * max(box[2] - box[0], box[3] - box[1])
    for group in groups:
        width = max(_WIDEST_LINE - _LINE_STEP * group.row, 1.0)
        _draw_shapes(axes, group, shapes[group.members], width)
        centres = shapely.get_coordinates(shapely.centroid(shapes[group.members & is_small]))
        x, y = centres.T
        axes.scatter(x, y, s=36, lw=width, marker="s", facecolors="none", edgecolors=group.rgba())


def _draw_shapes(axes: Axes, group: _Group, shapes: Shapes, width: float) -> None:
    from matplotlib.collections import LineCollection, PolyCollection  # noqa: PLC0415 - an extra's

    parts = shapely.get_parts(shapes)
    kinds = shapely.get_type_id(parts)
    rings = shapely.get_exterior_ring(parts[kinds == _POLYGON])
    lines = parts[kinds == _LINE_STRING]
    axes.add_collection(
        PolyCollection(
            [shapely.get_coordinates(ring) for ring in rings],
            facecolors=group.rgba(_FILLED),
            edgecolors=group.rgba(),
            linewidths=width,
        )
    )
    axes.add_collection(
        LineCollection(
            [shapely.get_coordinates(line) for line in lines], colors=group.rgba(), linewidths=width
        )
    )


def _draw_times(
    axes: Axes, groups: Sequence[_Group], footprints: Sequence[Footprint], names: Sequence[str]
) -> None:
    from matplotlib import dates  # noqa: PLC0415 - an extra's

    ends = np.array([_ends(each) for each in footprints], dtype=float).reshape(-1, 2)
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    for label, row in zip(axes.get_yticklabels(), range(len(names)), strict=True):
        label.set_color(f"C{row % 10}")
    axes.set_ylim(max(len(names), 2) - 0.5, -0.5)
    if np.isnan(ends).all():
        axes.set_xticks([])
        _tell(axes, "no item says when it was taken")
        return
    for group in groups:
        begins, stops = ends[group.members].T
        axes.hlines([group.row] * len(begins), begins, stops, colors=group.rgba())
        moments = np.unique(np.concatenate([begins, stops]))
        axes.scatter(moments, [group.row] * len(moments), s=80, marker="|", color=group.rgba())
    axes.xaxis_date(tz="UTC")
    locator = dates.AutoDateLocator(tz="UTC")
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator, tz="UTC"))


def _ends(footprint: Footprint) -> tuple[float, float]:
    """When it begins and ends, in days since 1970, as matplotlib counts; not a number without a time."""
    span = footprint.interval
    known = [end.timestamp() / 86_400 for end in (span.start, span.end) if end is not None] if span else []
    return (known[0], known[-1]) if known else (np.nan, np.nan)


def _tell(axes: Axes, words: str) -> None:
    axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center")


def _in_words(footprints: Sequence[Footprint], shapes: Shapes) -> str:
    left_out = sum(not each.is_wanted for each in footprints)
    nowhere = sum(shape is None for shape in shapes)
    told = [
        f"{len(footprints):,} item{'' if len(footprints) == 1 else 's'}",
        f"{left_out:,} left out by the last download's filters (fainter)" if left_out else "",
        f"{nowhere:,} without a place" if nowhere else "",
    ]
    return ", ".join(filter(None, told))


def _short(name: str) -> str:
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}...{name[-half:]}"
