"""Pages of items, put together from stored text: an item is parsed only where members are left out."""

from collections.abc import Iterator

import msgspec

from ..queries import ItemPage
from ..store import Json
from .answers import with_own_hrefs
from .fields import Fields
from .links import Links


def page_body(page: ItemPage, fields: Fields | None, links: Links, about: Json) -> bytes:
    """A FeatureCollection.

    Args:
        page: What the store has found.
        fields: Which members of the items are wanted; None for all.
        links: Where the hub is.
        about: The other members of the FeatureCollection.
    """
    # In pieces to the end: a page of 10,000 items is 20 MB, of which there should be few copies at once.
    pieces = ['{"type":"FeatureCollection","features":[']
    for feature in _features(page, fields, links):
        pieces += (feature, ",")
    if len(pieces) > 1:
        pieces.pop()
    pieces += ("],", msgspec.json.encode(about).decode()[1:])
    return with_own_hrefs("".join(pieces).encode(), links.base_url)


def counts(page: ItemPage, *, is_first: bool, all_items: int | None = None) -> Json:
    """How many items a page has, and how many there are where that is known without counting.

    Args:
        page: The page.
        is_first: Whether none came before it.
        all_items: How many there are; None when that is not known beforehand.
    """
    returned = len(page.texts)
    if all_items is None and is_first and page.next_token is None:
        all_items = returned
    return {"returned": returned} if all_items is None else {"matched": all_items, "returned": returned}


def _features(page: ItemPage, fields: Fields | None, links: Links) -> Iterator[str]:
    for collection_id, item_id, text in page.texts:
        placed = links.placed(collection_id, item_id, text)
        yield placed if fields is None else _pruned(placed, fields)


def _pruned(text: str, fields: Fields) -> str:
    return msgspec.json.encode(fields.of(msgspec.json.decode(text))).decode()
