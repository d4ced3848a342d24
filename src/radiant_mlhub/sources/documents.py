"""What one JSON file of a static catalog holds, written for STAC 0.8 to 1.1.

Up to STAC 0.9 catalogs and collections name no ``type``, ranges of time are called ``dtr:...``,
and an item may name its collection among its properties.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from .links import DOWNWARDS, Link, Links
from .parsing import json_value
from .reading import BROKEN_JSON, EMPTY, NUL_BYTES, what_it_is

Kind = Literal["catalog", "collection", "item", "items"]

MOST_BYTES = 64 * 1024 * 1024
"""Of one file, as of one member of an archive."""

_KINDS: dict[str, Kind] = {
    "Catalog": "catalog",
    "Collection": "collection",
    "Feature": "item",
    "FeatureCollection": "items",
}
_EMPTY_LIST, _NULL = msgspec.Raw(b"[]"), msgspec.Raw(b"null")
_OF_DAMAGE = (BROKEN_JSON, EMPTY, NUL_BYTES)
"""What a copy that was cut short, or did not begin for want of space, or a crash leaves of STAC."""


class NotStac(ValueError):
    """A file holds no STAC JSON. The text follows on "it": ``is a web page, not STAC JSON``."""


class NeverStac(NotStac):
    """A file is something else: other JSON, or no JSON at all. It was no damage that made it so."""


class _Written(msgspec.Struct):
    """The parts of any STAC object that tell what it is and where it leads."""

    type: Any = None
    id: Any = None
    stac_version: Any = None
    collection: Any = None
    links: msgspec.Raw = _EMPTY_LIST
    features: msgspec.Raw = _EMPTY_LIST
    assets: msgspec.Raw = _NULL
    extent: msgspec.Raw = _NULL
    geometry: msgspec.Raw = _NULL
    properties: msgspec.Raw = _NULL


_read = msgspec.json.Decoder(_Written).decode
_read_texts = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(slots=True)
class Document:
    """One JSON file of a catalog.

    Attributes:
        kind: ``items`` is a FeatureCollection.
        id: As written; None where it is no text, or there is none.
        collection_id: That an item names.
        links: To what is part of it.
        features: The items of a FeatureCollection.
        names_a_version: Whether it has a ``stac_version``, without which it may be any GeoJSON.
        is_old: Whether it is an item to be read as of STAC before 1.0.
        text: The file.
    """

    kind: Kind
    id: str | None
    collection_id: str | None
    links: Links
    features: list[msgspec.Raw]
    names_a_version: bool
    is_old: bool
    text: bytes
    _assets: msgspec.Raw

    def body(self) -> Mapping[str, Any] | None:
        """What has to be parsed of it to name its place and find its assets; None for an item of today.

        Of a collection, not its links: there may be 100,000.
        """
        if self.kind == "collection":
            return {"type": "Collection", "id": self.id, "assets": msgspec.json.decode(self._assets)}
        if self.is_old:
            return _as_of_today(json_value(self.text))
        return None


def document(text: bytes) -> Document:
    """What ``text`` holds.

    Raises:
        NotStac: No JSON, or JSON that is no STAC object.
    """
    if len(text) > MOST_BYTES:
        raise NotStac(f"is longer than {MOST_BYTES // 1024**2} MiB, which no STAC JSON is")
    written = _written(text)
    kind = _kind_of(written)
    if kind is None:
        raise NeverStac("is JSON, but neither a STAC catalog, nor a collection, nor an item")
    return Document(
        kind=kind,
        id=written.id if isinstance(written.id, str) and written.id else None,
        collection_id=written.collection if isinstance(written.collection, str) else None,
        links=Links(_texts(written.links), _relations(kind, written.links)),
        features=_texts(written.features) if kind == "items" else [],
        names_a_version=isinstance(written.stac_version, str),
        is_old=_is_old(kind, written),
        text=text,
        _assets=written.assets,
    )


def items_of(page: Document) -> Iterator[Document | NotStac]:
    """The items of a FeatureCollection, or why one of them cannot be read."""
    for number, text in enumerate(page.features, 1):
        try:
            yield document(bytes(text))
        except NotStac as error:
            yield NotStac(f"holds a feature (number {number}) that {error}")


def _written(text: bytes) -> _Written:
    try:
        return _read(text)
    except msgspec.ValidationError as error:
        raise NeverStac("is JSON, but no object, and so not STAC") from error
    except (msgspec.MsgspecError, RecursionError):
        return _read_closer(text)


def _read_closer(text: bytes) -> _Written:
    """As the standard library reads it, which takes NaN and a BOM, too."""
    try:
        return _read(json.dumps(json_value(text)).replace("NaN", "null").encode())
    except RecursionError as error:
        raise NeverStac("is JSON, but nested too deeply") from error
    except (ValueError, msgspec.MsgspecError) as error:
        found = what_it_is(text)
        raise (NotStac if found in _OF_DAMAGE else NeverStac)(f"is {found}, not STAC JSON") from error


def _kind_of(written: _Written) -> Kind | None:
    if written.type is None:
        return _kind_without_type(written)
    kind = _KINDS.get(written.type) if isinstance(written.type, str) else None
    return None if kind == "catalog" and written.id is None else kind


def _kind_without_type(written: _Written) -> Kind | None:
    """STAC up to 0.9: what has an extent is a collection."""
    if _NULL not in (written.geometry, written.assets):
        return "item"
    if written.id is None or written.links == _EMPTY_LIST:
        return None
    return "catalog" if written.extent == _NULL else "collection"


def _relations(kind: Kind, links: msgspec.Raw) -> frozenset[str]:
    if kind == "items":
        return frozenset({"next"})
    if kind == "item":
        return frozenset()
    # Where each item has a link, a page of items has the same ones once more.
    has_item = any(isinstance(link, Link) for link in Links(_texts(links), frozenset({"item"})))
    return DOWNWARDS - {"items"} if has_item else DOWNWARDS


def _is_old(kind: Kind, written: _Written) -> bool:
    is_before_1 = written.type is None or str(written.stac_version).startswith("0.")
    return kind == "item" and (is_before_1 or not isinstance(written.collection, str))


def _as_of_today(body: dict[str, Any]) -> dict[str, Any]:
    """An item of STAC 0.8 or 0.9 with its fields where they are looked for today."""
    properties = body.get("properties")
    properties = dict(properties) if isinstance(properties, dict) else {}
    for name in ("start_datetime", "end_datetime"):
        if f"dtr:{name}" in properties:
            properties.setdefault(name, properties[f"dtr:{name}"])
    body = {**body, "type": "Feature", "properties": properties}
    if not isinstance(body.get("collection"), str) and isinstance(properties.get("collection"), str):
        body["collection"] = properties["collection"]
    return body


def _texts(raw: msgspec.Raw) -> list[msgspec.Raw]:
    try:
        return _read_texts(raw)
    except msgspec.MsgspecError:
        return []
