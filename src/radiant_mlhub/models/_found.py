"""The ways to a dataset: a hub's list, its id, its DOI, or a STAC source."""

from __future__ import annotations

import builtins
import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from .. import client
from ._answers import made, made_of_each
from ._dataset_answer import _DatasetAnswer

if TYPE_CHECKING:
    from .dataset import Dataset


class Found(_DatasetAnswer):
    """How a ``Dataset`` is come by."""

    @classmethod
    def list(
        cls,
        *,
        tags: str | Iterable[str] | None = None,
        text: str | Iterable[str] | None = None,
        api_key: str | None = None,
        profile: str | None = None,
    ) -> builtins.list[Self]:
        """The datasets of the hub; those it describes wrongly are left out with a warning.

        Args:
            tags: A tag or several; only datasets that have them all.
            text: A phrase or several; only datasets whose texts contain every one of them.
            api_key: Key for this request and for later calls on the datasets.
            profile: Profile for this request and for later calls on the datasets.

        Raises:
            RequestRefused: The hub answered 400 or more.
        """
        answers = client.list_datasets(tags=tags, text=text, api_key=api_key, profile=profile)
        return made_of_each(partial(cls.from_dict, api_key=api_key, profile=profile), answers, "Dataset")

    @classmethod
    def fetch(cls, dataset_id_or_doi: str, *, api_key: str | None = None, profile: str | None = None) -> Self:
        """The dataset of one id or, where there is a ``/`` in it, of one DOI.

        Args:
            dataset_id_or_doi: The dataset's id or DOI.
            api_key: Key for this request and for later calls on the dataset.
            profile: Profile for this request and for later calls on the dataset.

        Raises:
            EntityDoesNotExist: The hub has no such dataset.
            RequestRefused: It answered 400 or more otherwise.
        """
        answer = client.get_dataset(dataset_id_or_doi, api_key=api_key, profile=profile)
        return cls._fetched(answer, dataset_id_or_doi, api_key, profile)

    @classmethod
    def fetch_by_id(cls, dataset_id: str, *, api_key: str | None = None, profile: str | None = None) -> Self:
        """The dataset of one id; see ``fetch``."""
        answer = client.get_dataset_by_id(dataset_id, api_key=api_key, profile=profile)
        return cls._fetched(answer, dataset_id, api_key, profile)

    @classmethod
    def fetch_by_doi(
        cls, dataset_doi: str, *, api_key: str | None = None, profile: str | None = None
    ) -> Self:
        """The dataset of one DOI; see ``fetch``."""
        answer = client.get_dataset_by_doi(dataset_doi, api_key=api_key, profile=profile)
        return cls._fetched(answer, dataset_doi, api_key, profile)

    @classmethod
    def from_stac(
        cls,
        location: str | os.PathLike[str],
        *,
        id: str | None = None,  # noqa: A002 - as the attribute is called
        collections: Sequence[str] | None = None,
        api_key: str | None = None,
        profile: str | None = None,
    ) -> Dataset:
        """The dataset that a STAC source holds: no hub is asked, unless the source is one.

        Args:
            location: A catalog archive (``.tar.gz``), a folder or file with a catalog, the address of one
                (https, s3, gs, az), of a STAC API, or a file of items (``.parquet``, ``.ndjson``, an
                ItemCollection).
            id: What to call the dataset and its folder; without, the id in the catalog, or the
                name of the file.
            collections: Of a STAC API, the ids of the collections wanted.
            api_key: Key for the source, if the configured hub is it.
            profile: Profile for the same.

        Raises:
            EntityDoesNotExist: There is nothing at ``location``.
            CatalogBroken: What is there is no STAC (an ``OSError``).
            InvalidArgument: ``location`` names nothing that can be a source (a ``ValueError``).
            TransferFailed: A server did not answer, or refused (an ``OSError``).

        Example:
            >>> Dataset.from_stac("nasa_marine_debris.tar.gz").download("data")  # doctest: +SKIP
        """
        from ._source_dataset import SourceDataset  # noqa: PLC0415 - which is a Dataset itself

        return SourceDataset.opened(location, id, collections, api_key, profile)

    @classmethod
    def _fetched(
        cls, answer: dict[str, Any], asked_for: str, api_key: str | None, profile: str | None
    ) -> Self:
        make = partial(cls.from_dict, api_key=api_key, profile=profile)
        return made(make, answer, f'Dataset "{asked_for}"')
