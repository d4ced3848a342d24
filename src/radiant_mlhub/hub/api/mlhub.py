"""Datasets, catalogs, archives and models: what the hosted service of 2022 had beside STAC."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from ..queries import BadQuery, DatasetQuery
from ..serving.base_url import base_url_of
from ..serving.catalog_files import CATALOG_FILES_PATH, CatalogFiles
from ..serving.tokens import signed_path
from ..settings import HubSettings
from ..store import FILES_PATH, Json, Store
from .answers import json_answer
from .errors import not_found
from .links import Links

_ARCHIVE = "mlhub:archive"
_MOST_WORDS = 20
_SEE_OTHER = 303


@dataclass(frozen=True)
class MlhubApi:
    """The answers, over what a hub holds."""

    store: Store
    catalogs: CatalogFiles
    settings: HubSettings

    def datasets(self, request: Request) -> Response:
        """The datasets that have every tag, and every phrase somewhere in their texts."""
        tags, text = request.query_params.getlist("tags"), request.query_params.getlist("text")
        if len(tags) + len(text) > _MOST_WORDS:
            raise BadQuery(f"tags and text may be given {_MOST_WORDS} times at most.")
        return json_answer(request, self.store.datasets(DatasetQuery(tags=tuple(tags), text=tuple(text))))

    def dataset(self, request: Request) -> Response:
        """One dataset by its id."""
        return json_answer(request, self._dataset("Dataset", request.path_params["dataset_id"]))

    def dataset_by_doi(self, request: Request) -> Response:
        """One dataset by its DOI."""
        doi = request.path_params["doi"]
        dataset = self.store.dataset_by_doi(doi)
        if dataset is None:
            raise not_found("Dataset with DOI", doi)
        return json_answer(request, dataset)

    def catalog(self, request: Request) -> Response:
        """Where the dataset's catalog archive is."""
        dataset_id = self._dataset("Catalog", request.path_params["dataset_id"])["id"]
        version = self.store.version(dataset_id)
        return self._see(request, f"{CATALOG_FILES_PATH}{version}/{quote(dataset_id, safe='')}.tar.gz")

    async def catalog_info(self, request: Request) -> Response:
        """How large the catalog archive is, and the dataset with it.

        The archive is packed if there is none: it is another one for each address of the hub, and its size
        is known only then. Whoever asks downloads it next, and finds it there. One dataset at one
        address is packed once, however many ask, and base URLs are the operator's and not a stranger's.
        """
        dataset_id = self._dataset("Catalog", request.path_params["dataset_id"])["id"]
        archive = await self.catalogs.archive(dataset_id, base_url_of(request))
        return json_answer(
            request,
            {
                "dataset": dataset_id,
                "stac_catalog_size": archive.stat().st_size,
                "estimated_dataset_size": self.store.asset_bytes(dataset_id),
            },
        )

    def archive(self, request: Request) -> Response:
        """Where the collection's archive is."""
        dataset_id, archive = self._archive(request.path_params["collection_id"])
        version = self.store.version(dataset_id)
        return self._see(request, f"{FILES_PATH}{version}/{quote(archive['path'])}")

    def archive_info(self, request: Request) -> Response:
        """How large the collection's archive is, and what is in it."""
        collection_id = request.path_params["collection_id"]
        dataset_id, archive = self._archive(collection_id)
        return json_answer(
            request,
            {
                "collection": collection_id,
                "dataset": dataset_id,
                "size": archive["size"],
                "types": _types(self.store.dataset(dataset_id) or {}, collection_id),
            },
        )

    def models(self, request: Request) -> Response:
        """Every model, a STAC item each."""
        return json_answer(request, [self._placed(request, model) for model in self.store.models()])

    def model(self, request: Request) -> Response:
        """One model by its id."""
        model_id = request.path_params["model_id"]
        model = self.store.model(model_id)
        if model is None:
            raise not_found("Model", model_id)
        return json_answer(request, self._placed(request, model))

    def _dataset(self, kind: str, dataset_id: str) -> Json:
        dataset = self.store.dataset(dataset_id)
        if dataset is None:
            raise not_found(kind, dataset_id)
        return dataset

    def _archive(self, collection_id: str) -> tuple[str, Json]:
        """The id of the collection's dataset, and what is known of its archive: size and path."""
        collection = self.store.collection(collection_id) or {}
        dataset_id = self.store.dataset_of(collection_id)
        if _ARCHIVE not in collection or dataset_id is None:
            raise not_found("Archive", collection_id)
        return dataset_id, collection[_ARCHIVE]

    def _placed(self, request: Request, model: Json) -> Json:
        links = Links(base_url_of(request))
        collection_id = model.get("collection")
        if collection_id is not None and self.store.dataset_of(collection_id) is not None:
            own = links.of_item(collection_id, model["id"])
        else:
            own = links.of_model(model["id"])
        return {**model, "links": [*own, *model.get("links", ())]}

    def _see(self, request: Request, path: str) -> Response:
        href = base_url_of(request) + signed_path(path, self.settings)
        # No body and no media type, as recorded; what is behind the address changes with each publication.
        return Response(status_code=_SEE_OTHER, headers={"Location": href, "Cache-Control": "no-store"})


def without_private(collection: Json) -> Json:
    """The collection without what the hub notes in it for itself."""
    return {name: value for name, value in collection.items() if name != _ARCHIVE}


def _types(dataset: Json, collection_id: str) -> Sequence[str]:
    entries = dataset.get("collections") or ()
    return next((entry.get("types", []) for entry in entries if entry.get("id") == collection_id), [])
