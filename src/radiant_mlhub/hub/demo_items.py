"""The demo's files on disk, and an item or an asset for each."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import demo_chips, demo_stac
from .demo_chips import BANDS, CROPS, Place
from .demo_pdf import one_page_pdf
from .holdings import Json

DATASET_ID = "demo_crops"
SOURCE_ID = f"{DATASET_ID}_source"
LABELS_ID = f"{DATASET_ID}_labels"
MODEL_ID = "demo_crop_classifier_v1"
MODELS_ID = "demo_crop_classifier"

DAYS = ("2019-06-06", "2019-08-05", "2019-10-04")
"""From the greenest to the driest."""

DESCRIPTION = (
    "Four places, three days, four bands of 64 x 64 pixels, and the crop of every field. "
    "The pictures are drawn from a seed: no satellite has seen these fields."
)

_GEOTIFF = "image/tiff; application=geotiff"
_PASSES_AT = "T08:00:00Z"


@dataclass(frozen=True)
class ItemWriter:
    """Writes files below ``folder`` and gives the STAC objects about them.

    Attributes:
        folder: Where the files go.
        base_url: The address of ``folder``, ending in a slash.
        rng: Where the noise in the pictures comes from.
    """

    folder: Path
    base_url: str
    rng: np.random.Generator

    def source_item(self, place: Place, day: str) -> Json:
        """A chip of ``place``, with its preview."""
        name = f"{place.name}_{day.replace('-', '')}"
        pixels = demo_chips.chip(place, dryness=DAYS.index(day) / (len(DAYS) - 1), rng=self.rng)
        image = self._new_file(f"source/{name}.tif")
        demo_chips.write_geotiff(image, place, pixels, BANDS)
        preview = self._new_file(f"source/{name}.png")
        demo_chips.write_preview(preview, place, pixels)
        return demo_stac.item(
            f"{SOURCE_ID}_{name}",
            SOURCE_ID,
            bbox=place.bbox,
            properties={"datetime": f"{day}{_PASSES_AT}"},
            assets={
                "image": self._asset(image, _GEOTIFF, "data", with_checksum=True),
                "preview": self._asset(preview, "image/png", "overview"),
                "documentation": self.documentation(),
            },
            extensions=[demo_stac.FILE_EXTENSION],
        )

    def label_item(self, place: Place) -> Json:
        """The fields of ``place`` and their crops, as polygons and as a raster."""
        polygons = self._new_file(f"labels/{place.name}.geojson")
        polygons.write_text(json.dumps(demo_chips.crop_polygons(place)), encoding="utf-8")
        raster = self._new_file(f"labels/{place.name}.tif")
        demo_chips.write_geotiff(raster, place, demo_chips.crop_raster(place), ["crop"])
        return demo_stac.item(
            f"{LABELS_ID}_{place.name}",
            LABELS_ID,
            bbox=place.bbox,
            properties=_label_properties(),
            assets={
                "labels": self._asset(polygons, "application/geo+json", "labels", with_size=True),
                "raster_labels": self._asset(raster, _GEOTIFF, "labels-raster", with_checksum=True),
                "documentation": self.documentation(),
            },
            extensions=[demo_stac.FILE_EXTENSION, demo_stac.LABEL_EXTENSION],
        )

    def documentation(self) -> Json:
        """The one PDF that every item of the dataset points at."""
        path = self._new_file("documentation.pdf")
        path.write_bytes(one_page_pdf(["Demo Crops", "", *DESCRIPTION.split(": "), *map(_numbered, CROPS)]))
        return self._asset(path, "application/pdf", "metadata", with_size=True)

    def classes(self) -> Json:
        """A table of the crops' numbers in the label rasters: an asset of the whole collection."""
        path = self._new_file("labels/classes.csv")
        with path.open("w", encoding="utf-8", newline="") as table:
            csv.writer(table).writerows([("number", "crop"), *enumerate(CROPS, start=1)])
        return self._asset(path, "text/csv", "metadata", with_size=True)

    def model_item(self, places: Sequence[Place]) -> Json:
        """A nearest-centroid classifier of the demo's pixels: the simplest thing that is a model."""
        checkpoint = self._new_file("model/centroids.npy")
        np.save(checkpoint, _centroids(places, self.rng))
        runtime = self._new_file("model/inferencing.yml")
        runtime.write_text(f"model: {MODEL_ID}\nclasses: [{', '.join(CROPS)}]\n", encoding="utf-8")
        return demo_stac.item(
            MODEL_ID,
            MODELS_ID,
            bbox=demo_stac.enclosing_box(place.bbox for place in places),
            properties=_model_properties(),
            assets={
                "inferencing-compose": self._asset(runtime, "text/x-yaml", "ml-model:inference-runtime"),
                "inferencing-checkpoint": self._asset(
                    checkpoint, "application/octet-stream", "ml-model:checkpoint", with_checksum=True
                ),
            },
            extensions=[demo_stac.FILE_EXTENSION, demo_stac.ML_MODEL_EXTENSION],
        )

    def _new_file(self, name: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _asset(
        self, path: Path, media_type: str, role: str, *, with_size: bool = False, with_checksum: bool = False
    ) -> Json:
        """An asset that names size and digest only where asked: catalogs differ in that, too."""
        known = demo_stac.file_fields(path, with_checksum=with_checksum) if with_size or with_checksum else {}
        href = self.base_url + path.relative_to(self.folder).as_posix()
        return demo_stac.asset(href, media_type, [role], **known)


def _numbered(crop: str) -> str:
    return f"{CROPS.index(crop) + 1}: {crop}"


def _label_properties() -> Json:
    return {
        "datetime": None,
        "start_datetime": f"{DAYS[0]}{_PASSES_AT}",
        "end_datetime": f"{DAYS[-1]}{_PASSES_AT}",
        "label:type": "vector",
        "label:tasks": ["classification"],
        "label:properties": ["crop"],
        "label:classes": [{"name": "crop", "classes": list(CROPS)}],
        "label:description": "The crop of every field",
    }


def _model_properties() -> Json:
    return {
        "title": "Demo Crop Classifier",
        "description": "The mean colour of each crop; a pixel belongs to the nearest.",
        "license": demo_stac.LICENSE,
        "datetime": None,
        "start_datetime": f"{DAYS[0]}{_PASSES_AT}",
        "end_datetime": f"{DAYS[-1]}{_PASSES_AT}",
        "ml-model:type": "ml-model",
        "ml-model:architecture": "nearest centroid",
        "ml-model:learning_approach": "supervised",
        "ml-model:prediction_type": "classification",
    }


def _centroids(
    places: Sequence[Place], rng: np.random.Generator
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """The mean of each crop's pixels (rows as in ``CROPS``, columns as in ``BANDS``)."""
    chips = np.stack([demo_chips.chip(place, dryness=0.0, rng=rng) for place in places])
    crops = np.stack([demo_chips.crop_raster(place)[0] for place in places])
    bands_last = np.moveaxis(chips, 1, -1)
    return np.stack(
        [bands_last[crops == number + 1].mean(axis=0) for number in range(len(CROPS))], dtype=np.float32
    )
