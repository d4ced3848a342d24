"""Names in filters that the catalog does not have: told with the nearest ones, before a file is fetched."""

import heapq
from collections.abc import Iterable, Iterator, Sequence

from ..exceptions import UnknownInFilter
from .asset_filter import AssetFilter, media_types
from .manifest import Manifest
from .nearest import instead
from .options import DownloadOptions, asked_filters

# The nearest of so many ids are told within a second; the others have less in common at their ends.
_IDS_COMPARED = 500
_ITEMS_LOOKED_AT = 1000

# What a source may leave items out for, instead of the filters here.
_NARROWING = {"collection_filter", "ids", "datetime", "bbox", "intersects", "filter"}

_HAS_PROPERTY = """
SELECT 1 FROM items
WHERE CASE WHEN json_valid(properties_json) THEN json_type(properties_json, ?) END IS NOT NULL LIMIT 1
"""
_PROPERTIES = f"""
SELECT DISTINCT key FROM
    (SELECT properties_json FROM items WHERE json_valid(properties_json) LIMIT {_ITEMS_LOOKED_AT}),
    json_each(properties_json)
"""  # noqa: S608 - a number of ours


def check_names(options: DownloadOptions, manifest: Manifest, *, sees_everything: bool = True) -> None:
    """Refuse filters that name a collection, asset, item or property the catalog does not have.

    Args:
        options: The filters.
        manifest: The rows of the catalog.
        sees_everything: Whether they are all of its rows. Where the source left out what other filters
            do not ask for, a collection, item or property may be in the rest, and nothing is said of it;
            asset keys, roles and types that nothing has that is left are told all the same.

    Raises:
        UnknownInFilter: It names the nearest ones that are there.
    """
    hidden_by = set() if sees_everything else _NARROWING & asked_filters(options)
    if options.collection_filter is not None:
        _check_collections(options, manifest, is_whole=not hidden_by - {"collection_filter"})
    if options.assets is not None:
        _check_assets(options, manifest, is_whole=not hidden_by)
    if options.ids is not None and not hidden_by - {"ids"}:
        _check_ids(options.dataset_id, options.ids, manifest)
    if options.filter is not None and not hidden_by:
        _check_properties(options, manifest)


def _check_collections(options: DownloadOptions, manifest: Manifest, *, is_whole: bool) -> None:
    keys = _keys_by_collection(manifest)
    for collection_id, asked in (options.collection_filter or {}).items():
        if collection_id not in keys:
            if not is_whole:
                continue
            raise UnknownInFilter(
                f'collection_filter names the collection "{collection_id}", '
                f'which "{options.dataset_id}" does not have. ' + instead(collection_id, list(keys))
            )
        for key in asked if is_whole or keys[collection_id] else ():
            if key not in keys[collection_id]:
                raise UnknownInFilter(
                    f'collection_filter names the asset key "{key}", '
                    f'which no item of "{collection_id}" has{_as_far_as_seen(is_whole)}. '
                    + instead(key, list(keys[collection_id]))
                )


def _as_far_as_seen(is_whole: bool) -> str:
    return "" if is_whole else ", as far as other filters leave them"


def _keys_by_collection(manifest: Manifest) -> dict[str, set[str]]:
    """The asset keys of every collection, in one look at the rows however many are asked for."""
    rows = manifest.connection.execute("SELECT DISTINCT collection_id FROM items")
    keys: dict[str, set[str]] = {collection_id: set() for (collection_id,) in rows}
    rows = manifest.connection.execute(
        "SELECT DISTINCT collection_id, asset_key FROM hrefs JOIN items ON items.number = hrefs.item"
    )
    for collection_id, key in rows:
        keys[collection_id].add(key)
    return keys


def _check_assets(options: DownloadOptions, manifest: Manifest, *, is_whole: bool) -> None:
    kinds = manifest.kinds()
    rows = manifest.connection.execute("SELECT DISTINCT asset_key, kind FROM hrefs")
    assets = [(key, *kinds[kind]) for key, kind in rows]
    for pattern in (options.assets or ()) if is_whole or assets else ():
        if not any(AssetFilter([pattern]).keeps(*asset) for asset in assets):
            known = {name for key, _, roles in assets for name in (key, *roles)}
            known.update(name for _, media_type, _ in assets for name in media_types(media_type))
            raise UnknownInFilter(
                f'assets names "{pattern}", which is no key, role or media type of an asset of '
                f'"{options.dataset_id}"{_as_far_as_seen(is_whole)}. ' + instead(pattern, known)
            )


def _check_ids(dataset_id: str, asked: Sequence[str], manifest: Manifest) -> None:
    missing = set(asked).difference(_ids(manifest))
    if not missing:
        return
    first = next(item_id for item_id in asked if item_id in missing)
    others = f", nor {len(missing) - 1:,} others of them" if len(missing) > 1 else ""
    near = heapq.nlargest(_IDS_COMPARED, _ids(manifest), key=lambda known: _in_common(first, known))
    raise UnknownInFilter(
        f'ids names the item "{first}", which "{dataset_id}" does not have{others}. ' + instead(first, near)
    )


def _ids(manifest: Manifest) -> Iterator[str]:
    rows = manifest.connection.execute("SELECT item_id FROM items WHERE item_id IS NOT NULL")
    return (item_id for (item_id,) in rows)


def _in_common(one: str, other: str) -> int:
    """How many characters are the same from the beginning and from the end."""
    return _same_at_the_start(one, other) + _same_at_the_start(one[::-1], other[::-1])


def _same_at_the_start(one: str, other: str) -> int:
    shorter = min(len(one), len(other))
    return next((place for place in range(shorter) if one[place] != other[place]), shorter)


def _check_properties(options: DownloadOptions, manifest: Manifest) -> None:
    from .cql2_filter import MEMBERS, properties_named  # noqa: PLC0415 - only who asks for such a filter pays for it

    for name, asks_if_missing in properties_named(options.filter):
        if asks_if_missing or name in MEMBERS or _is_there(name, manifest):
            continue
        known = [key for (key,) in manifest.connection.execute(_PROPERTIES)]
        raise UnknownInFilter(
            f'filter names the property "{name}", which no item of "{options.dataset_id}" has. '
            + instead(name, [*known, *MEMBERS])
        )


def _is_there(name: str, manifest: Manifest) -> bool:
    if '"' in name or "\\" in name:  # no JSON path of SQLite's can name it
        return True
    return any(manifest.connection.execute(_HAS_PROPERTY, (path,)).fetchone() for path in _paths(name))


def _paths(name: str) -> Iterable[str]:
    """Where a property of that name may be: as it is, or inside of others, as cql2 reads dots."""
    quoted = [f'"{part}"' for part in name.split(".")]
    return {f'$."{name}"', "$." + ".".join(quoted)}
