"""The demo's dataset and model: files on disk, and what a hub tells about them.

Everything comes from a seed, so that two runs serve the same bytes. It is made up and says
so; its shape is that of MLHub's datasets: imagery and labels in a collection each, one
document that every item points at, a catalog archive, a collection archive.
"""

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from radiant_mlhub import layout

from . import demo_chips, demo_stac
from .demo_items import DATASET_ID, DAYS, DESCRIPTION, LABELS_ID, MODEL_ID, MODELS_ID, SOURCE_ID, ItemWriter
from .holdings import API_PATH, FILES_PATH, Holdings, Json

TITLE = "Demo Crops: Generated Fields in Kenya and Mali"
# 10.5072 is the prefix that DataCite sets aside for tests: it names nothing real.
DOI = "10.5072/demo-crops"

_CORNERS: Mapping[str, tuple[float, float]] = {
    "kenya_01": (34.20, 0.58),
    "kenya_02": (34.35, 0.44),
    "mali_01": (-6.30, 12.90),
    "mali_02": (-6.18, 12.78),
}
"""The north-western corner of each place: longitude, latitude."""

_DATASET_FOLDER = "demo-crops"
"""Its name differs from the dataset's id, as it did on MLHub: hrefs say nothing about ids."""


def write_demo_data(files: Path, origin: str, *, seed: int = 2019) -> Holdings:
    """Everything a hub at ``origin`` needs to serve the demo.

    Args:
        files: The folder to write into; what lies in it is served under ``/files/``.
        origin: Scheme, host and port (``http://127.0.0.1:8017``): hrefs are absolute.
        seed: Another seed draws other fields of the same shape.
    """
    base_url = origin + FILES_PATH
    rng = np.random.default_rng(seed)
    places = [demo_chips.place(name, *corner, rng) for name, corner in _CORNERS.items()]
    writer = ItemWriter(files / _DATASET_FOLDER, f"{base_url}{_DATASET_FOLDER}/", rng)
    dataset = _Dataset(
        source_items=[writer.source_item(place, day) for place in places for day in DAYS],
        label_items=[writer.label_item(place) for place in places],
        classes=writer.classes(),
    )
    model = writer.model_item(places)
    _write_tar_gz(files / "catalogs" / f"{DATASET_ID}.tar.gz", dataset.catalog_members())
    _write_tar_gz(files / "archives" / f"{LABELS_ID}.tar.gz", dataset.archive_members(files, base_url))
    return _holdings(dataset, model, files, origin)


@dataclass(frozen=True)
class _Dataset:
    """The dataset's STAC objects, without links, and the ways they are packed."""

    source_items: Sequence[Json]
    label_items: Sequence[Json]
    classes: Json

    def collections(self) -> list[Json]:
        return [
            demo_stac.collection(
                SOURCE_ID, "Imagery: one item a place and day", self.source_items, assets={}
            ),
            demo_stac.collection(
                LABELS_ID,
                "Crops: one item a place",
                self.label_items,
                assets={"classes": self.classes},
            ),
        ]

    def items(self) -> Iterator[tuple[Json, list[Json]]]:
        """Each item, and the imagery it speaks of when it is a label."""
        for item in self.source_items:
            yield item, []
        for item in self.label_items:
            yield item, [source for source in self.source_items if source["bbox"] == item["bbox"]]

    def catalog_members(self) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file of the catalog archive."""
        collections = self.collections()
        catalog = demo_stac.archived_catalog(DATASET_ID, TITLE, collections)
        yield f"{DATASET_ID}/catalog.json", _json_bytes(catalog)
        for collection in collections:
            items = self.source_items if collection["id"] == SOURCE_ID else self.label_items
            archived = demo_stac.archived_collection(collection, items)
            yield f"{DATASET_ID}/{collection['id']}/collection.json", _json_bytes(archived)
        for item, sources in self.items():
            archived = demo_stac.archived_item(item, sources=sources)
            yield f"{DATASET_ID}/{item['collection']}/{item['id']}/{item['id']}.json", _json_bytes(archived)

    def archive_members(self, files: Path, base_url: str) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file of the label collection's archive: its assets."""
        for key, asset in self.classes_and_documentation().items():
            yield f"{LABELS_ID}/{key}", _served_file(files, base_url, asset).read_bytes()
        for item in self.label_items:
            for key in ("labels", "raster_labels"):
                path = _served_file(files, base_url, item["assets"][key])
                name = layout.item_asset_path(LABELS_ID, item["id"], key, path.suffix)
                yield name, path.read_bytes()

    def classes_and_documentation(self) -> dict[str, Json]:
        documentation = self.label_items[0]["assets"]["documentation"]
        return {"classes.csv": self.classes, "_common/documentation.pdf": documentation}

    def size_bytes(self, files: Path, base_url: str) -> int:
        """How much its assets take on disk, each file counted once."""
        items = [*self.source_items, *self.label_items]
        assets = [self.classes, *(asset for item in items for asset in item["assets"].values())]
        paths = {_served_file(files, base_url, asset) for asset in assets}
        return sum(path.stat().st_size for path in paths)


def _holdings(dataset: _Dataset, model: Json, files: Path, origin: str) -> Holdings:
    api_root = origin + API_PATH
    models = demo_stac.collection(MODELS_ID, "Classifiers of demo crops", [model], assets={})
    collections = [demo_stac.served_collection(each, api_root) for each in [*dataset.collections(), models]]
    items: dict[str, list[Json]] = {SOURCE_ID: [], LABELS_ID: []}
    for item, sources in dataset.items():
        items[item["collection"]].append(demo_stac.served_item(item, api_root, sources=sources))
    served_model = demo_stac.served_item(model, api_root)
    return Holdings(
        datasets={DATASET_ID: _dataset_answer(dataset, origin)},
        collections={collection["id"]: collection for collection in collections},
        items={
            **{id_: sorted(each, key=lambda item: item["id"]) for id_, each in items.items()},
            MODELS_ID: [served_model],
        },
        models={MODEL_ID: served_model},
        catalogs={DATASET_ID: _catalog_info(dataset, files, origin)},
        archives={LABELS_ID: _archive_info(files)},
    )


def _dataset_answer(dataset: _Dataset, origin: str) -> Json:
    west, south, east, north = demo_stac.enclosing_box(
        collection["extent"]["spatial"]["bbox"][0] for collection in dataset.collections()
    )
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "id": DATASET_ID,
        "bbox": {"type": "MultiPolygon", "coordinates": [[ring]]},
        "citation": f"The radiant_mlhub contributors: {TITLE}",
        "collections": [
            {"id": SOURCE_ID, "types": ["source_imagery"], "license": demo_stac.LICENSE},
            {"id": LABELS_ID, "types": ["labels"], "license": demo_stac.LICENSE},
        ],
        "creator_contact": {"creator": "The radiant_mlhub contributors", "contact": None},
        "date_added": f"{DAYS[-1]}T00:00:00+00:00",
        "date_modified": f"{DAYS[-1]}T00:00:00+00:00",
        "description": DESCRIPTION,
        "documentation_link": dataset.label_items[0]["assets"]["documentation"]["href"],
        "doi": DOI,
        "publications": None,
        "registry": f"{origin}{API_PATH}datasets/{DATASET_ID}",
        "status": "ready",
        "tags": ["crops", "demo", "generated"],
        "title": TITLE,
        "tools_applications": None,
        "tutorials": None,
    }


def _catalog_info(dataset: _Dataset, files: Path, origin: str) -> Json:
    return {
        "dataset": DATASET_ID,
        "stac_catalog_size": (files / "catalogs" / f"{DATASET_ID}.tar.gz").stat().st_size,
        "estimated_dataset_size": dataset.size_bytes(files, origin + FILES_PATH),
    }


def _archive_info(files: Path) -> Json:
    size_bytes = (files / "archives" / f"{LABELS_ID}.tar.gz").stat().st_size
    return {"collection": LABELS_ID, "dataset": DATASET_ID, "size": size_bytes, "types": ["labels"]}


def _served_file(files: Path, base_url: str, asset: Json) -> Path:
    """Where the file lies that ``asset`` points at."""
    name: str = asset["href"].removeprefix(base_url)
    return files / name


def _json_bytes(body: Json) -> bytes:
    return json.dumps(body, indent=2).encode("utf-8")


def _write_tar_gz(path: Path, members: Iterable[tuple[str, bytes]]) -> None:
    """A tar.gz without owners or times, so that the same members give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
