"""The few items that a dataset's page shows: labels with the image that they were drawn on."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from ..drawing import Task
from ..queries import ItemQuery
from ..store import API_PATH, FILES_PATH, OWN_HREF, Json, Store, StoredFile

MOST_EXAMPLES = 6

_OWN_FILES = OWN_HREF + FILES_PATH.removeprefix("/")
_OWN_ITEMS = OWN_HREF + API_PATH.removeprefix("/")
_PICTURES = {"image/png", "image/jpeg", "image/webp"}
_MOST_PICTURE_BYTES = 4 << 20
_COLOURS = (("red", "b04", "b4"), ("green", "b03", "b3"), ("blue", "b02", "b2"))


@dataclass(frozen=True)
class Example:
    """What is shown of one place.

    Attributes:
        title: The item's id: of the labels, else of the image.
        bands: GeoTIFFs, see ``drawing.Task``.
        picture: One that was published with the image, shown where there are no bands to draw.
        polygons: Labels as GeoJSON.
        raster: Labels as a GeoTIFF.
        classes: Their names.
        properties: Where polygons hold their class.
    """

    title: str
    bbox: Sequence[float] | None = None
    bands: Sequence[Path] = ()
    picture: StoredFile | None = None
    polygons: Path | None = None
    raster: Path | None = None
    classes: Sequence[str] = ()
    properties: Sequence[str] = ()

    @property
    def has_labels(self) -> bool:
        """Whether something can lie over the image."""
        return bool(self.polygons or self.raster)

    def task(self, image_file: Path, labels_file: Path) -> Task:
        """How to draw it."""
        return Task(
            image_file=str(image_file),
            labels_file=str(labels_file),
            bands=[str(path) for path in self.bands],
            bbox=self.bbox,
            polygons=str(self.polygons) if self.polygons else None,
            raster=str(self.raster) if self.raster else None,
            classes=self.classes,
            properties=self.properties,
        )


def examples(store: Store, hub_folder: Path, dataset: Json) -> list[Example]:
    """The first labels of each collection, with their images; images alone where there are no labels.

    Items whose files lie elsewhere are left out: the hub fetches nothing.
    """
    finder = _Finder(store, hub_folder, dataset)
    return list(islice(finder.labelled(), MOST_EXAMPLES)) or list(islice(finder.images(), MOST_EXAMPLES))


@dataclass(frozen=True)
class _Finder:
    store: Store
    hub_folder: Path
    dataset: Json

    def labelled(self) -> Iterator[Example]:
        """Items of labels over the image that they speak of."""
        for item in self._items("labels"):
            image = self._image_of(item)
            shown = self._image(image) if image else None
            labels = self._labels(item)
            if image and shown and labels:
                yield Example(title=item["id"], bbox=_box(image), **shown, **labels)

    def images(self) -> Iterator[Example]:
        """Items of imagery."""
        for item in self._items("source_imagery"):
            shown = self._image(item)
            if shown:
                yield Example(title=item["id"], bbox=_box(item), **shown)

    def _items(self, kind: str) -> Iterator[Json]:
        """The first items of the collections of a kind, one of each in turn."""
        ids = self._collections(kind)[:MOST_EXAMPLES]
        pages = [self.store.items(ItemQuery(collections=[one], limit=MOST_EXAMPLES)).texts for one in ids]
        for place in range(MOST_EXAMPLES):
            yield from (json.loads(page[place][2]) for page in pages if place < len(page))

    def _collections(self, kind: str) -> list[str]:
        return [one["id"] for one in self.dataset["collections"] if kind in (one.get("types") or ())]

    def _image_of(self, labels: Json) -> Json | None:
        """The image that the labels name as their source, else one that lies where they lie."""
        for link in labels.get("links") or ():
            item = self._linked(link.get("href")) if link.get("rel") == "source" else None
            if item is not None:
                return item
        box = _box(labels)
        if box is None:
            return labels
        west, south, east, north = box
        middle = ((west + east) / 2, (south + north) / 2)
        query = ItemQuery(collections=self._collections("source_imagery"), bbox=(*middle, *middle), limit=1)
        found = self.store.items(query).texts if query.collections else ()
        return json.loads(found[0][2]) if found else labels

    def _linked(self, href: object) -> Json | None:
        path = str(href).partition(_OWN_ITEMS)[2].split("/")
        match [unquote(part) for part in path]:
            case ["collections", collection_id, "items", item_id]:
                text = self.store.item(collection_id, item_id)
                return json.loads(text) if text else None
        return None

    def _image(self, item: Json) -> Mapping[str, Any]:
        """What can be shown of an item of imagery; nothing when there is nothing."""
        own = dict(self._own_files(item))
        bands = _bands(
            {
                key: file
                for key, (asset, file) in own.items()
                if _is_geotiff(asset, file) and not _is_labels(asset)
            }
        )
        pictures = [
            file
            for asset, file in own.values()
            if asset.get("type") in _PICTURES and file.size <= _MOST_PICTURE_BYTES and not _is_labels(asset)
        ]
        shown = {"bands": [self._path(file) for file in bands], "picture": pictures[0] if pictures else None}
        return shown if any(shown.values()) else {}

    def _labels(self, item: Json) -> Mapping[str, Any]:
        """What can be drawn of an item of labels; nothing when there is nothing."""
        properties = item.get("properties") or {}
        told = {
            "classes": class_names(properties),
            "properties": [str(name) for name in properties.get("label:properties") or ()],
        }
        files = [(asset, file) for _, (asset, file) in self._own_files(item)]
        polygons = next((file for _, file in files if _is_geojson(file)), None)
        raster = next((file for asset, file in files if _is_geotiff(asset, file) and _is_labels(asset)), None)
        if polygons:
            return {"polygons": self._path(polygons), **told}
        return {"raster": self._path(raster), **told} if raster else {}

    def _own_files(self, item: Json) -> Iterator[tuple[str, tuple[Json, StoredFile]]]:
        """The item's assets that the hub itself holds, by their keys."""
        for key, asset in (item.get("assets") or {}).items():
            version, _, path = str(asset.get("href")).partition(_OWN_FILES)[2].partition("/")
            file = self.store.file(version, unquote(path)) if path else None
            if file is not None:
                yield key, (asset, file)

    def _path(self, file: StoredFile) -> Path:
        return self.hub_folder / file.location


def class_names(properties: Mapping[str, Any]) -> list[str]:
    """The classes of a label item's properties, as its legend lists them."""
    listed = [one for one in properties.get("label:classes") or () if isinstance(one, dict)]
    return list(dict.fromkeys(str(name) for one in listed for name in one.get("classes") or ()))


def _bands(rasters: Mapping[str, StoredFile]) -> list[StoredFile]:
    """Three files that are red, green and blue by their keys, else the first file."""
    by_name = {key.lower(): file for key, file in rasters.items()}
    colours = [next((by_name[name] for name in names if name in by_name), None) for names in _COLOURS]
    whole = [file for file in colours if file is not None]
    return whole if len(whole) == len(_COLOURS) else list(rasters.values())[:1]


def _is_geotiff(asset: Json, file: StoredFile) -> bool:
    return str(asset.get("type", "")).startswith("image/tiff") or file.path.lower().endswith(
        (".tif", ".tiff")
    )


def _is_geojson(file: StoredFile) -> bool:
    return file.path.lower().endswith((".geojson", ".json"))


def _is_labels(asset: Json) -> bool:
    return any(str(role).startswith("label") for role in asset.get("roles") or ())


def _box(item: Json) -> Sequence[float] | None:
    box = item.get("bbox") or ()
    return [*box[:2], *box[3:5]] if len(box) == 6 else (list(box) if len(box) == 4 else None)  # noqa: PLR2004


def legend(shown: Iterable[Example]) -> list[str]:
    """The classes of all examples, each once, in their order."""
    return list(dict.fromkeys(name for example in shown for name in example.classes))
