"""Every operation of the API, as a route and as a line of its documentation."""

from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..serving.access import check_key
from ..serving.base_url import base_url_of
from ..serving.catalog_files import CatalogFiles
from ..settings import HubSettings
from ..store import API_PATH, Store
from . import parameters, schemas
from .answers import GEOJSON, OPENAPI, SCHEMA, answer
from .mlhub import MlhubApi
from .openapi import document
from .operations import Operation
from .stac import StacApi

Endpoint = Callable[[Request], Awaitable[Response]]

_BAD, _MISSING, _TOO_LARGE = 400, 404, 413


def api_routes(store: Store, catalogs: CatalogFiles, settings: HubSettings) -> list[BaseRoute]:
    """The routes of the API."""
    operations = [*_mlhub(MlhubApi(store, catalogs, settings)), *_stac(StacApi(store, settings))]

    @lru_cache(maxsize=16)
    def openapi(base_url: str) -> bytes:
        return msgspec.json.encode(document(operations, settings, base_url))

    def openapi_answer(request: Request) -> Response:
        return answer(request, openapi(base_url_of(request)), OPENAPI, revalidate=True)

    about = Operation(
        "openapi.json", openapi_answer, "This document", media_type=OPENAPI, schema=schemas.OBJECT
    )
    operations.append(about)
    routes: list[BaseRoute] = [_route(API_PATH + each.path, each) for each in operations]
    landing_page = next(each for each in operations if not each.path)
    return [*routes, _route(API_PATH.rstrip("/"), landing_page)]


def _route(path: str, operation: Operation) -> Route:
    if operation.body is not None:
        return Route(path, _endpoint_with_body(operation), methods=["POST"])
    return Route(path, _endpoint(operation), methods=["GET"])


def _endpoint(operation: Operation) -> Endpoint:
    def let_in(request: Request) -> Response | Awaitable[Response]:
        check_key(request, operation.needs_key)
        return operation.answer(request)

    async def endpoint(request: Request) -> Response:
        return await _awaited(await run_in_threadpool(let_in, request))

    return endpoint


def _endpoint_with_body(operation: Operation) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        # Before the body is read: whoever may not ask has none of it taken in.
        await run_in_threadpool(check_key, request, operation.needs_key)
        body = await request.body()
        return await _awaited(await run_in_threadpool(operation.answer, request, body))

    return endpoint


async def _awaited(answered: Response | Awaitable[Response]) -> Response:
    return answered if isinstance(answered, Response) else await answered


def _mlhub(api: MlhubApi) -> Sequence[Operation]:
    return [
        Operation(
            "datasets",
            api.datasets,
            "Datasets, by tags and phrases",
            parameters=parameters.DATASETS,
            schema=schemas.array(schemas.DATASET),
            errors=[_BAD],
        ),
        Operation(
            "datasets/doi/{doi:path}",
            api.dataset_by_doi,
            "A dataset by its DOI",
            schema=schemas.DATASET,
            errors=[_MISSING],
        ),
        Operation(
            "datasets/{dataset_id}",
            api.dataset,
            "A dataset by its id",
            schema=schemas.DATASET,
            errors=[_MISSING],
        ),
        Operation(
            "catalog/{dataset_id}",
            api.catalog,
            "The STAC catalog of a dataset as a tar.gz",
            needs_key=True,
            status=303,
            errors=[_MISSING],
        ),
        Operation(
            "catalog/{dataset_id}/info",
            api.catalog_info,
            "Sizes of a dataset and its catalog",
            schema=schemas.CATALOG_INFO,
            errors=[_MISSING],
        ),
        Operation(
            "archive/{collection_id}",
            api.archive,
            "A collection with its assets as a tar.gz",
            needs_key=True,
            status=303,
            errors=[_MISSING],
        ),
        Operation(
            "archive/{collection_id}/info",
            api.archive_info,
            "Size of a collection's archive",
            schema=schemas.ARCHIVE_INFO,
            errors=[_MISSING],
        ),
        Operation("models", api.models, "Models", schema=schemas.array(schemas.ITEM)),
        Operation(
            "models/{model_id}",
            api.model,
            "A model by its id",
            schema=schemas.ITEM,
            errors=[_MISSING],
        ),
    ]


def _stac(api: StacApi) -> Sequence[Operation]:
    return [
        Operation("", api.landing_page, "Landing page", schema=schemas.LANDING_PAGE),
        Operation("conformance", api.conformance, "Conformance classes", schema=schemas.CONFORMANCE),
        Operation("children", api.children, "What the landing page leads to", schema=schemas.CHILDREN),
        Operation(
            "queryables", api.queryables, "What filters know", media_type=SCHEMA, schema=schemas.OBJECT
        ),
        Operation(
            "collections",
            api.collections,
            "Collections, by place, time and words",
            parameters=parameters.COLLECTION_SEARCH,
            schema=schemas.COLLECTIONS,
            errors=[_BAD],
        ),
        Operation(
            "collections/{collection_id}",
            api.collection,
            "A collection by its id",
            schema=schemas.COLLECTION,
            errors=[_MISSING],
        ),
        Operation(
            "collections/{collection_id}/queryables",
            api.collection_queryables,
            "What filters know of a collection",
            media_type=SCHEMA,
            schema=schemas.OBJECT,
            errors=[_MISSING],
        ),
        *_items(api),
    ]


def _items(api: StacApi) -> Sequence[Operation]:
    return [
        Operation(
            "collections/{collection_id}/items",
            api.items,
            "Items of a collection",
            needs_key=True,
            parameters=parameters.ITEMS,
            media_type=GEOJSON,
            schema=schemas.ITEMS,
            errors=[_BAD, _MISSING],
        ),
        Operation(
            "collections/{collection_id}/items/{item_id}",
            api.item,
            "An item by its id",
            needs_key=True,
            media_type=GEOJSON,
            schema=schemas.ITEM,
            errors=[_MISSING],
        ),
        Operation(
            "search",
            api.search,
            "Items of all collections",
            needs_key=True,
            parameters=parameters.SEARCH,
            media_type=GEOJSON,
            schema=schemas.ITEMS,
            errors=[_BAD],
        ),
        Operation(
            "search",
            api.search_by_body,
            "Items of all collections",
            needs_key=True,
            media_type=GEOJSON,
            schema=schemas.ITEMS,
            body=schemas.SEARCH,
            errors=[_BAD, _TOO_LARGE],
        ),
    ]
