"""The endpoints of the MLHub API, over holdings.

Paths, answers and error bodies are those of the hosted API of 2022. Whatever only tells what
there is answers anybody; items and downloads want a key. A wrong key is refused everywhere.
"""

import hmac
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from .files import file_answer, path_within
from .holdings import API_PATH, FILES_PATH, Holdings, Json

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
_NEXT_AFTER = "next:"
_EXTENSIONS_ORIGIN = "https://stac-extensions.github.io/"

T = TypeVar("T")


def hub_app(holdings: Holdings, files: Path, *, keys: Collection[str]) -> Starlette:
    """An ASGI app that serves ``holdings``, and the files below ``files``, to holders of ``keys``."""
    endpoints = _Endpoints(holdings, files)

    def api(path: str, answer: Callable[[Request], Response], *, needs_key: bool = False) -> Route:
        def endpoint(request: Request) -> Response:
            _check_key(request, keys, needs_key=needs_key)
            return answer(request)

        return Route(API_PATH + path, endpoint)

    return Starlette(
        routes=[
            api("", endpoints.landing_page),
            api("datasets", endpoints.datasets),
            api("datasets/doi/{doi:path}", endpoints.dataset_by_doi),
            api("datasets/{dataset_id}", endpoints.dataset),
            api("collections", endpoints.collections),
            api("collections/{collection_id}", endpoints.collection),
            api("collections/{collection_id}/items", endpoints.items, needs_key=True),
            api("collections/{collection_id}/items/{item_id}", endpoints.item, needs_key=True),
            api("catalog/{dataset_id}", endpoints.catalog, needs_key=True),
            api("catalog/{dataset_id}/info", endpoints.catalog_info),
            api("archive/{collection_id}", endpoints.archive, needs_key=True),
            api("archive/{collection_id}/info", endpoints.archive_info),
            api("models", endpoints.models),
            api("models/{model_id}", endpoints.model),
            Route(FILES_PATH + "{name:path}", endpoints.file),
        ],
        exception_handlers={HTTPException: _error_body},
    )


@dataclass(frozen=True)
class _Endpoints:
    holdings: Holdings
    files_root: Path

    def landing_page(self, request: Request) -> Response:
        href = str(request.url.replace(query=""))
        links = [{"rel": rel, "href": href, "type": "application/json"} for rel in ("root", "self")]
        return JSONResponse(
            {
                "type": "Catalog",
                "stac_version": "1.0.0",
                "id": "mlhub",
                "title": "Radiant MLHub API",
                "description": "Training datasets and models for Earth observation",
                "links": [*links, {"rel": "data", "href": f"{href}collections", "type": "application/json"}],
            }
        )

    def datasets(self, request: Request) -> Response:
        tags = set(request.query_params.getlist("tags"))
        phrases = [phrase.casefold() for phrase in request.query_params.getlist("text")]
        return JSONResponse(
            [
                dataset
                for dataset in self.holdings.datasets.values()
                if tags.issubset(dataset.get("tags") or ()) and _holds_all(dataset, phrases)
            ]
        )

    def dataset(self, request: Request) -> Response:
        return JSONResponse(_found(self.holdings.datasets, "Dataset", request.path_params["dataset_id"]))

    def dataset_by_doi(self, request: Request) -> Response:
        by_doi = {dataset["doi"]: dataset for dataset in self.holdings.datasets.values()}
        return JSONResponse(_found(by_doi, "Dataset with DOI", request.path_params["doi"]))

    def collections(self, request: Request) -> Response:
        root = str(request.url.replace(query="", path=API_PATH))
        links = {"root": root, "parent": root, "self": f"{root}collections"}
        return JSONResponse(
            {
                "collections": list(self.holdings.collections.values()),
                "links": [
                    {"rel": rel, "type": "application/json", "href": href} for rel, href in links.items()
                ],
            }
        )

    def collection(self, request: Request) -> Response:
        return JSONResponse(self._collection(request))

    def items(self, request: Request) -> Response:
        collection = self._collection(request)
        wanted = request.query_params.getlist("extensions")
        items = [item for item in self.holdings.items.get(collection["id"], ()) if _supports(item, wanted)]
        page, next_token = _page(items, request)
        links = list(collection["links"])
        if next_token:
            href = str(request.url.include_query_params(token=next_token).remove_query_params("key"))
            links.append({"rel": "next", "type": "application/json", "method": "GET", "href": href})
        limit = _limit(request)
        context = {"limit": limit, "matched": len(items), "returned": len(page)}
        return JSONResponse(
            {"type": "FeatureCollection", "context": context, "features": page, "links": links}
        )

    def item(self, request: Request) -> Response:
        collection_id = self._collection(request)["id"]
        by_id = {item["id"]: item for item in self.holdings.items.get(collection_id, ())}
        return JSONResponse(
            _found(by_id, f"Collection {collection_id}, item", request.path_params["item_id"])
        )

    def catalog(self, request: Request) -> Response:
        info = _found(self.holdings.catalogs, "Catalog", request.path_params["dataset_id"])
        return _see_other(request, f"catalogs/{info['dataset']}.tar.gz")

    def catalog_info(self, request: Request) -> Response:
        return JSONResponse(_found(self.holdings.catalogs, "Catalog", request.path_params["dataset_id"]))

    def archive(self, request: Request) -> Response:
        info = _found(self.holdings.archives, "Archive", request.path_params["collection_id"])
        return _see_other(request, f"archives/{info['collection']}.tar.gz")

    def archive_info(self, request: Request) -> Response:
        return JSONResponse(_found(self.holdings.archives, "Archive", request.path_params["collection_id"]))

    def models(self, _request: Request) -> Response:
        return JSONResponse(list(self.holdings.models.values()))

    def model(self, request: Request) -> Response:
        return JSONResponse(_found(self.holdings.models, "Model", request.path_params["model_id"]))

    def file(self, request: Request) -> Response:
        path = path_within(self.files_root, request.path_params["name"])
        if path is None:
            raise HTTPException(404, "There is no such file.")
        return file_answer(path, request)

    def _collection(self, request: Request) -> Json:
        return _found(self.holdings.collections, "Collection", request.path_params["collection_id"])


def _check_key(request: Request, keys: Collection[str], *, needs_key: bool) -> None:
    key = request.query_params.get("key")
    if key is None:
        if needs_key:
            raise HTTPException(401, "Must provide API key or Bearer token to access this route.")
        return
    # Every key is compared, each in constant time: the answer's delay tells nothing.
    matches = [hmac.compare_digest(key.encode(), known.encode()) for known in keys]
    if not any(matches):
        raise HTTPException(401, "The API key is not known here.")


def _error_body(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"detail": error.detail}, status_code=error.status_code, headers=error.headers)


def _found(things: Mapping[str, T], kind: str, name: str) -> T:
    try:
        return things[name]
    except KeyError:
        raise HTTPException(404, f"{kind} {name} does not exist.") from None


def _see_other(request: Request, name: str) -> Response:
    return RedirectResponse(str(request.url.replace(query="", path=FILES_PATH + name)), status_code=303)


def _holds_all(dataset: Json, phrases: Iterable[str]) -> bool:
    """Whether each phrase (case-folded) stands in one of the dataset's texts."""
    texts = [value.casefold() for value in dataset.values() if isinstance(value, str)]
    texts += [tag.casefold() for tag in dataset.get("tags") or ()]
    return all(any(phrase in text for text in texts) for phrase in phrases)


def _supports(item: Json, extensions: Iterable[str]) -> bool:
    """Whether the item implements each extension, named by its URL or shortly (``label``)."""
    implemented = item.get("stac_extensions") or ()
    return all(
        any(url == wanted or url.startswith(f"{_EXTENSIONS_ORIGIN}{wanted}/") for url in implemented)
        for wanted in extensions
    )


def _page(items: list[Json], request: Request) -> tuple[list[Json], str | None]:
    """The items of the page asked for, and the token of the next one; None on the last."""
    start = _start(items, request.query_params.get("token"))
    end = start + _limit(request)
    page = items[start:end]
    return page, f"{_NEXT_AFTER}{page[-1]['id']}" if end < len(items) else None


def _start(items: list[Json], token: str | None) -> int:
    if token is None:
        return 0
    if not token.startswith(_NEXT_AFTER):
        raise HTTPException(400, "token is none that this hub has given.")
    return bisect_right(items, token.removeprefix(_NEXT_AFTER), key=lambda item: item["id"])


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(DEFAULT_LIMIT))
    # isdecimal() takes other scripts' digits too, and int() reads them; 5 digits bound the work.
    if not (text.isdecimal() and len(text) <= len(str(MAX_LIMIT)) and 1 <= int(text) <= MAX_LIMIT):
        raise HTTPException(400, f"limit must be a number from 1 to {MAX_LIMIT}.")
    return int(text)
