"""Low-level functions for the hub's endpoints, and the downloaders behind the models."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .collections import get_collection, get_collection_item, list_collection_items, list_collections
from .datasets import (
    download_archive as download_archive,
)
from .datasets import (
    download_collection_archive,
    get_catalog_info,
    get_collection_archive_info,
    get_dataset,
    get_dataset_by_doi,
    get_dataset_by_id,
    list_datasets,
)
from .datasets import (
    get_archive_info as get_archive_info,
)
from .ml_models import get_model_by_id, list_models

if TYPE_CHECKING:
    from .catalog_downloader import CatalogDownloader, CatalogDownloaderConfig

__all__ = [
    "CatalogDownloader",
    "CatalogDownloaderConfig",
    "download_collection_archive",
    "get_catalog_info",
    "get_collection",
    "get_collection_archive_info",
    "get_collection_item",
    "get_dataset",
    "get_dataset_by_doi",
    "get_dataset_by_id",
    "get_model_by_id",
    "list_collection_items",
    "list_collections",
    "list_datasets",
    "list_models",
]

_MODULES = frozenset({"catalog_downloader", "datetime_utils", "resumable_downloader"})


def __getattr__(name: str) -> Any:
    """The downloaders, loaded on first use: listing datasets needs neither pydantic nor SQLite."""
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in {"CatalogDownloader", "CatalogDownloaderConfig"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(".catalog_downloader", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
