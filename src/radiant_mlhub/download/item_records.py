"""A STAC item or collection reduced to what filters judge and the manifest writes."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

import msgspec

from .. import digests, layout
from ..sources.catalog_archive import parsed
from ..sources.source import SourceObject
from .report import Failure

SCHEMES = ("http", "https", "s3")

# Nearly all hrefs: nothing encoded in the last segment, one plain extension.
_ORDINARY_HREF = re.compile(r"https?://[A-Za-z0-9._:-]+/(?:[^?#\s]*/)?[^/?#%\s]+(\.[A-Za-z0-9]{1,16})")
_COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst", ".lz4", ".br"})
_COMMON = frozenset(layout.COMMON_ASSET_NAMES)


class Asset(msgspec.Struct, frozen=True):
    """One asset of an item, with the path it would have were nobody else to want it.

    Attributes:
        key: Its key in the item.
        href: Its absolute address.
        extension: ``.tif``, ``.tar.gz``; empty where neither href nor media type tells.
        save_path: Its own path, posix, relative to the dataset's folder.
        is_common: Whether its key is one of ``COMMON_ASSET_NAMES``.
        size_bytes: ``file:size``; None where the catalog names none.
        digests: ``file:checksum`` as ``"<name>:<hex>"``.
        path_crc: CRC-32 of the folded ``save_path``, where it is known already: see ``path_crc``.
    """

    key: str
    href: str
    extension: str
    save_path: str
    is_common: bool
    size_bytes: int | None = None
    digests: tuple[str, ...] = ()
    path_crc: int | None = None


class Times(msgspec.Struct, frozen=True):
    """When an item was taken, as its properties say it."""

    datetime: Any = None
    start_datetime: Any = None
    end_datetime: Any = None


class ItemRecord(msgspec.Struct, frozen=True):
    """An item and its assets, or a collection and the assets of its own.

    Attributes:
        item_id: None for a collection.
        bbox_json: Its ``bbox``, as JSON on one line; None without.
        geometry_json: Its ``geometry``, likewise.
        assets: What can be fetched.
        broken: What cannot, as rows of the report.
    """

    collection_id: str
    item_id: str | None
    bbox_json: str | None = None
    geometry_json: str | None = None
    times: Times = Times()
    assets: tuple[Asset, ...] = ()
    broken: tuple[Failure, ...] = ()


class _PlainAsset(msgspec.Struct):
    href: str
    type: str | None = None
    size_bytes: Any = msgspec.field(default=None, name="file:size")
    checksum: Any = msgspec.field(default=None, name="file:checksum")


class _PlainItem(msgspec.Struct):
    """What is needed of an item that is as it should be."""

    type: Literal["Feature"]
    id: str
    collection: str
    assets: dict[str, _PlainAsset]
    properties: Times = Times()
    bbox: msgspec.Raw = msgspec.Raw(b"null")
    geometry: msgspec.Raw = msgspec.Raw(b"null")


_plain_item = msgspec.json.Decoder(_PlainItem).decode


def item_record(source_object: SourceObject, dataset_id: str) -> ItemRecord | Failure | None:
    """The record of an object, a row when it is broken as a whole, None when it is no STAC object.

    A catalog archive may hold other JSON (styles, splits): whatever is neither a Collection
    nor has an id and assets is left alone.
    """
    if source_object.text is not None:
        record = _plain_record(source_object.text)
        if record is not None:
            return record
        source_object = parsed(source_object)
    if source_object.error is not None:
        return Failure(f"{source_object.place}: {source_object.error}", dataset_id)
    body = source_object.body
    if body is None or body.get("type") == "Catalog":
        return None
    is_collection = body.get("type") == "Collection"
    if not is_collection and not (body.get("type") == "Feature" or "assets" in body):
        return None
    try:
        collection_id, item_id = _identity(body, source_object.place, is_collection=is_collection)
    except ValueError as error:
        return Failure(f"{source_object.place}: {error}", dataset_id)
    return _record(body, source_object, dataset_id, collection_id, item_id)


def _plain_record(text: bytes) -> ItemRecord | None:
    """The record of an item that is as it should be; None where a closer look is needed.

    Parsing what is needed alone, and checking the common case by one pattern, is three times as
    fast as the closer look, which gives the same.
    """
    try:
        item = _plain_item(text)
        folder = f"{layout.safe_component(item.collection)}/{layout.safe_component(item.id)}/"
        return ItemRecord(
            collection_id=item.collection,
            item_id=item.id,
            bbox_json=_one_line(item.bbox),
            geometry_json=_one_line(item.geometry),
            times=item.properties,
            assets=_plain_assets(folder, item.assets),
        )
    except (ValueError, RecursionError):
        return None


def _plain_assets(folder: str, entries: Mapping[str, _PlainAsset]) -> tuple[Asset, ...]:
    folder_crc = path_crc(folder)
    assets = []
    for key, entry in entries.items():
        found = _ORDINARY_HREF.fullmatch(entry.href)
        if found is None or found[1].lower() in _COMPRESSED:
            raise ValueError(entry.href)
        name, folded_name = _file_name(key, found[1])
        assets.append(
            Asset(
                key,
                entry.href,
                found[1],
                folder + name,
                key in _COMMON,
                None if entry.size_bytes is None else _size(entry.size_bytes),
                () if entry.checksum is None else _digests(entry.checksum),
                zlib.crc32(folded_name, folder_crc),
            )
        )
    return tuple(assets)


@lru_cache(maxsize=4096)
def _file_name(key: str, extension: str) -> tuple[str, bytes]:
    """The file's name, and folded, as bytes: most items of a dataset have the same few keys."""
    name = layout.collection_asset_path("-", key, extension).rpartition("/")[2]
    return name, layout.folded(name).encode()


def path_crc(path: str) -> int:
    """A number that is the same for paths that are one file on some system, and rarely for others."""
    return zlib.crc32(layout.folded(path).encode(errors="surrogatepass"))


def _one_line(raw: msgspec.Raw) -> str | None:
    text = msgspec.json.format(raw, indent=0).decode()
    return None if text == "null" else text


def _record(
    body: Mapping[str, Any],
    source_object: SourceObject,
    dataset_id: str,
    collection_id: str,
    item_id: str | None,
) -> ItemRecord:
    assets: list[Asset] = []
    broken: list[Failure] = []
    for key, entry in _asset_entries(body):
        href = entry.get("href") if isinstance(entry, Mapping) else None
        try:
            assets.append(_asset(collection_id, item_id, key, entry, source_object.base_href))
        except ValueError as error:
            broken.append(Failure(str(error), dataset_id, collection_id, item_id, key, str(href or "")))
    properties = body.get("properties")
    return ItemRecord(
        collection_id=collection_id,
        item_id=item_id,
        bbox_json=_json_or_none(body.get("bbox")),
        geometry_json=_json_or_none(body.get("geometry")),
        times=_times(properties) if item_id is not None and isinstance(properties, Mapping) else Times(),
        assets=tuple(assets),
        broken=tuple(broken),
    )


def _identity(body: Mapping[str, Any], place: str, *, is_collection: bool) -> tuple[str, str | None]:
    own_id = body.get("id")
    if not isinstance(own_id, str) or not own_id:
        raise ValueError('it has no "id"')
    layout.safe_component(own_id)
    if is_collection:
        return own_id, None
    collection_id = body.get("collection")
    if collection_id is None and "/" in place:
        # An item without "collection" still lies in its collection's folder.
        collection_id = place.split("/", 1)[0]
    if not isinstance(collection_id, str):
        raise ValueError('it has no "collection", and lies in no collection\'s folder')  # noqa: TRY004 - the item's fault, not the caller's
    layout.safe_component(collection_id)
    return collection_id, own_id


def _asset_entries(body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    assets = body.get("assets")
    if isinstance(assets, Mapping):
        yield from assets.items()


def _asset(collection_id: str, item_id: str | None, key: str, entry: Any, base_href: str | None) -> Asset:
    """The asset, checked.

    Raises:
        ValueError: It has no href, one of an unknown scheme, or a key that cannot be a file name.
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("href"), str) or not entry["href"]:
        raise ValueError(f'asset "{key}" has no href')
    href = _absolute(entry["href"].strip(), base_href)
    media_type = entry.get("type")
    extension = layout.extension(href, media_type if isinstance(media_type, str) else None)
    if item_id is None:
        save_path = layout.collection_asset_path(collection_id, key, extension)
    else:
        save_path = layout.item_asset_path(collection_id, item_id, key, extension)
    return Asset(
        key=key,
        href=href,
        extension=extension,
        save_path=save_path,
        is_common=key in _COMMON,
        size_bytes=_size(entry.get("file:size")),
        digests=_digests(entry.get("file:checksum")),
    )


def _times(properties: Mapping[str, Any]) -> Times:
    return Times(*(properties.get(name) for name in ("datetime", "start_datetime", "end_datetime")))


def _json_or_none(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _size(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _absolute(href: str, base_href: str | None) -> str:
    parts = urlsplit(href)
    if not parts.scheme and base_href is not None:
        href = urljoin(base_href, href)
        parts = urlsplit(href)
    if not parts.scheme:
        raise ValueError(
            f'href "{href}" is relative, and its item has no absolute self link to say where it starts'
        )
    if parts.scheme.lower() not in SCHEMES:
        raise ValueError(
            f'href "{href}" has the scheme "{parts.scheme}"; only {", ".join(SCHEMES)} can be fetched'
        )
    if not parts.netloc:
        raise ValueError(f'href "{href}" names no host')
    return href


def _digests(checksum: Any) -> tuple[str, ...]:
    """The catalog's checksum where it can be understood.

    One of an unknown kind is no fault of the asset: it is then verified by length.
    """
    if not isinstance(checksum, str):
        return ()
    try:
        digest = digests.from_multihash(checksum)
    except ValueError:
        return ()
    return (digest,) if digests.can_check(digest.partition(":")[0]) else ()
