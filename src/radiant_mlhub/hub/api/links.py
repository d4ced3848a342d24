"""Where an object stands: the links that are not stored, since they depend on the hub's address."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

import msgspec

from ..store import API_PATH, Json
from .answers import GEOJSON, JSON

_BEHIND_ITEM_ID = '"}]'


@dataclass(frozen=True)
class Links:
    """The addresses of the API at one base URL.

    Attributes:
        base_url: Without a slash behind it.
    """

    base_url: str

    @property
    def root(self) -> str:
        """The landing page's address."""
        return self.base_url + API_PATH

    def collection(self, collection_id: str) -> str:
        """A collection's address."""
        return f"{self.root}collections/{quote(collection_id, safe='')}"

    def of_collection(self, collection_id: str) -> list[Json]:
        """What every collection begins its links with, in the order of the hosted service."""
        href = self.collection(collection_id)
        return [
            link("items", f"{href}/items", GEOJSON),
            link("parent", self.root),
            link("root", self.root),
            link("self", href),
        ]

    def of_item(self, collection_id: str, item_id: str) -> list[Json]:
        """What the links of an item say of its place."""
        href = self.collection(collection_id)
        return [
            link("collection", href),
            link("parent", href),
            link("root", self.root),
            link("self", f"{href}/items/{quote(item_id, safe='')}", GEOJSON),
        ]

    def of_model(self, model_id: str) -> list[Json]:
        """What the links of a model say that belongs to no collection here."""
        return [
            link("parent", self.root),
            link("root", self.root),
            link("self", f"{self.root}models/{quote(model_id, safe='')}", GEOJSON),
        ]

    def placed(self, collection_id: str, item_id: str, text: str) -> str:
        """A stored item (its JSON ends with its links) with the links of its place behind them."""
        separator = "" if text.endswith("[]}") else ","
        before = _before_item_id(self.base_url, collection_id)
        # All links go before the "]}" of the item; the one about itself is the last.
        return f"{text[:-2]}{separator}{before}{quote(item_id, safe='')}{_BEHIND_ITEM_ID}}}"


def link(rel: str, href: str, media_type: str = JSON, **more: object) -> Json:
    """One link."""
    return {"rel": rel, "type": media_type, "href": href, **more}


@lru_cache(maxsize=1024)
def _before_item_id(base_url: str, collection_id: str) -> str:
    """The links of an item's place, up to its id, which percent-encoding leaves nothing to escape in."""
    text = msgspec.json.encode(Links(base_url).of_item(collection_id, "")).decode()
    return text.removeprefix("[").removesuffix(_BEHIND_ITEM_ID)
