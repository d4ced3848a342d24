"""The items and collections of a catalog as it is being made."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ... import layout
from ...exceptions import InvalidArgument
from . import splits as splits_of_places
from . import stac
from .chips import Chip, read_chip
from .files import PREVIEWS, ChipFiles, LabelFiles
from .labels import Classes, LabelFields, VectorLabels, label_properties, read_vector, refuse_unknown_names
from .names import Period
from .placing import Placing
from .stac import Json, MadeCollection

_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
}


@dataclass(frozen=True)
class _PlacedChip:
    item_id: str
    geometry: Json
    bbox: list[float]
    period: Period


@dataclass
class Making:
    """Writes items one after the other, and the collections in the end.

    Attributes:
        otherwise: The time of what has none of its own.
        shares: Of the splits.
        label_fields: What is said of labels that their files do not tell.
        read: The labels that were read, and ``classes`` what they were seen to hold.
        pairs: How many links lead from a label to a chip, until now.
        alone: The labels that no chip belongs to, by name.
    """

    source: MadeCollection
    labels: MadeCollection
    placing: Placing
    otherwise: Period | None
    shares: Mapping[str, float]
    label_fields: LabelFields
    shared: dict[str, Path] = field(default_factory=dict)
    split_files: dict[str, Path] = field(default_factory=dict)
    read: list[tuple[LabelFiles, VectorLabels | None, Chip | None]] = field(default_factory=list)
    classes: Classes = field(default_factory=Classes)
    chips: dict[str, list[_PlacedChip]] = field(default_factory=dict)
    paired: set[str] = field(default_factory=set)
    pairs: int = 0
    alone: list[str] = field(default_factory=list)

    def place_shared(self, documentation: Path | None, labels: Sequence[LabelFiles]) -> None:
        """The documents that every item points at, and the tables of the splits."""
        if documentation is not None:
            self.shared["documentation"] = self.placing.common_asset(documentation, "documentation")
        split_of = splits_of_places.split_of_places((label.name.place for label in labels), self.shares)
        for split in self.shares:
            path = self.placing.output / layout.dataset_common_path(f"{split}_split", ".csv")
            path.parent.mkdir(parents=True, exist_ok=True)
            ids = [self._label_id(label) for label in labels if split_of[label.name.place] == split]
            with path.open("w", encoding="utf-8", newline="") as table:
                csv.writer(table).writerows([("item_id",), *((item_id,) for item_id in ids)])
            self.split_files[f"{split}_split"] = path

    def add_chip(self, files: ChipFiles) -> None:
        """Write an item of imagery."""
        item_id = f"{self.source.collection_id}_{files.name.stem}"
        read = {key: read_chip(path) for key, path in files.rasters.items()}
        first = next(iter(read.values()))
        period = files.name.period or first.period or self.otherwise
        if period is None:
            raise InvalidArgument(
                f"{next(iter(files.rasters.values()))} has no date in its name and no TIFF tag DateTime. "
                "Name a pattern (--datetime-pattern) or the time of such chips (--datetime)."
            )
        assets = {
            key: self._asset(path, self.source, item_id, key, media_type=read[key].media_type, roles=["data"])
            for key, path in files.rasters.items()
        }
        if files.preview is not None:
            media_type = PREVIEWS[files.preview.suffix.lower()]
            assets["preview"] = self._asset(
                files.preview,
                self.source,
                item_id,
                "preview",
                media_type=media_type,
                roles=["overview", "thumbnail"],
            )
        placed = _PlacedChip(item_id, first.geometry, first.bbox, period)
        self.chips.setdefault(files.name.place, []).append(placed)
        self._write(
            self.source, placed, stac.projection(first), assets, extensions=[stac.PROJECTION_EXTENSION]
        )

    def read_labels(self, labels: Sequence[LabelFiles]) -> None:
        """Read all files of labels, since each item names every class; nothing is written.

        Raises:
            InvalidArgument: A file cannot be read, or no feature has a property that is to be a label.
        """
        self.read = [(files, *self._read(files)) for files in labels]
        refuse_unknown_names(self.label_fields.names, self.classes.by_property)

    def add_labels(self) -> None:
        """Write the items of the labels that were read."""
        for files, vector, raster in self.read:
            self._add_label(files, vector, raster)

    def finish(self) -> list[str]:
        """Write the collections; their ids."""
        for collection in (self.source, self.labels):
            stac.write(
                self.placing.output / collection.collection_id / "collection.json", collection.to_json()
            )
        return [self.source.collection_id, self.labels.collection_id]

    def images(self) -> list[str]:
        """The ids of the items of imagery."""
        return [chip.item_id for chips in self.chips.values() for chip in chips]

    def _read(self, files: LabelFiles) -> tuple[VectorLabels | None, Chip | None]:
        vector = read_vector(files.vector, self.classes) if files.vector else None
        raster = read_chip(files.raster, with_values=True) if files.raster else None
        self.classes.values.update(raster.values if raster else ())
        return vector, raster

    def _add_label(self, files: LabelFiles, vector: VectorLabels | None, raster: Chip | None) -> None:
        item_id = self._label_id(files)
        sources = self._sources(files)
        placed = self._place_and_time(files, item_id, sources, vector, raster)
        assets = {}
        if files.vector is not None:
            assets["labels"] = self._asset(
                files.vector,
                self.labels,
                item_id,
                "labels",
                media_type="application/geo+json",
                roles=["labels"],
            )
        if files.raster is not None and raster is not None:
            assets["raster_labels"] = self._asset(
                files.raster,
                self.labels,
                item_id,
                "raster_labels",
                media_type=raster.media_type,
                roles=["labels-raster"],
            )
        properties = label_properties(self.classes, self.label_fields, is_raster=files.vector is None)
        self._write(
            self.labels,
            placed,
            properties,
            assets,
            extensions=[stac.LABEL_EXTENSION],
            sources=[source.item_id for source in sources],
        )
        self.pairs += len(sources)
        self.paired.update(source.item_id for source in sources)
        if not sources:
            self.alone.append(files.name.stem)

    def _label_id(self, files: LabelFiles) -> str:
        return f"{self.labels.collection_id}_{files.name.stem}"

    def _sources(self, files: LabelFiles) -> list[_PlacedChip]:
        chips = self.chips.get(files.name.place, [])
        if files.name.period is None:
            return chips
        return [chip for chip in chips if chip.period == files.name.period] or chips

    def _place_and_time(
        self,
        files: LabelFiles,
        item_id: str,
        sources: Sequence[_PlacedChip],
        vector: VectorLabels | None,
        raster: Chip | None,
    ) -> _PlacedChip:
        period = files.name.period or _union(source.period for source in sources) or self.otherwise
        if period is None:
            raise InvalidArgument(
                f'The label "{files.name.stem}" has no date in its name and no chip. Rename it like its '
                "chip, or name the time of such labels (--datetime)."
            )
        if raster is not None:
            return _PlacedChip(item_id, raster.geometry, raster.bbox, period)
        if sources:
            return _PlacedChip(item_id, sources[0].geometry, sources[0].bbox, period)
        if vector is None or vector.bbox is None:
            raise InvalidArgument(f'Nothing says where the label "{files.name.stem}" lies.')
        return _PlacedChip(item_id, stac.box(vector.bbox), vector.bbox, period)

    def _asset(
        self, path: Path, into: MadeCollection, item_id: str, key: str, *, media_type: str, roles: list[str]
    ) -> Json:
        placed = self.placing.item_asset(path, into.collection_id, item_id, key)
        return {"href": self._href(placed, into, item_id), "type": media_type, "roles": roles}

    def _href(self, path: Path, collection: MadeCollection, item_id: str) -> str:
        """The way from an item's JSON file to ``path``."""
        folder = (self.placing.output.resolve() / layout.item_path(collection.collection_id, item_id)).parent
        return stac.relative_href(path.resolve(), folder)

    def _write(
        self,
        collection: MadeCollection,
        placed: _PlacedChip,
        properties: Json,
        assets: dict[str, Json],
        *,
        extensions: Sequence[str],
        sources: Sequence[str] = (),
    ) -> None:
        shared = self.shared if collection is self.source else {**self.shared, **self.split_files}
        for key, path in shared.items():
            media_type = _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
            href = self._href(path, collection, placed.item_id)
            assets[key] = {"href": href, "type": media_type, "roles": ["metadata"]}
        collection.add(placed.item_id, placed.bbox, placed.period)
        body = stac.item(
            placed.item_id,
            collection.collection_id,
            geometry=placed.geometry,
            bbox=placed.bbox,
            period=placed.period,
            properties=properties,
            assets=assets,
            extensions=extensions,
            sources=[(self.source.collection_id, source) for source in sources],
        )
        place = layout.item_path(collection.collection_id, placed.item_id)
        stac.write(self.placing.output / place, body)


def _union(periods: Iterable[Period]) -> Period | None:
    together = None
    for period in periods:
        together = period if together is None else together.union(period)
    return together
