"""What a request asks for: query strings and bodies, read into the store's questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec
from starlette.datastructures import QueryParams

from ..queries import BadQuery, CollectionQuery, ItemQuery
from ..store import Json
from .fields import Fields
from .filters import check_crs, check_language, filter_of_json, filter_of_text, json_of_text
from .geometry import bbox_of, bbox_of_text, checked_geometry
from .moments import interval_us

DEFAULT_LIMIT = 10
MAX_LIMIT = 10_000
MAX_SEARCH_LIMIT = 1_000_000
"""What a search may ask for at once; its pages hold 10,000 items at most, and lead on.

OGC API - Features (7.15.2) wants a limit above a server's own taken for that one, and
stac-api-validator asks for a million; far beyond that it is a mistake, and named as one.
"""


Direction = Literal["asc", "desc"]
Order = Sequence[tuple[str, Direction]]

_MOST_SORTS = 10
_MOST_WORDS = 20


@dataclass(frozen=True)
class ItemsAsked:
    """Which items, and which of their members; None for all."""

    query: ItemQuery
    fields: Fields | None = None

    @property
    def is_filtered(self) -> bool:
        """Whether anything but the collection decides which items are wanted."""
        query = self.query
        everything = ItemQuery(
            collections=query.collections, sortby=query.sortby, limit=query.limit, token=query.token
        )
        return query != everything


class FieldsBody(msgspec.Struct, forbid_unknown_fields=True):
    """Members of the items to send, and to leave out."""

    include: list[str] | msgspec.UnsetType | None = msgspec.UNSET
    exclude: list[str] | None = None

    def wanted(self) -> Fields:
        """As they are applied: an ``include`` that is there and empty means the usual members."""
        exclude = self.exclude or ()
        if self.include is msgspec.UNSET and exclude:
            return Fields.of_lists(None, exclude)
        return Fields.of_lists(self.include or (), exclude)


class SortBody(msgspec.Struct, forbid_unknown_fields=True):
    """A field to sort by."""

    field: str
    direction: Direction = "asc"


class SearchBody(
    msgspec.Struct,
    forbid_unknown_fields=True,
    rename={"filter_lang": "filter-lang", "filter_crs": "filter-crs"},
):
    """What is sent to ``POST /search``; a member that is not known here is refused, not overlooked."""

    collections: list[str] | None = None
    ids: list[str] | None = None
    bbox: list[float] | None = None
    intersects: dict[str, Any] | None = None
    datetime: str | None = None
    limit: int | None = None
    token: str | None = None
    filter: dict[str, Any] | str | None = None
    filter_lang: str | None = None
    filter_crs: str | None = None
    sortby: list[SortBody] | None = None
    fields: FieldsBody | msgspec.UnsetType = msgspec.UNSET


def search_of_body(body: bytes) -> tuple[ItemsAsked, Json]:
    """The search that a body asks for, and the body as a client may send it for the next page.

    Raises:
        BadQuery: It is no search.
    """
    try:
        asked = msgspec.json.decode(body or b"{}", type=SearchBody)
    except RecursionError as error:
        raise BadQuery("The body is nested too deeply.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadQuery(f"The body is no search: {error}.") from error
    query = ItemQuery(
        collections=asked.collections,
        ids=asked.ids,
        bbox=None if asked.bbox is None else bbox_of(asked.bbox),
        intersects=None if asked.intersects is None else checked_geometry(asked.intersects),
        filter=_filter_of_body(asked),
        sortby=_order((sort.field, sort.direction) for sort in asked.sortby or ()),
        limit=DEFAULT_LIMIT if asked.limit is None else _limit_of_search(asked.limit),
        token=asked.token,
    )
    fields = asked.fields.wanted() if isinstance(asked.fields, FieldsBody) else None
    again = {name: value for name, value in msgspec.to_builtins(asked).items() if value is not None}
    return ItemsAsked(_checked(_with_time(query, asked.datetime)), fields), again


def search_of_query(parameters: QueryParams) -> ItemsAsked:
    """The search that a query string asks for.

    Raises:
        BadQuery: A parameter is not to be used.
    """
    query = ItemQuery(
        collections=_names(parameters, "collections"),
        ids=_names(parameters, "ids"),
        intersects=_geometry_of_text(parameters.get("intersects")),
        limit=_limit_of_search(limit_of(parameters, MAX_SEARCH_LIMIT) or DEFAULT_LIMIT),
    )
    return _asked(query, parameters)


def items_of_query(collection_id: str, parameters: QueryParams) -> ItemsAsked:
    """The items of one collection that a query string asks for.

    Raises:
        BadQuery: A parameter is not to be used.
    """
    extensions = parameters.getlist("extensions")
    if len(extensions) > _MOST_WORDS:
        raise BadQuery(f"extensions may be named {_MOST_WORDS} times at most.")
    query = ItemQuery(
        collections=[collection_id],
        ids=_names(parameters, "ids"),
        extensions=tuple(extensions),
        limit=limit_of(parameters) or DEFAULT_LIMIT,
    )
    return _asked(query, parameters)


def collections_of_query(parameters: QueryParams) -> list[CollectionQuery]:
    """The questions whose answers together are the collections asked for.

    Words in ``q`` apart by commas are alternatives (OGC API - Records, parameter q).

    Raises:
        BadQuery: A parameter is not to be used.
    """
    bbox = parameters.get("bbox")
    start_us, end_us = _interval(parameters.get("datetime"))
    query = CollectionQuery(
        bbox=None if bbox is None else bbox_of_text(bbox), start_us=start_us, end_us=end_us
    )
    words = _names(parameters, "q") or []
    if len(words) > _MOST_WORDS:
        raise BadQuery(f"q may hold {_MOST_WORDS} alternatives at most.")
    return [replace(query, text=(word,)) for word in words] or [query]


def limit_of(parameters: QueryParams, largest: int = MAX_LIMIT) -> int | None:
    """The limit asked for; None when none was.

    Raises:
        BadQuery: It is no number from 1 to ``largest``.
    """
    text = parameters.get("limit")
    if text is None:
        return None
    # isdecimal() takes other scripts' digits too, and int() reads them; few digits bound the work.
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(largest))
    return _checked_limit(int(text) if is_number else 0, largest)


def _asked(query: ItemQuery, parameters: QueryParams) -> ItemsAsked:
    """``query`` with the parameters that search and items have in common."""
    bbox, fields = parameters.get("bbox"), parameters.get("fields")
    query = replace(
        query,
        bbox=None if bbox is None else bbox_of_text(bbox),
        filter=_filter_of_query(parameters),
        sortby=_order(map(_sort_of_text, _names(parameters, "sortby") or ())),
        token=parameters.get("token"),
    )
    query = _checked(_with_time(query, parameters.get("datetime")))
    return ItemsAsked(query, None if fields is None else Fields.of_text(fields))


def _checked(query: ItemQuery) -> ItemQuery:
    if query.bbox is not None and query.intersects is not None:
        raise BadQuery("Give bbox or intersects, not both.")
    return query


def _limit_of_search(limit: int) -> int:
    return min(_checked_limit(limit, MAX_SEARCH_LIMIT), MAX_LIMIT)


def _checked_limit(limit: int, largest: int) -> int:
    if not 1 <= limit <= largest:
        raise BadQuery(f"limit must be a number from 1 to {largest}.")
    return limit


def _names(parameters: QueryParams, name: str) -> list[str] | None:
    """The values of a list parameter, apart by commas or given several times."""
    if name not in parameters:
        return None
    return [part for text in parameters.getlist(name) for part in text.split(",") if part]


def _geometry_of_text(text: str | None) -> Any:
    return None if text is None else checked_geometry(json_of_text(text, "intersects is not JSON."))


def _with_time(query: ItemQuery, text: str | None) -> ItemQuery:
    start_us, end_us = _interval(text)
    return replace(query, start_us=start_us, end_us=end_us)


def _interval(text: str | None) -> tuple[int | None, int | None]:
    return (None, None) if text is None else interval_us(text)


def _filter_of_query(parameters: QueryParams) -> Any:
    text = parameters.get("filter")
    check_crs(parameters.get("filter-crs"))
    return None if text is None else filter_of_text(text, parameters.get("filter-lang"))


def _filter_of_body(asked: SearchBody) -> Any:
    check_crs(asked.filter_crs)
    check_language(asked.filter_lang)
    if asked.filter is None:
        return None
    if isinstance(asked.filter, str):
        return filter_of_text(asked.filter, "cql2-text")
    return filter_of_json(asked.filter)


def _sort_of_text(text: str) -> tuple[str, Direction]:
    # A "+" that was not percent-encoded arrives as a space.
    if text.startswith("-"):
        return text[1:].strip(), "desc"
    return text.removeprefix("+").strip(), "asc"


def _order(sorts: Iterable[tuple[str, Direction]]) -> Order:
    order = tuple(sorts)
    if len(order) > _MOST_SORTS:
        raise BadQuery(f"sortby takes at most {_MOST_SORTS} fields.")
    return order
