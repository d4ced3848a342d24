"""What label files tell: properties, classes, and what the label extension wants said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import msgspec

from ...exceptions import InvalidArgument

MOST_CLASSES = 256
"""A property of more different values than this is a number or a name, not a class."""

_SHOWN = 10


class _Feature(msgspec.Struct):
    geometry: dict[str, Any] | None = None
    properties: dict[str, Any] | None = None


class _FeatureCollection(msgspec.Struct, tag_field="type", tag="FeatureCollection"):
    features: list[_Feature]


@dataclass
class Classes:
    """The values that label files were seen to hold, over all of them.

    Attributes:
        by_property: The values of each property of vector labels.
        values: Those of raster labels.
    """

    by_property: dict[str, set[str | int | float]] = field(default_factory=dict)
    values: set[int] = field(default_factory=set)

    def add(self, properties: Mapping[str, Any]) -> None:
        """Take note of one feature."""
        for name, value in properties.items():
            seen = self.by_property.setdefault(name, set())
            if isinstance(value, str | int | float) and len(seen) <= MOST_CLASSES:
                seen.add(value)


@dataclass(frozen=True)
class VectorLabels:
    """A GeoJSON file.

    Attributes:
        bbox: Around all its features; None when there are none.
    """

    bbox: list[float] | None
    features: int


def read_vector(path: Path, classes: Classes) -> VectorLabels:
    """What the GeoJSON at ``path`` holds; its properties' values go to ``classes``.

    Raises:
        InvalidArgument: It is no GeoJSON FeatureCollection.
    """
    try:
        collection = msgspec.json.decode(path.read_bytes(), type=_FeatureCollection)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{path} is no GeoJSON FeatureCollection: {error}") from error
    corners: list[Sequence[float]] = []
    for feature in collection.features:
        classes.add(feature.properties or {})
        corners.extend(_positions((feature.geometry or {}).get("coordinates", [])))
    if not corners:
        return VectorLabels(None, len(collection.features))
    lons, lats = [corner[0] for corner in corners], [corner[1] for corner in corners]
    return VectorLabels([min(lons), min(lats), max(lons), max(lats)], len(collection.features))


def _positions(coordinates: Any) -> list[Sequence[float]]:
    if coordinates and isinstance(coordinates[0], int | float):
        return [coordinates]
    return [position for part in coordinates for position in _positions(part)]


@dataclass(frozen=True)
class LabelFields:
    """What is said of labels that their files do not tell.

    Attributes:
        names: The properties of features that are labels; empty: all that are there.
        class_names: Names of the values of raster labels, from the lowest; empty: the values.
        tasks: What the labels are for; empty: classification, or segmentation for rasters.
        description: How the labels were made.
    """

    names: Sequence[str]
    class_names: Sequence[str]
    tasks: Sequence[str]
    description: str


def refuse_unknown_names(names: Sequence[str], known: Collection[str]) -> None:
    """Nothing, where each of ``names`` is a property of some feature.

    Args:
        known: The properties that features were seen to have.

    Raises:
        InvalidArgument: One is not; the nearest of ``known`` is told.
    """
    for name in names:
        if name not in known:
            raise InvalidArgument(
                f'No feature of the labels has the property "{name}". {_instead(name, known)}'
            )


def _instead(name: str, known: Collection[str]) -> str:
    if not known:
        return "They have none at all."
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.casefold(), folded, n=1)
    if near:
        return f'Did you mean "{folded[near[0]]}"?'
    shown = ", ".join(f'"{each}"' for each in sorted(known)[:_SHOWN])
    return f"They have: {shown}{', ...' if len(known) > _SHOWN else '.'}"


def label_properties(classes: Classes, fields: LabelFields, *, is_raster: bool) -> dict[str, Any]:
    """The fields of the label extension for an item whose labels are a raster alone, or vectors.

    Source: https://github.com/stac-extensions/label, version 1.0.
    """
    told: dict[str, Any] = {
        "label:type": "raster" if is_raster else "vector",
        "label:description": fields.description,
        "label:tasks": list(fields.tasks) or ["segmentation" if is_raster else "classification"],
    }
    if is_raster:
        named: list[str] | list[int] = list(fields.class_names) or sorted(classes.values)
        return {
            **told,
            "label:properties": None,
            "label:classes": [{"name": None, "classes": named}] if named else [],
        }
    names = list(fields.names) or sorted(classes.by_property)
    found = {name: classes.by_property.get(name, set()) for name in names}
    return {
        **told,
        "label:properties": names,
        "label:classes": [
            {"name": name, "classes": sorted(values, key=lambda value: (isinstance(value, str), value))}
            for name, values in found.items()
            if 0 < len(values) <= MOST_CLASSES
        ],
    }
