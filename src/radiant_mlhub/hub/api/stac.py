"""The STAC API: landing page, collections, items, search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from ..queries import BadQuery, ItemPage
from ..serving.base_url import base_url_of
from ..settings import HubSettings
from ..store import Json, Store
from .answers import GEOJSON, JSON, OPENAPI, SCHEMA, answer, json_answer, with_own_hrefs
from .conformance import CONFORMANCE
from .errors import not_found
from .item_pages import counts, page_body
from .large_pages import LargePages
from .links import Links, link
from .mlhub import without_private
from .queryables import queryables
from .requests import (
    ItemsAsked,
    collections_of_query,
    items_of_query,
    limit_of,
    search_of_body,
    search_of_query,
)

STAC_VERSION = "1.0.0"
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_SECRET = "key"  # noqa: S105 - the name of the parameter


@dataclass(frozen=True)
class StacApi:
    """The answers, over what a hub holds."""

    store: Store
    settings: HubSettings
    large_pages: LargePages = field(default_factory=LargePages)

    def landing_page(self, request: Request) -> Response:
        """What this is, what it can, and where everything else begins."""
        links = Links(base_url_of(request))
        page = {
            "type": "Catalog",
            "stac_version": STAC_VERSION,
            "id": "mlhub",
            "title": self.settings.title,
            "description": "Training datasets and models for machine learning on Earth observation",
            "conformsTo": CONFORMANCE,
            "links": [
                link("self", links.root),
                link("root", links.root),
                link("conformance", f"{links.root}conformance"),
                link("data", f"{links.root}collections"),
                link("children", f"{links.root}children"),
                link("search", f"{links.root}search", GEOJSON, method="GET"),
                link("search", f"{links.root}search", GEOJSON, method="POST"),
                link(QUERYABLES_REL, f"{links.root}queryables", SCHEMA),
                link("service-desc", f"{links.root}openapi.json", OPENAPI),
                *(_child(collection, links) for collection in self.store.collections()),
            ],
        }
        return json_answer(request, page)

    def conformance(self, request: Request) -> Response:
        """The classes of the specifications that are kept."""
        return json_answer(request, {"conformsTo": CONFORMANCE})

    def collections(self, request: Request) -> Response:
        """The collections that match, in order of their ids; all of them where no limit is given."""
        links = Links(base_url_of(request))
        found = self._found_collections(request)
        limit = limit_of(request.query_params) or len(found)
        about = [link("root", links.root), link("parent", links.root), _self(request, links)]
        if len(found) > limit:
            query = _query_of(request, token=found[limit - 1]["id"])
            about.append(link("next", f"{links.root}collections?{query}", method="GET"))
        page = [self._placed(collection, links) for collection in found[:limit]]
        return json_answer(request, {"collections": page, "links": about})

    def children(self, request: Request) -> Response:
        """What stands right below the landing page: every collection."""
        links = Links(base_url_of(request))
        children = [self._placed(collection, links) for collection in self.store.collections()]
        about = [link("root", links.root), link("parent", links.root), link("self", f"{links.root}children")]
        return json_answer(request, {"children": children, "links": about})

    def collection(self, request: Request) -> Response:
        """One collection by its id."""
        return json_answer(request, self._placed(self._collection(request), Links(base_url_of(request))))

    def items(self, request: Request) -> Response:
        """The items of one collection, in order of their ids unless asked otherwise."""
        collection_id = self._collection(request)["id"]
        asked = items_of_query(collection_id, request.query_params)
        return self.large_pages.answer(
            asked.query.limit, lambda: self._items_found(request, collection_id, asked)
        )

    def _items_found(self, request: Request, collection_id: str, asked: ItemsAsked) -> Response:
        links = Links(base_url_of(request))
        page = self.store.items(asked.query)
        # Counting what a filter leaves could take as long as reading all of the collection.
        all_items = None if asked.is_filtered else self.store.item_count(collection_id)
        context = counts(page, is_first=asked.query.token is None, all_items=all_items)
        href = f"{links.collection(collection_id)}/items"
        about = {
            "context": {"limit": asked.query.limit, **context},
            "links": [*_links_of_items(links, collection_id), *_next(request, href, page)],
        }
        return answer(request, page_body(page, asked.fields, links, about), GEOJSON)

    def item(self, request: Request) -> Response:
        """One item by the ids of its collection and its own."""
        collection_id, item_id = request.path_params["collection_id"], request.path_params["item_id"]
        links = Links(base_url_of(request))
        text = self.store.item(collection_id, item_id)
        if text is not None:
            placed = links.placed(collection_id, item_id, text).encode()
            return answer(request, with_own_hrefs(placed, links.base_url), GEOJSON, revalidate=True)
        self._collection(request)  # of which there may be none: that is said first
        model = self.store.model(item_id)
        if model is None or model.get("collection") != collection_id:
            raise not_found(f"Collection {collection_id}, item", item_id)
        model = {**model, "links": [*links.of_item(collection_id, item_id), *model.get("links", ())]}
        return json_answer(request, model, GEOJSON)

    def search(self, request: Request) -> Response:
        """The items of any collection that a query string asks for."""
        asked = search_of_query(request.query_params)

        def following(page: ItemPage) -> Sequence[Json]:
            return _next(request, f"{Links(base_url_of(request)).root}search", page)

        return self.large_pages.answer(asked.query.limit, lambda: self._found(request, asked, following))

    def search_by_body(self, request: Request, body: bytes) -> Response:
        """The items of any collection that a body asks for."""
        asked, again = search_of_body(body)

        def following(page: ItemPage) -> Sequence[Json]:
            if page.next_token is None:
                return ()
            href = f"{Links(base_url_of(request)).root}search"
            return [link("next", href, GEOJSON, method="POST", body={**again, "token": page.next_token})]

        return self.large_pages.answer(asked.query.limit, lambda: self._found(request, asked, following))

    def queryables(self, request: Request) -> Response:
        """What a filter may speak of."""
        links = Links(base_url_of(request))
        return json_answer(request, queryables(f"{links.root}queryables", self.settings.title), SCHEMA)

    def collection_queryables(self, request: Request) -> Response:
        """What a filter on the items of one collection may speak of."""
        collection = self._collection(request)
        href = f"{Links(base_url_of(request)).collection(collection['id'])}/queryables"
        return json_answer(request, queryables(href, collection.get("title") or collection["id"]), SCHEMA)

    def _found(
        self, request: Request, asked: ItemsAsked, following: Callable[[ItemPage], Sequence[Json]]
    ) -> Response:
        links = Links(base_url_of(request))
        page = self.store.items(asked.query)
        known = counts(page, is_first=asked.query.token is None)
        about = {
            **{f"number{name.capitalize()}": count for name, count in known.items()},
            "links": [
                link("root", links.root),
                _self(request, links, GEOJSON),
                *following(page),
            ],
        }
        return answer(request, page_body(page, asked.fields, links, about), GEOJSON)

    def _found_collections(self, request: Request) -> list[Json]:
        queries = collections_of_query(request.query_params)
        by_id = {found["id"]: found for query in queries for found in self.store.collections(query)}
        after = request.query_params.get("token")
        if after is not None and after not in by_id:
            raise BadQuery("token is none that this hub has given for this question.")
        return [
            by_id[collection_id] for collection_id in sorted(by_id) if after is None or collection_id > after
        ]

    def _collection(self, request: Request) -> Json:
        collection_id = request.path_params["collection_id"]
        collection = self.store.collection(collection_id)
        if collection is None:
            raise not_found("Collection", collection_id)
        return collection

    def _placed(self, collection: Json, links: Links) -> Json:
        own = collection.get("links") or ()
        return {
            **without_private(collection),
            "links": [*links.of_collection(collection["id"]), *own],
        }


def _child(collection: Json, links: Links) -> Json:
    title = collection.get("title") or collection["id"]
    return link("child", links.collection(collection["id"]), title=title)


def _links_of_items(links: Links, collection_id: str) -> list[Json]:
    """As recorded, but for self, which named the collection: STAC API wants the page itself there."""
    *others, last = links.of_collection(collection_id)
    return [*others, {**last, "type": GEOJSON, "href": f"{last['href']}/items"}]


def _next(request: Request, href: str, page: ItemPage) -> list[Json]:
    if page.next_token is None:
        return []
    return [link("next", f"{href}?{_query_of(request, token=page.next_token)}", GEOJSON, method="GET")]


def _self(request: Request, links: Links, media_type: str = JSON) -> Json:
    query = _query_of(request)
    href = links.base_url + request.url.path
    return link("self", f"{href}?{query}" if query else href, media_type)


def _query_of(request: Request, token: str | None = None) -> str:
    """The question of this request without its key, and from ``token`` on."""
    left_out = {_SECRET} if token is None else {_SECRET, "token"}
    pairs = [pair for pair in request.query_params.multi_items() if pair[0] not in left_out]
    return urlencode(pairs if token is None else [*pairs, ("token", token)])
