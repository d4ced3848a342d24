"""Datasets, their archives and catalogs: one function an endpoint."""

import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..if_exists import DownloadIfExistsOpts
from ._endpoint import get_json, quoted_doi, quoted_id, texts
from .collection_archive import download_collection_archive

__all__ = [
    "download_archive",
    "download_collection_archive",
    "get_archive_info",
    "get_catalog_info",
    "get_collection_archive_info",
    "get_dataset",
    "get_dataset_by_doi",
    "get_dataset_by_id",
    "list_datasets",
]


def list_datasets(
    *,
    tags: str | Iterable[str] | None = None,
    text: str | Iterable[str] | None = None,
    api_key: str | None = None,
    profile: str | None = None,
) -> list[dict[str, Any]]:
    """The datasets of the hub, from ``GET /datasets``.

    Args:
        tags: A tag or several; only datasets that have them all.
        text: A phrase or several; only datasets whose texts contain every one of them.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        InvalidArgument: A tag or a phrase is no text, or empty. Before any request.
        RequestRefused: The hub answered 400 or more.
    """
    params = {"tags": texts(tags, "tags"), "text": texts(text, "text")}
    return get_json("datasets", list, params=params, api_key=api_key, profile=profile)


def get_dataset(
    dataset_id_or_doi: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """One dataset by its id or, where there is a ``/`` in it, by its DOI: one request.

    Args:
        dataset_id_or_doi: The dataset's id or DOI.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no such dataset.
        RequestRefused: It answered 400 or more otherwise.
    """
    get = get_dataset_by_doi if "/" in str(dataset_id_or_doi) else get_dataset_by_id
    return get(dataset_id_or_doi, api_key=api_key, profile=profile)


def get_dataset_by_id(
    dataset_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """One dataset, from ``GET /datasets/{dataset_id}``.

    Args:
        dataset_id: The dataset's id.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no dataset of that id.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"datasets/{quoted_id(dataset_id, 'dataset_id')}",
        dict,
        not_found=f'Dataset "{dataset_id}" does not exist.',
        api_key=api_key,
        profile=profile,
    )


def get_dataset_by_doi(
    dataset_doi: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """One dataset, from ``GET /datasets/doi/{dataset_doi}``.

    Args:
        dataset_doi: The dataset's DOI, such as ``10.6084/m9.figshare.12047478.v2``.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no dataset of that DOI.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"datasets/doi/{quoted_doi(dataset_doi)}",
        dict,
        not_found=f'Dataset with DOI "{dataset_doi}" does not exist.',
        api_key=api_key,
        profile=profile,
    )


def get_catalog_info(
    dataset_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """How large a dataset is, from ``GET /catalog/{dataset_id}/info``.

    Args:
        dataset_id: The dataset's id.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Returns:
        ``dataset``; ``stac_catalog_size``, bytes of the catalog archive; and
        ``estimated_dataset_size``, bytes of all assets.

    Raises:
        EntityDoesNotExist: The hub has no catalog of that dataset.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"catalog/{quoted_id(dataset_id, 'dataset_id')}/info",
        dict,
        not_found=f'Catalog "{dataset_id}" does not exist.',
        api_key=api_key,
        profile=profile,
    )


def get_collection_archive_info(
    archive_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """How large a collection's archive is, from ``GET /archive/{archive_id}/info``.

    Args:
        archive_id: Id of the archive, which is that of its collection.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Returns:
        ``collection``; ``dataset``; ``size``, bytes of the archive; and ``types``, the list of
        the collection's types.

    Raises:
        EntityDoesNotExist: The collection has no archive.
        RequestRefused: The hub answered 400 or more otherwise.
    """
    return get_json(
        f"archive/{quoted_id(archive_id, 'archive_id')}/info",
        dict,
        not_found=f'Archive "{archive_id}" does not exist.',
        api_key=api_key,
        profile=profile,
    )


def download_archive(
    archive_id: str,
    output_dir: Path | str | None = None,
    *,
    if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
    api_key: str | None = None,
    profile: str | None = None,
) -> Path:
    """The old name of ``download_collection_archive``."""
    _say_renamed("download_archive", "download_collection_archive")
    return download_collection_archive(
        archive_id, output_dir, if_exists=if_exists, api_key=api_key, profile=profile
    )


def get_archive_info(
    archive_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """The old name of ``get_collection_archive_info``."""
    _say_renamed("get_archive_info", "get_collection_archive_info")
    return get_collection_archive_info(archive_id, api_key=api_key, profile=profile)


def _say_renamed(old: str, new: str) -> None:
    text = f"radiant_mlhub.client.{old} is now radiant_mlhub.client.{new}."
    warnings.warn(text, DeprecationWarning, stacklevel=3)
