"""From a folder of chips and a folder of labels to a catalog that can be published."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..dataset_ids import check_dataset_id
from . import splits as splits_of_places
from . import stac
from .files import chip_files, label_files
from .items import Making
from .labels import LabelFields
from .names import DATETIME_PATTERN, compiled, period_of
from .placing import How, Placing
from .stac import MadeCollection


@dataclass(frozen=True)
class MadeCatalog:
    """What was made.

    Attributes:
        folder: Where ``catalog.json`` lies.
        images: How many items of imagery.
        labels: How many items of labels.
        pairs: How many links lead from a label to a chip.
        without_images: Label files that no chip belongs to, by name.
        without_labels: Chips that no label belongs to, by name.
    """

    folder: Path
    images: int
    labels: int
    pairs: int
    without_images: list[str] = field(default_factory=list)
    without_labels: list[str] = field(default_factory=list)


def make_catalog(
    images: Path,
    labels: Path,
    output: Path,
    *,
    dataset_id: str,
    title: str | None = None,
    description: str | None = None,
    license: str = "other",  # noqa: A002 - STAC's name for it
    datetime_pattern: str = DATETIME_PATTERN,
    datetime: str | None = None,
    asset_pattern: str | None = None,
    label_names: Sequence[str] = (),
    class_names: Sequence[str] = (),
    tasks: Sequence[str] = (),
    label_description: str = "Labels",
    documentation: Path | None = None,
    splits: Mapping[str, float] | None = None,
    how: How = "copy",
) -> MadeCatalog:
    """Write a STAC catalog of chips and labels into ``output``.

    Two collections come of it, ``{dataset_id}_source`` and ``{dataset_id}_labels``. A label and
    a chip belong together when their names are equal but for the date and for words such as
    ``image`` and ``label``; where the label's name has a date of its own, it is the chip of that date.

    Args:
        images: Folder of GeoTIFFs; a ``.png`` or ``.jpg`` of the same name becomes the preview.
        labels: Folder of GeoJSON files, GeoTIFFs or both (of the same name, for one item).
        output: Folder to write into. Files that lie in it already stay where they are; others are
            brought in, since only what lies in the catalog's folder can be published.
        dataset_id: What the names of collections and items begin with.
        license: An SPDX identifier, or ``other``.
        datetime_pattern: Regular expression with the groups ``start`` and perhaps ``end``.
        datetime: For chips without a date in name or TIFF tag: ``2019-06-01`` or ``A/B``.
        asset_pattern: Regular expression whose first group is the asset key, where a file holds one
            band: ``_(B\\d\\w)$``.
        label_names: Properties of the GeoJSON features that are labels; empty: all of them.
        class_names: Names of the values of raster labels.
        tasks: ``classification``, ``segmentation``, ``detection``, ``regression``.
        documentation: A PDF, README or the like that every item points at.
        splits: Shares of ``train``, ``validation``, ``test``; each becomes a table of label items.
        how: ``copy`` or ``link`` (hard links) for what does not lie in ``output``.

    Raises:
        InvalidArgument: An id that no dataset can have, a folder without chips or labels, a file that
            cannot be read, a chip without place or time, a pattern or a share that makes no sense, a
            label that no feature has.
    """
    check_dataset_id(dataset_id)
    output.mkdir(parents=True, exist_ok=True)
    pattern = compiled(datetime_pattern)
    asset_keys = re.compile(asset_pattern) if asset_pattern else None
    making = Making(
        source=MadeCollection(f"{dataset_id}_source", description or f"Imagery of {dataset_id}", license),
        labels=MadeCollection(f"{dataset_id}_labels", description or f"Labels of {dataset_id}", license),
        placing=Placing(output, how),
        otherwise=period_of(datetime) if datetime else None,
        shares=splits_of_places.checked(splits or {}),
        label_fields=LabelFields(label_names, class_names, tasks, label_description),
    )
    chips = chip_files(images, pattern, asset_keys, besides=output)
    found_labels = label_files(labels, pattern, besides=output)
    making.read_labels(found_labels)
    making.place_shared(documentation, found_labels)
    for files in chips:
        making.add_chip(files)
    making.add_labels()
    stac.write(
        output / "catalog.json",
        stac.catalog(dataset_id, title, description or title or dataset_id, making.finish()),
    )
    return MadeCatalog(
        output,
        images=len(making.images()),
        labels=len(making.labels.item_ids),
        pairs=making.pairs,
        without_images=making.alone,
        without_labels=[item_id for item_id in making.images() if item_id not in making.paired],
    )
