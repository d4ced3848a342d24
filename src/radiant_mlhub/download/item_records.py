"""A STAC item or collection reduced to what filters judge and the manifest writes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from .. import digests, layout
from ..sources.source import SourceObject
from .report import Failure

SCHEMES = ("http", "https", "s3")


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset of an item, with the path it would have were nobody else to want it.

    Attributes:
        key: Its key in the item.
        href: Its absolute address.
        extension: ``.tif``, ``.tar.gz``; empty where neither href nor media type tells.
        save_path: Its own path, posix, relative to the dataset's folder.
        is_common: Whether its key is one of ``COMMON_ASSET_NAMES``.
        size_bytes: ``file:size``; None where the catalog names none.
        digests: ``file:checksum`` as ``"<name>:<hex>"``.
    """

    key: str
    href: str
    extension: str
    save_path: str
    is_common: bool
    size_bytes: int | None = None
    digests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item and its assets, or a collection and the assets of its own.

    Attributes:
        item_id: None for a collection.
        properties: Where its times stand; empty for a collection.
        assets: What can be fetched.
        broken: What cannot, as rows of the report.
    """

    collection_id: str
    item_id: str | None
    bbox: Any = None
    geometry: Any = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    assets: tuple[Asset, ...] = ()
    broken: tuple[Failure, ...] = ()


def item_record(source_object: SourceObject, dataset_id: str) -> ItemRecord | Failure | None:
    """The record of an object, a row when it is broken as a whole, None when it is no STAC object.

    A catalog archive may hold other JSON (styles, splits): whatever is neither a Collection
    nor has an id and assets is left alone.
    """
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
        bbox=body.get("bbox"),
        geometry=body.get("geometry"),
        properties=properties if item_id is not None and isinstance(properties, Mapping) else {},
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
    size_bytes = entry.get("file:size")
    return Asset(
        key=key,
        href=href,
        extension=extension,
        save_path=save_path,
        is_common=key in layout.COMMON_ASSET_NAMES,
        size_bytes=size_bytes if isinstance(size_bytes, int) and size_bytes >= 0 else None,
        digests=_digests(entry.get("file:checksum")),
    )


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
