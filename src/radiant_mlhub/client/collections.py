"""Collections and items of the hub as JSON-like dictionaries: one function an endpoint."""

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

from ._endpoint import get_json, get_pages, listed, quoted_id, texts, whole_number
from ._place_and_time import place_and_time

__all__ = ["get_collection", "get_collection_item", "list_collection_items", "list_collections"]


def list_collections(*, api_key: str | None = None, profile: str | None = None) -> list[dict[str, Any]]:
    """All STAC collections, from ``GET /collections``.

    Args:
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        RequestRefused: The hub answered 400 or more.
    """
    pages = get_pages("collections", api_key=api_key, profile=profile)
    return list(chain.from_iterable(listed(page, "collections") for page in pages))


def get_collection(
    collection_id: str, *, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """One STAC collection, from ``GET /collections/{collection_id}``.

    Args:
        collection_id: The collection's id.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no collection of that id.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"collections/{quoted_id(collection_id, 'collection_id')}",
        dict,
        not_found=f'Collection "{collection_id}" does not exist.',
        api_key=api_key,
        profile=profile,
    )


def get_collection_item(
    collection_id: str, item_id: str, api_key: str | None = None, profile: str | None = None
) -> dict[str, Any]:
    """One STAC item, from ``GET /collections/{collection_id}/items/{item_id}``.

    Args:
        collection_id: Id of the collection the item belongs to.
        item_id: The item's id.
        api_key: Key for this request, before any other.
        profile: Profile for this request.

    Raises:
        EntityDoesNotExist: The hub has no such collection, or no such item in it.
        RequestRefused: It answered 400 or more otherwise.
    """
    return get_json(
        f"collections/{quoted_id(collection_id, 'collection_id')}/items/{quoted_id(item_id, 'item_id')}",
        dict,
        not_found=f'Collection "{collection_id}" and/or item {item_id} do not exist.',
        api_key=api_key,
        profile=profile,
    )


def list_collection_items(
    collection_id: str,
    *,
    page_size: int | None = None,
    extensions: list[str] | None = None,
    limit: int | None = 10,
    bbox: Sequence[float] | None = None,
    datetime: dt.datetime | dt.date | str | tuple[Any, Any] | None = None,
    api_key: str | None = None,
    profile: str | None = None,
) -> Iterator[dict[str, Any]]:
    """The STAC items of a collection, from ``GET /collections/{collection_id}/items``, page by page.

    The first request is made when the first item is asked for.

    Args:
        collection_id: The collection's id.
        page_size: Items a page; None leaves it to the server.
        extensions: Only items that have all of these extensions.
        limit: How many items to yield at most; None for all. There may be hundreds of thousands.
        bbox: Only items whose box meets ``[west, south, east, north]``, as in ``Dataset.download``.
        datetime: Only items of this time, as in ``Dataset.download``.
        api_key: Key for these requests, before any other.
        profile: Profile for these requests.

    Raises:
        InvalidArgument: A number is negative or none, ``page_size`` is 0, or ``bbox`` or ``datetime``
            cannot be meant. Before any request.
        RequestRefused: The hub answered 400 or more.
    """
    limit = whole_number(limit, "limit", least=0, none_means="all items")
    where_and_when, is_wanted = place_and_time(bbox, datetime)
    asked = {
        **where_and_when,
        "limit": whole_number(page_size, "page_size", least=1, none_means="the server's own"),
        "extensions": texts(extensions, "extensions"),
    }
    pages = get_pages(
        f"collections/{quoted_id(collection_id, 'collection_id')}/items",
        params={name: value for name, value in asked.items() if value is not None},
        api_key=api_key,
        profile=profile,
    )
    items = chain.from_iterable(listed(page, "features") for page in pages)
    return islice(filter(is_wanted, items), limit)
