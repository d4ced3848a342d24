"""STAC objects as they stand in archives: from the hub's hrefs to relative or absolute ones."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, unquote

from ... import layout
from ..store import API_PATH, FILES_PATH, OWN_HREF, Json

JSON = "application/json"
GEOJSON = "application/geo+json"

_COLLECTIONS = f"{OWN_HREF}{API_PATH.lstrip('/')}collections/"
_FILES = f"{OWN_HREF}{FILES_PATH.lstrip('/')}"
_PARTS_OF_AN_ITEM = 3
_PRIVATE = "mlhub:"


def link(rel: str, href: str, media_type: str = JSON) -> Json:
    """A link."""
    return {"rel": rel, "href": href, "type": media_type}


def path_of(href: str) -> str | None:
    """The path below ``/files/{version}/`` of the hub's own file; None for another href."""
    return unquote(href.removeprefix(_FILES).partition("/")[2]) if href.startswith(_FILES) else None


def ids_of(href: str) -> tuple[str, str | None] | None:
    """Collection id, and item id of an item, that an href of the hub leads to; None for another href."""
    if not href.startswith(_COLLECTIONS):
        return None
    parts = [unquote(part) for part in href.removeprefix(_COLLECTIONS).split("/")]
    return (parts[0], parts[2]) if len(parts) == _PARTS_OF_AN_ITEM else (parts[0], None)


def public(collection: Json) -> Json:
    """A collection without what the hub keeps for itself."""
    return {key: value for key, value in collection.items() if not key.startswith(_PRIVATE)}


def relative_links(
    links: Iterable[Json], collection_ids: Iterable[str], above: str, item_file: str | None
) -> list[Json]:
    """Links whose ends lie in the same archive, made relative; others stay.

    Args:
        collection_ids: Those that are there.
        above: The way to the folder of all collections, such as ``../../``.
        item_file: The name of items' files; None: ``{item_id}.json``.
    """
    known = set(collection_ids)
    made = []
    for each in links:
        ids = ids_of(each.get("href", ""))
        if ids is None or ids[0] not in known:
            made.append(each)
            continue
        collection, item = ids
        if item is None:
            path = f"{layout.safe_component(collection)}/collection.json"
        elif item_file is None:
            path = layout.item_path(collection, item)
        else:
            path = f"{layout.safe_component(collection)}/{layout.safe_component(item)}/{item_file}"
        made.append({**each, "href": quote(above + path)})
    return made


def assets_of(body: Mapping[str, Any]) -> Mapping[str, Json]:
    """The assets of an object; none where it has none."""
    return body.get("assets") or {}
