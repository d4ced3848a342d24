"""What the files of one walk hold: the links that lead on, and the objects to hand out."""

import sys
from collections.abc import Callable, Iterator

from ..exceptions import CatalogBroken
from ..masking import masked
from .catalog_addresses import CatalogAddresses
from .documents import Document, NotStac, document, items_of
from .links import Link, LinkBroken, Links
from .source import SourceObject
from .tree import CATALOG_PLACE, object_place
from .walk import File

TextOf = Callable[[File], bytes]
"""The bytes of a file that is here. Raises ``NotStac`` where it cannot be read."""

MostItems = Callable[[str | None], int]
"""How many links to items are to be followed in a collection, by its id; by None, in a catalog or page."""

EVERY_ITEM = sys.maxsize

_TO_ITEMS = frozenset({"item", "items", "next"})


class FileContents:
    """Reads the files of one walk, each when the walk comes to it.

    Attributes:
        items: How many items were handed out.
    """

    def __init__(
        self,
        dataset_id: str,
        text_of: TextOf,
        addresses: CatalogAddresses,
        *,
        most_items: MostItems,
    ) -> None:
        """Begin.

        Args:
            dataset_id: What an item is taken to be part of where nothing else says it.
            text_of: Reads a file.
            addresses: Where its links lead.
            most_items: How many items are read.
        """
        self.items = 0
        self._dataset_id = dataset_id
        self._text_of = text_of
        self._addresses = addresses
        self._most_items = most_items
        self._last: tuple[int, Document] | None = None

    def opened(self, file: File) -> Iterator[Link | LinkBroken]:
        """The links to what is part of the catalog, their addresses complete.

        Raises:
            NotStac: It is no STAC JSON.
        """
        held = self._document(file)
        file.own_id, file.is_collection = held.id or "", held.kind == "collection"
        if file.number == 1:
            self._addresses.begin(file.base_href, _self_href(held))
        return self._links(file, held)

    def objects(self, file: File) -> Iterator[SourceObject]:
        """What ``file`` holds, or the reason why it cannot be read.

        Raises:
            CatalogBroken: It is the root, and cannot be read.
        """
        try:
            held = None if file.error is not None else self._document(file)
        except NotStac as error:
            file.error = str(error)
            held = None
        if held is None:
            yield self._broken(file, file.error or "")
            return
        if held.kind == "catalog":  # one below the root only leads on
            if file.number == 1:
                yield SourceObject(CATALOG_PLACE, {"type": "Catalog"}, text=held.text)
            return
        for each in items_of(held) if held.kind == "items" else [held]:
            if isinstance(each, NotStac):
                yield self._broken(file, str(each))
            else:
                yield self.object_of(file, each)

    def _links(self, file: File, held: Document) -> Iterator[Link | LinkBroken]:
        items_left = self._most_items(held.id if held.kind == "collection" else None)
        for link in held.links:
            if isinstance(link, LinkBroken):
                yield link
                continue
            if link.rel in _TO_ITEMS:
                if not items_left:
                    continue
                items_left -= 1
            yield from self._resolved(file, link)

    def _resolved(self, file: File, link: Link) -> Iterator[Link | LinkBroken]:
        try:
            href = self._addresses.resolved(file.base_href, link.href)
        except LinkBroken as error:
            yield error
        else:
            if href is not None:
                yield Link(link.rel, href)

    def object_of(self, file: File, held: Document) -> SourceObject:
        """The object that ``held`` is."""
        body = held.body()
        named = body or {"type": "Feature", "id": held.id, "collection": held.collection_id}
        try:
            place = object_place(named, file.parent_id or self._dataset_id)
        except ValueError as error:
            return self._broken(file, f"holds an object that cannot be kept: {error}")
        self.items += held.kind == "item"
        base_href = self._addresses.base_href(file.base_href)
        return SourceObject(place, body, base_href, text=held.text)

    def _broken(self, file: File, reason: str) -> SourceObject:
        name = masked(file.href)
        # The engine's words begin with the address; a reason of ours follows on it.
        told = reason if not file.href or name in reason else f"{name} {reason}"
        if file.number == 1:
            raise CatalogBroken(f"{told}.")
        return SourceObject(masked(file.linked_from), error=f"one of its links: {told}")

    def _document(self, file: File) -> Document:
        if self._last is None or self._last[0] != file.number:
            self._last = file.number, document(self._text_of(file))
        return self._last[1]


def _self_href(root: Document) -> str | None:
    """The address that a root says it has."""
    links = Links(root.links.texts, frozenset({"self"}))
    return next((link.href for link in links if isinstance(link, Link)), None)
