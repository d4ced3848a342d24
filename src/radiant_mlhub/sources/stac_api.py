"""A STAC API: the server leaves out what is not asked for, and hands out the rest in pages.

Read with the session that reads a hub: it goes on after a fault with the same page, heeds
``Retry-After`` for GET and POST, and shows a key to the hub alone (``docs/decisions``, "STAC APIs").

Source: STAC API 1.0.0, core, item search, features; its filter extension with CQL2 JSON.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urljoin

from ..exceptions import CatalogBroken, EntityDoesNotExist, RequestRefused, UnexpectedAnswer
from ..masking import masked
from ..paging import PageRequest
from ..session import Session
from ..transfer import Request, RequestFor, Slow
from .ahead import fetched_ahead
from .described import Fetch, FoundCollection, Ready, is_labels
from .source import Memory, SourceObject, Wanted
from .tree import object_place

# Servers hand out fewer where they like (OGC API - Features, 7.15.2); an item has 2 to 40 kB.
ITEMS_A_PAGE = 200
_FILTER_CLASS = "item-search#filter"
# Of so many collections one item each is looked at, to know which hold labels.
_FEW = 16
# What the items of one collection can be asked by (OGC API - Features, 7.15).
_OF_FEATURES = ("bbox", "datetime", "limit")


class StacApi:
    """A STAC API, or those of its collections that a user named.

    Attributes:
        dataset_id: What names the dataset's folder.
        location: The address of its landing page.
        root: The landing page.
        label: The address.
        version: None: what a server holds may have changed.
    """

    version: str | None = None

    def __init__(
        self,
        location: str,
        dataset_id: str,
        root: Mapping[str, Any],
        *,
        session: Session,
        request_for: RequestFor,
        collections: Sequence[str] | None = None,
    ) -> None:
        """Take what is known; nothing is asked yet.

        Args:
            location: The address of the landing page.
            dataset_id: What names the dataset's folder.
            root: The landing page's JSON.
            session: Asks for pages.
            request_for: How assets are asked for.
            collections: Ids of the collections that make the dataset; None for all of them.
        """
        self.dataset_id = dataset_id
        self.location = self.label = location
        self.root = root
        self._session = session
        self._request_for = request_for
        self._collections = None if collections is None else tuple(collections)

    def ready(self, fetch: Fetch) -> Ready:
        """The API itself."""
        return Ready(self)

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def narrows(self, wanted: Wanted) -> bool:
        """Whether the server leaves out items of the dataset."""
        asked = (wanted.bbox, wanted.intersects, wanted.datetime, wanted.collections, wanted.ids)
        return any(each is not None for each in asked) or (wanted.filter is not None and self._filters)

    def collections(self) -> Iterator[FoundCollection]:
        """The collections of the dataset, in the server's order or the user's.

        Raises:
            EntityDoesNotExist: The server has none of an id that the user named.
            RequestRefused: It answered 400 or more otherwise.
        """
        bodies = list(self._collection_bodies())
        are_few = len(bodies) <= _FEW
        for body in bodies:
            has_labels = is_labels(body) or (are_few and is_labels(self._first_item(body)))
            yield FoundCollection(body, _self_href(body), has_labels)

    def _collection_bodies(self) -> Iterator[Mapping[str, Any]]:
        if self._collections is not None:
            yield from map(self._collection, self._collections)
            return
        for page in self._session.own_pages(PageRequest(self._link("data") or self._below("collections"))):
            yield from _objects(page, "collections", self.location)

    def _first_item(self, collection: Mapping[str, Any]) -> Mapping[str, Any]:
        """An item of the collection, whose extensions say what it holds; empty where none is to be had."""
        path = f"collections/{quote(str(collection.get('id')), safe='')}/items"
        try:
            page = self._session.get_json(f"{self._below(path)}?limit=1")
            return next(iter(_objects(page, "features", self.location)), {})
        except (CatalogBroken, RequestRefused, UnexpectedAnswer):
            return {}

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject | None]:
        """The items that are asked for, each once, every collection before its first item.

        Raises:
            RequestRefused: The server answered 400 or more.
            CatalogBroken: It answers something else than pages of items.
        """
        named = _both(self._collections, wanted.collections)
        if named == ():
            return
        seen: set[str] = set()
        for collection_id in named or ():
            seen.add(collection_id)
            yield self._collection_object(collection_id)
        known: set[int] = set()
        for page in fetched_ahead(self._pages(wanted, named)):
            if page is None:
                yield None
                continue
            for body in page:
                collection_id = str(body.get("collection") or "")
                if collection_id and collection_id not in seen:
                    seen.add(collection_id)
                    yield self._collection_object(collection_id)
                # Pages of a server that is written to overlap.
                fingerprint = hash((collection_id, str(body.get("id"))))
                if fingerprint not in known:
                    known.add(fingerprint)
                    yield self._item_object(body)

    def _item_object(self, body: Mapping[str, Any]) -> SourceObject:
        try:
            place = object_place(body, self.dataset_id)
        except ValueError as error:
            return SourceObject(f"an item of {masked(self.location)}", error=str(error))
        return SourceObject(place, body, base_href=_self_href(body) or self.location)

    def _collection_object(self, collection_id: str) -> SourceObject:
        try:
            body = self._collection(collection_id)
            return SourceObject(object_place(body, ""), body, base_href=_self_href(body) or self.location)
        except (CatalogBroken, EntityDoesNotExist, RequestRefused, ValueError) as error:
            return SourceObject(f"collection {collection_id}", error=str(error))

    def _collection(self, collection_id: str) -> Mapping[str, Any]:
        try:
            answer = self._session.get_json(self._below(f"collections/{quote(collection_id, safe='')}"))
        except RequestRefused as refused:
            if refused.response is None or refused.response.status_code != HTTPStatus.NOT_FOUND:
                raise
            raise EntityDoesNotExist(
                f'{masked(self.location)} has no collection "{collection_id}".'
            ) from refused
        if not isinstance(answer, dict):
            raise CatalogBroken(
                f"The collection {collection_id} of {masked(self.location)} is no JSON object."
            )
        return answer

    def _pages(self, wanted: Wanted, named: tuple[str, ...] | None) -> Iterator[list[Mapping[str, Any]]]:
        for first in self._first_requests(wanted, named):
            for page in self._session.own_pages(first):
                yield _objects(page, "features", self.location)

    def _first_requests(self, wanted: Wanted, named: tuple[str, ...] | None) -> Iterator[PageRequest]:
        """One search; of a server without a search, the items of one collection after the other."""
        asked = self._asked(wanted)
        search = self._link("search")
        if search is not None:
            if named is not None:
                asked["collections"] = list(named)
            yield self._search(search, asked)
            return
        places = {name: value for name, value in asked.items() if name in _OF_FEATURES}
        for collection_id in named or [str(body.get("id")) for body in self._collection_bodies()]:
            path = f"collections/{quote(collection_id, safe='')}/items"
            yield PageRequest(f"{self._below(path)}?{_query(places)}")

    def _asked(self, wanted: Wanted) -> dict[str, Any]:
        asked: dict[str, Any] = {"limit": ITEMS_A_PAGE}
        for name in ("bbox", "ids"):
            if (value := getattr(wanted, name)) is not None:
                asked[name] = list(value)
        for name in ("intersects", "datetime"):
            if (value := getattr(wanted, name)) is not None:
                asked[name] = value
        if wanted.filter is not None and self._filters:
            asked |= {"filter": wanted.filter, "filter-lang": "cql2-json"}
        return asked

    def _search(self, href: str, asked: Mapping[str, Any]) -> PageRequest:
        # A geometry may be longer than an address may be; a GET is what every server has.
        if self._link("search", "POST") is not None:
            return PageRequest(self._link("search", "POST") or href, "POST", asked)
        return PageRequest(f"{href}{'&' if '?' in href else '?'}{_query(asked)}")

    @property
    def _filters(self) -> bool:
        """Whether the server says that it understands CQL2 filters in a search."""
        classes = self.root.get("conformsTo")
        return isinstance(classes, list) and any(_FILTER_CLASS in str(each) for each in classes)

    def _link(self, relation: str, method: str | None = None) -> str | None:
        for link in _links(self.root):
            if link.get("rel") == relation and method in (None, str(link.get("method") or "GET").upper()):
                return urljoin(self.location, str(link.get("href") or ""))
        return None

    def _below(self, path: str) -> str:
        return f"{self.location.partition('?')[0].rstrip('/')}/{path}"


def is_api(root: Mapping[str, Any]) -> bool:
    """Whether this is the landing page of a STAC API, and no static catalog.

    Source: STAC API, core: "conformsTo" and the links of relation "search" or "data".
    """
    links = root.get("links")
    relations = (
        {link.get("rel") for link in links if isinstance(link, Mapping)} if isinstance(links, list) else set()
    )
    return "search" in relations or ("conformsTo" in root and "data" in relations)


def _both(first: tuple[str, ...] | None, second: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The ids that both name; None where neither names any."""
    if first is None or second is None:
        return second if first is None else first
    return tuple(each for each in first if each in second)


def _objects(page: Any, name: str, location: str) -> list[Mapping[str, Any]]:
    found = page.get(name) if isinstance(page, Mapping) else None
    if not isinstance(found, list):
        raise CatalogBroken(
            f'A page of {masked(location)} has no "{name}": it is no STAC API that can be read.'
        )
    return [each for each in found if isinstance(each, Mapping)]


def _self_href(body: Mapping[str, Any]) -> str | None:
    return next((str(link.get("href")) for link in _links(body) if link.get("rel") == "self"), None)


def _links(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    links = body.get("links")
    return [link for link in links if isinstance(link, Mapping)] if isinstance(links, list) else []


def _query(asked: Mapping[str, Any]) -> str:
    """Parameters of a GET: lists by commas, objects as JSON."""
    return urlencode(
        {
            name: ",".join(map(str, value)) if isinstance(value, list) else _text(value)
            for name, value in asked.items()
        }
    )


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, Mapping) else str(value)
