"""Items in one file: a line each (newline-delimited JSON), or a FeatureCollection.

Source: STAC's ItemCollection is a GeoJSON FeatureCollection of items (RFC 7946, section 3.3);
newline-delimited JSON is what tools for many items write. The first byte that is not blank and
what follows the first value tell which of the two a file is.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..exceptions import CatalogBroken, UnsafeName
from ..tar_reader import Limits
from ..transfer import Request, RequestFor, Slow
from .described import is_labels
from .local_reading import read_from
from .parsing import json_value
from .source import Memory, SourceObject, Wanted
from .tree import object_place


class _FeatureCollection(msgspec.Struct):
    features: list[msgspec.Raw]
    type: str = ""


class _Named(msgspec.Struct):
    """What says where an item's JSON lies."""

    id: str
    collection: str | None = None
    type: str | None = None


_named = msgspec.json.Decoder(_Named).decode
_feature_collection = msgspec.json.Decoder(_FeatureCollection).decode


class ItemFile:
    """Items in one file of this machine.

    A FeatureCollection is in memory while it is read; of lines, one at a time.

    Attributes:
        dataset_id: The dataset; also the collection of items that name none.
        label: The file's name.
        version: What tells it from another file of that name.
    """

    def __init__(
        self,
        dataset_id: str,
        path: Path,
        request_for: RequestFor,
        *,
        base_href: str | None = None,
        version: str | None = None,
    ) -> None:
        self.dataset_id = dataset_id
        self.label = path.name
        self.version = version
        self._path = path
        self._base_href = base_href
        self._request_for = request_for

    def narrows(self, wanted: Wanted) -> bool:
        """False: every item is read."""
        return False

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject]:
        """Every item, in the file's order.

        Raises:
            CatalogBroken: It is no file of items, or cannot be read.
        """
        for number, text in enumerate(self._texts(), 1):
            try:
                place = self._place(text)
            except ValueError as error:
                yield SourceObject(f"{self.label}, item {number}", error=str(error))
            else:
                yield SourceObject(place, text=text, base_href=self._base_href)

    def collections(self) -> Iterator[tuple[str, bool]]:
        """Ids of the collections that items name, and whether an item of it carries labels."""
        labels: dict[str, bool] = {}
        for text in self._texts():
            try:
                body = json_value(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(body, dict):
                collection_id = str(body.get("collection") or self.dataset_id)
                labels[collection_id] = labels.get(collection_id, False) or is_labels(body)
        yield from labels.items()

    def _place(self, text: bytes) -> str:
        try:
            named = msgspec.to_builtins(_named(text))
        except msgspec.MsgspecError:
            named = json_value(text)
            if not isinstance(named, dict):
                raise UnsafeName("it is no JSON object") from None
        return object_place(named, self.dataset_id)

    def _texts(self) -> Iterator[bytes]:
        with read_from(self._path), self._path.open("rb") as file:
            limit = Limits().member_bytes
            first = file.readline(limit).removeprefix(b"\xef\xbb\xbf")
            while first.isspace():
                first = file.readline(limit)
            if _is_item(first):
                yield first
                for line in file:
                    if not line.isspace():
                        yield line
                return
        yield from self._features()

    def _features(self) -> Iterator[bytes]:
        with read_from(self._path):
            content = self._path.read_bytes()
        try:
            found = _feature_collection(content.removeprefix(b"\xef\xbb\xbf"))
        except msgspec.MsgspecError as error:
            raise CatalogBroken(
                f"{self._path} holds no items: neither one on each line nor a FeatureCollection ({error})"
            ) from error
        for feature in found.features:
            yield bytes(feature)


def _is_item(line: bytes) -> bool:
    """Whether the first line of a file is an item by itself."""
    try:
        found = json_value(line)
        return isinstance(found, dict) and found.get("type") == "Feature"
    except (ValueError, RecursionError):
        return False
