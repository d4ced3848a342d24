"""The questions that a hub's database answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

BBox = tuple[float, float, float, float]
"""West, south, east, north in degrees; west > east means across the 180th meridian."""


class BadQuery(ValueError):
    """A question that cannot be answered as asked (an unknown token, a filter out of bounds).

    The text says what is wrong; the hub answers it with 400.
    """


@dataclass(frozen=True)
class ItemQuery:
    """Which items are wanted; what is None does not matter.

    Attributes:
        intersects: A GeoJSON geometry.
        start_us: Items whose time ends before are left out (microseconds since 1970 UTC).
        end_us: Items whose time begins after are left out.
        extensions: All of them must stand in ``stac_extensions``, by URL or short name (``label``).
        filter: CQL2 as JSON.
        sortby: Field (``id``, ``datetime``, ``collection``, ``properties.x``) and direction; then by
            collection and id, so that every order is a total one.
        token: What an earlier page gave as ``next_token``.
    """

    collections: Sequence[str] | None = None
    ids: Sequence[str] | None = None
    bbox: BBox | None = None
    intersects: Mapping[str, Any] | None = None
    start_us: int | None = None
    end_us: int | None = None
    extensions: Sequence[str] = ()
    filter: Mapping[str, Any] | None = None
    sortby: Sequence[tuple[str, Literal["asc", "desc"]]] = ()
    limit: int = 10
    token: str | None = None


@dataclass(frozen=True)
class ItemPage:
    """The items asked for, up to the limit.

    Attributes:
        texts: (collection id, item id, ``StoredItem.text``) in the order asked for.
        next_token: Opaque; None on the last page.
    """

    texts: Sequence[tuple[str, str, str]]
    next_token: str | None = None


@dataclass(frozen=True)
class DatasetQuery:
    """Which datasets are wanted.

    Attributes:
        tags: All of them must match, whole, whatever their case.
        text: All of these phrases must stand in id, title, description, citation, tags or creator.
    """

    tags: Sequence[str] = ()
    text: Sequence[str] = ()


@dataclass(frozen=True)
class CollectionQuery:
    """Which collections are wanted: those whose extent meets the box and the time, holding the phrases."""

    bbox: BBox | None = None
    start_us: int | None = None
    end_us: int | None = None
    text: Sequence[str] = field(default=())
