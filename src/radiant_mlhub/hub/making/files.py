"""The files of a folder, sorted into chips with their assets, and labels."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...exceptions import InvalidArgument
from .names import FileName, taken_apart

RASTERS = frozenset({".tif", ".tiff"})
VECTORS = frozenset({".geojson", ".json"})
PREVIEWS: Mapping[str, str] = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg"}


@dataclass
class ChipFiles:
    """The files that become one item of imagery.

    Attributes:
        rasters: By asset key.
        preview: A picture of it; None without one.
    """

    name: FileName
    rasters: dict[str, Path] = field(default_factory=dict)
    preview: Path | None = None


@dataclass
class LabelFiles:
    """The files that become one item of labels."""

    name: FileName
    vector: Path | None = None
    raster: Path | None = None


def chip_files(
    folder: Path, pattern: re.Pattern[str], asset_pattern: re.Pattern[str] | None, *, besides: Path
) -> list[ChipFiles]:
    """The chips below ``folder`` in order of their names.

    Args:
        pattern: Finds dates.
        asset_pattern: Its first group is the asset key in the name of a file that holds one band of
            several; None: a file a chip, key ``image``.
        besides: The folder that is being made, which may lie in this one.

    Raises:
        InvalidArgument: There is none, or two files want to be the same asset.
    """
    chips: dict[str, ChipFiles] = {}
    previews: dict[str, Path] = {}
    for path in _files(folder, besides):
        suffix = path.suffix.lower()
        if suffix in PREVIEWS:
            previews[path.stem] = path
        elif suffix in RASTERS:
            stem, key = _asset_key(path.stem, asset_pattern)
            chip = chips.setdefault(stem, ChipFiles(taken_apart(stem, pattern)))
            if key in chip.rasters:
                raise InvalidArgument(f"{chip.rasters[key]} and {path} would both be {stem}'s {key}.")
            chip.rasters[key] = path
    if not chips:
        raise InvalidArgument(f"{folder} holds no GeoTIFF (.tif, .tiff).")
    for stem, chip in chips.items():
        chip.preview = previews.get(stem)
    return [chips[stem] for stem in sorted(chips)]


def label_files(folder: Path, pattern: re.Pattern[str], *, besides: Path) -> list[LabelFiles]:
    """The labels below ``folder`` in order of their names.

    Raises:
        InvalidArgument: There are none, or two files want to be the same asset.
    """
    labels: dict[str, LabelFiles] = {}
    for path in _files(folder, besides):
        kind = _kind(path)
        if kind is None:
            continue
        label = labels.setdefault(path.stem, LabelFiles(taken_apart(path.stem, pattern)))
        other = getattr(label, kind)
        if other is not None:
            raise InvalidArgument(f"{other} and {path} would both be the {kind} labels of {path.stem}.")
        setattr(label, kind, path)
    if not labels:
        raise InvalidArgument(f"{folder} holds no labels (.geojson, .json, .tif, .tiff).")
    return [labels[stem] for stem in sorted(labels)]


def _kind(path: Path) -> str | None:
    suffix = path.suffix.lower()
    if suffix in VECTORS:
        return "vector"
    return "raster" if suffix in RASTERS else None


def _files(folder: Path, besides: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InvalidArgument(f"There is no folder {folder}.")
    made = {besides / "catalog.json"} if folder.is_relative_to(besides) else {besides}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith(".") and made.isdisjoint([path, *path.parents]):
            yield path


def _asset_key(stem: str, pattern: re.Pattern[str] | None) -> tuple[str, str]:
    found = pattern.search(stem) if pattern else None
    if not found:
        return stem, "image"
    return (stem[: found.start()] + stem[found.end() :]).rstrip("_.-"), found[1]
