"""Items as nearly all of them are, read three times as fast as by the closer look of ``item_records``.

What is needed alone is parsed, and the common case checked by one pattern; both give the same record.
"""

import re
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal

import msgspec

from .. import layout
from .records import (
    COMMON_KEYS,
    NO_DETAILS,
    Asset,
    Details,
    ItemRecord,
    Times,
    digests_named,
    path_crc,
    size_named,
)
from .source_links import SOURCE, linked_path

# An address up to its last slash, and what follows: nothing encoded, and one plain extension.
_ORDINARY_FOLDER = re.compile(r"https?://[A-Za-z0-9._:-]+(?:/[^?#\s]*)?")
_ORDINARY_NAME = re.compile(r"[^/?#%\s]+(\.[A-Za-z0-9]{1,16})")
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4", ".br"})


class _PlainAsset(msgspec.Struct, gc=False):
    href: str
    type: str | None = None
    size_bytes: Any = msgspec.field(default=None, name="file:size")
    checksum: Any = msgspec.field(default=None, name="file:checksum")
    roles: tuple[str, ...] = ()
    alternate: Any = None


class _PlainItem(msgspec.Struct, gc=False):
    """What is needed of an item that is as it should be."""

    type: Literal["Feature"]
    id: str
    collection: str
    assets: dict[str, _PlainAsset]
    properties: Times = Times()
    bbox: msgspec.Raw = msgspec.Raw(b"null")
    geometry: msgspec.Raw = msgspec.Raw(b"null")


class _BareCollection(msgspec.Struct, gc=False):
    """What is needed of a collection that has nothing to download itself; what it must not have is unset."""

    type: Literal["Collection"]
    id: str
    assets: dict[str, object] = {}
    bbox: msgspec.UnsetType = msgspec.UNSET
    geometry: msgspec.UnsetType = msgspec.UNSET


class _PlainLink(msgspec.Struct):
    rel: str
    href: str


class _Details(msgspec.Struct):
    """What ``records.Details`` may ask for, read on its own: few downloads ask for it."""

    properties: msgspec.Raw = msgspec.Raw(b"null")
    links: list[_PlainLink] = []


_plain_item = msgspec.json.Decoder(_PlainItem).decode
_bare_collection = msgspec.json.Decoder(_BareCollection).decode
_details = msgspec.json.Decoder(_Details).decode


def plain_record(text: bytes, place: str = "", wanted: Details = NO_DETAILS) -> ItemRecord | None:
    """The record of an item that is as it should be; None where a closer look is needed.

    Args:
        text: Its JSON.
        place: Its path in the catalog.
        wanted: What is kept of it besides.
    """
    try:
        item = _plain_item(text)
        details = _details(text) if any(wanted) else None
        folder = f"{layout.safe_component(item.collection)}/{layout.safe_component(item.id)}/"
        return ItemRecord(
            item.collection,
            item.id,
            _one_line(item.bbox),
            _one_line(item.geometry),
            item.properties,
            _plain_assets(folder, item.assets),
            properties_json=_one_line(details.properties) if details and wanted.properties else None,
            sources=_sources(place, details.links) if details and wanted.sources else (),
        )
    except (msgspec.MsgspecError, ValueError, RecursionError):  # older releases: the first is no ValueError
        return None


def bare_collection(text: bytes) -> ItemRecord | None:
    """The record of a collection without assets of its own; None where a closer look is needed.

    It may link to every one of its items: a hundred thousand of them parsed take 40 MiB.
    """
    try:
        collection = _bare_collection(text)
        layout.safe_component(collection.id)  # which refuses what can be no name of a folder
        return None if collection.assets else ItemRecord(collection.id, None)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None


def _plain_assets(folder: str, entries: Mapping[str, _PlainAsset]) -> tuple[Asset, ...]:
    folder_crc = path_crc(folder)
    assets = []
    ordinary_address = None
    for key, entry in entries.items():
        href = entry.href
        address, _, name = href.rpartition("/")
        found = _ORDINARY_NAME.fullmatch(name)
        if found is None or entry.alternate is not None:
            raise ValueError(href)
        if address != ordinary_address:  # an item's assets lie side by side, mostly
            if _ORDINARY_FOLDER.fullmatch(address) is None:
                raise ValueError(href)
            ordinary_address = address
        extension = found[1]
        name, folded_name, is_common = _file_name(key, extension)
        assets.append(
            Asset(
                key,
                href,
                extension,
                folder + name,
                is_common,
                None if entry.size_bytes is None else size_named(entry.size_bytes),
                () if entry.checksum is None else digests_named(entry.checksum),
                zlib.crc32(folded_name, folder_crc),
                entry.type,
                entry.roles,
            )
        )
    return tuple(assets)


@lru_cache(maxsize=4096)
def _file_name(key: str, extension: str) -> tuple[str, bytes, bool]:
    """The file's name, and folded, as bytes, and whether the key is a common one.

    Most items of a dataset have the same few keys.
    """
    if extension.lower() in _COMPRESSED:
        raise ValueError(extension)
    name = layout.collection_asset_path("-", key, extension).rpartition("/")[2]
    return name, layout.folded(name).encode(), key in COMMON_KEYS


def _sources(place: str, links: Sequence[_PlainLink]) -> tuple[str, ...]:
    return tuple(linked_path(place, link.href) for link in links if link.rel == SOURCE)


def _one_line(raw: msgspec.Raw) -> str | None:
    text = msgspec.json.format(raw, indent=0).decode()
    return None if text == "null" else text
