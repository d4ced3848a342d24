"""A STAC item or collection reduced to what filters judge and the manifest writes."""

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .. import layout
from ..sources.buckets import ADDRESSES as ADDRESSES_OF_BUCKETS
from ..sources.links import joined
from ..sources.parsing import parsed
from ..sources.source import PlainFile, SourceObject
from .plain_items import bare_collection, plain_record
from .records import COMMON_KEYS, NO_DETAILS, Asset, Details, ItemRecord, Times, digests_named, size_named
from .report import Failure
from .source_links import source_paths

SCHEMES = ("http", "https", *ADDRESSES_OF_BUCKETS)


def item_record(
    source_object: SourceObject, dataset_id: str, wanted: Details = NO_DETAILS
) -> ItemRecord | Failure | None:
    """The record of an object, a row when it is broken as a whole, None when it is no STAC object.

    A catalog archive may hold other JSON (styles, splits): whatever is neither a Collection
    nor has an id and assets is left alone.
    """
    if source_object.text is not None and source_object.body is None:
        record = plain_record(source_object.text, source_object.place, wanted) or bare_collection(
            source_object.text
        )
        if record is not None:
            return record
        source_object = parsed(source_object)
    if source_object.error is not None:
        return Failure(f"{source_object.place}: {source_object.error}", dataset_id)
    if source_object.plain is not None:
        return _record_of_file(source_object.plain, dataset_id)
    body = source_object.body
    if body is None or not _is_wanted(body):
        return None
    is_collection = body.get("type") == "Collection"
    try:
        collection_id, item_id = _identity(body, source_object.place, is_collection=is_collection)
    except ValueError as error:
        return Failure(f"{source_object.place}: {error}", dataset_id)
    record = _record(body, source_object, dataset_id, collection_id, item_id)
    if item_id is not None and any(wanted):
        record = _detailed(record, body, source_object.place, wanted)
    return _of_unicode(record, source_object.place, dataset_id)


def _of_unicode(record: ItemRecord, place: str, dataset_id: str) -> ItemRecord | Failure:
    """The record, unless one of its texts holds half a character, as JSON may: no file takes it."""
    try:
        json.dumps(msgspec.to_builtins(record), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return Failure(f"{place}: a text in it is no Unicode", dataset_id)
    return record


def _is_wanted(body: Mapping[str, Any]) -> bool:
    """Whether it is a collection or an item; older ones do not say what they are."""
    kind = body.get("type")
    return kind in ("Collection", "Feature") or (kind != "Catalog" and "assets" in body)


def _record_of_file(file: PlainFile, dataset_id: str) -> ItemRecord:
    """A file without STAC, as an item of one asset that lies where it lay."""
    extension = layout.extension(file.path, None)
    asset = Asset(file.path, file.href, extension, file.path, is_common=False, size_bytes=file.size_bytes)
    return ItemRecord(collection_id=dataset_id, item_id=file.path, assets=(asset,))


def _detailed(record: ItemRecord, body: Mapping[str, Any], place: str, wanted: Details) -> ItemRecord:
    return msgspec.structs.replace(
        record,
        properties_json=_json_or_none(body.get("properties")) if wanted.properties else None,
        sources=tuple(source_paths(body, place)) if wanted.sources else (),
    )


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
    href, alternates = _hrefs(entry["href"].strip(), entry.get("alternate"), base_href)
    media_type = entry.get("type") if isinstance(entry.get("type"), str) else None
    roles = entry.get("roles")
    extension = layout.extension(href, media_type)
    if item_id is None:
        save_path = layout.collection_asset_path(collection_id, key, extension)
    else:
        save_path = layout.item_asset_path(collection_id, item_id, key, extension)
    return Asset(
        key=key,
        href=href,
        extension=extension,
        save_path=save_path,
        is_common=key in COMMON_KEYS,
        size_bytes=size_named(entry.get("file:size")),
        digests=digests_named(entry.get("file:checksum")),
        media_type=media_type,
        roles=tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        alternates=alternates,
    )


def _hrefs(href: str, alternate: Any, base_href: str | None) -> tuple[str, tuple[str, ...]]:
    """An asset's address, and its others; where its own cannot be asked, the first of them takes its place.

    Raises:
        ValueError: Not one of them can be asked.

    Source: the extension alternate-assets, whose addresses are of one and the same file.
    """
    others = _alternates(alternate, base_href)
    try:
        return _absolute(href, base_href), others
    except ValueError:
        if not others:
            raise
        return others[0], others[1:]


def _alternates(alternate: Any, base_href: str | None) -> tuple[str, ...]:
    """Those that can be asked: one that cannot is no fault while there are others."""
    entries = alternate.values() if isinstance(alternate, Mapping) else ()
    found: dict[str, None] = {}
    for entry in entries:
        href = entry.get("href") if isinstance(entry, Mapping) else None
        if isinstance(href, str) and href.strip() and "\n" not in href.strip():
            with contextlib.suppress(ValueError):
                found[_absolute(href.strip(), base_href)] = None
    return tuple(found)


def _times(properties: Mapping[str, Any]) -> Times:
    return Times(*(properties.get(name) for name in ("datetime", "start_datetime", "end_datetime")))


def _json_or_none(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


def _absolute(href: str, base_href: str | None) -> str:
    parts = urlsplit(href)
    if not parts.scheme and base_href is not None:
        href = joined(base_href, href)
        parts = urlsplit(href)
    if not parts.scheme:
        raise ValueError(
            f'href "{href}" is relative, and its item has no absolute self link to say where it starts'
        )
    if parts.scheme.lower() == "file" and (base_href or "").startswith("file:"):
        return href  # of a catalog on this machine, which may name its neighbours
    if parts.scheme.lower() not in SCHEMES:
        raise ValueError(
            f'href "{href}" has the scheme "{parts.scheme}"; only {", ".join(SCHEMES)} can be fetched'
        )
    if not parts.netloc:
        raise ValueError(f'href "{href}" names no host')
    return href
