"""What a notebook shows of datasets, collections and models: what is known already, asked of nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any

import pystac

from ..html_cards import Html, card, facts, link, table, text
from ..masking import masked
from ..readable import readable_size

if TYPE_CHECKING:
    from ._collection_list import _CollectionList
    from .collection import Collection
    from .dataset import Dataset
    from .ml_model import MLModel

_DOI = "https://doi.org/"


def dataset_html(dataset: Dataset, known: Mapping[str, Any], collections: _CollectionList | None) -> str:
    """A dataset.

    Args:
        dataset: The dataset.
        known: What was asked about its catalog.
        collections: Its collections, where they were fetched.
    """
    sizes = {name: known.get(name) for name in ("stac_catalog_size", "estimated_dataset_size")}
    catalog, assets = (None if size is None else readable_size(size) for size in sizes.values())
    return card(
        "Dataset",
        dataset.title or dataset.id,
        facts(
            ("id", dataset.id),
            ("DOI", link(dataset.doi and f"{_DOI}{dataset.doi}", dataset.doi)),
            ("citation", dataset.citation),
            ("tags", ", ".join(map(str, dataset.tags))),
            ("page", link(dataset.registry_url)),
            ("documentation", link(dataset.documentation_link)),
            ("catalog", catalog),
            ("assets, about", assets),
        ),
        text(dataset.description),
        _described(dataset.collection_descriptions) if collections is None else _listed(collections),
    )


def collections_html(collections: _CollectionList) -> str:
    """The collections of a dataset, and why some of them are not there."""
    reasons = table(
        ("missing", "why"),
        ((name, masked(str(reason))) for name, reason in collections.missing.items()),
        total=len(collections.missing),
    )
    number = f"{len(collections)} collection{'' if len(collections) == 1 else 's'}"
    return card("of a dataset", number, _listed(collections), reasons)


def collection_html(collection: Collection) -> str:
    """A collection."""
    return card(
        "Collection",
        collection.title or collection.id,
        facts(
            ("id", collection.id),
            ("license", collection.license),
            ("place", "; ".join(_places(collection.extent))),
            ("time", "; ".join(_times(collection.extent))),
            ("keywords", ", ".join(collection.keywords or [])),
            ("providers", ", ".join(provider.name for provider in collection.providers or [])),
            ("citation", collection.extra_fields.get("sci:citation")),
            ("page", link(collection.registry_url)),
        ),
        text(collection.description),
        _assets(collection.assets),
    )


def model_html(model: MLModel) -> str:
    """A model."""
    told = ((name, _words(value)) for name, value in model.properties.items() if name != "description")
    return card(
        "MLModel",
        str(model.properties.get("title") or model.id),
        facts(("id", model.id), *((name, words) for name, words in told if name != "title")),
        text(str(model.properties.get("description") or "")),
        _assets(model.assets),
    )


def _described(descriptions: Iterable[Any]) -> Html:
    told = [each for each in descriptions if isinstance(each, Mapping)]
    rows = ((str(each.get("id")), _types(each.get("types"))) for each in told)
    return table(("collection", "holds"), rows, total=len(told))


def _types(types: Any) -> str:
    return ", ".join(map(str, types)) if isinstance(types, list) else ""


def _listed(collections: _CollectionList) -> Html:
    rows = (
        (each.id, each.title, _kinds(each, collections), "; ".join(_times(each.extent)), each.license)
        for each in collections
    )
    return table(("collection", "title", "holds", "time", "license"), rows, total=len(collections))


def _kinds(collection: Collection, collections: _CollectionList) -> str:
    kinds = (("source imagery", collections.source_imagery), ("labels", collections.labels))
    return ", ".join(kind for kind, those in kinds if any(collection is each for each in those))


def _places(extent: pystac.Extent) -> Iterator[str]:
    for box in extent.spatial.bboxes[:1]:
        half = len(box) // 2
        corners = [*box[:2], *box[half : half + 2]]
        if len(corners) == 4:  # noqa: PLR2004 - west, south, east, north
            west, south, east, north = (f"{degrees:g}°" for degrees in corners)
            yield f"{west} to {east} east, {south} to {north} north"


def _times(extent: pystac.Extent) -> Iterator[str]:
    for interval in extent.temporal.intervals[:1]:
        ends = ["..." if end is None else f"{end:%Y-%m-%d}" for end in interval]
        if any(end is not None for end in interval):
            yield " to ".join(dict.fromkeys(ends))


def _assets(assets: Mapping[str, pystac.Asset]) -> Html:
    rows = (
        (key, asset.title, asset.media_type, link(masked(asset.href), _name(asset.href)))
        for key, asset in assets.items()
    )
    return table(("asset", "title", "type", "file"), rows, total=len(assets))


def _name(href: str) -> str:
    return masked(href.partition("?")[0].rstrip("/").rpartition("/")[2] or href)


def _words(value: Any) -> str:
    """A value of JSON on one line."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    if isinstance(value, Mapping):
        return ", ".join(chain(f"{name}: {_words(each)}" for name, each in value.items()))
    return "" if value is None else str(value)
