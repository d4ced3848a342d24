"""The STAC objects of a source, one after the other, in the order of its links."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from ..store import Json
from .hrefs import BadHref
from .problems import Problems
from .sources import Source

STRUCTURAL_RELS = frozenset({"self", "root", "parent", "collection", "child", "item", "items"})
"""Links that say where an object stands; the hub makes its own."""


@dataclass(frozen=True)
class Found:
    """An object of the source, as it was read.

    Attributes:
        path: Its file.
        body: Without the links to children and items.
        collection_id: Of an item: the collection that links to it; None in a bare catalog.
        links_to_items: Of a catalog or a collection: whether it did.
    """

    kind: Literal["catalog", "collection", "item"]
    path: Path
    body: Json
    collection_id: str | None = None
    links_to_items: bool = False


class _Link(msgspec.Struct, gc=False):
    rel: str
    href: str


UNREADABLE = (OSError, ValueError, msgspec.MsgspecError, RecursionError)
"""What comes of a file that is no UTF-8, no JSON, or nested too deep."""

_RAW_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_LINKS = msgspec.json.Decoder(list[msgspec.Raw])
_LINK = msgspec.json.Decoder(_Link)
_ANY_OBJECT = msgspec.json.Decoder(Json)


def objects(source: Source, problems: Problems) -> Iterator[Found]:
    """Catalogs, collections, and after each collection its items.

    What cannot be read is a problem, and the rest goes on.
    """
    seen: set[Path] = set()
    waiting = [source.start]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            children = yield from _container(path, source, problems)
            waiting.extend(reversed(children))


def _container(path: Path, source: Source, problems: Problems) -> Generator[Found, None, list[Path]]:
    """A catalog or collection and its items; returns the files of its children."""
    name = source.folder.name_of(path)
    try:
        members = _RAW_OBJECT.decode(path.read_bytes())
        links = _RAW_LINKS.decode(members.pop("links", msgspec.Raw(b"[]")))
        body = {key: msgspec.json.decode(value) for key, value in members.items()}
    except UNREADABLE as error:
        problems.add(name, "$", f"cannot be read: {error}")
        return []
    kind = "collection" if body.get("type") == "Collection" else "catalog"
    collection_id = body.get("id") if kind == "collection" else None
    kept, followed = _sorted_links(links, name, problems)
    has_items = any(link.rel == "item" for link in followed)
    yield Found(kind, path, {**body, "links": kept}, collection_id, links_to_items=has_items)  # type: ignore[arg-type]
    children: list[Path] = []
    for link in followed:
        target = _target(link, path, source, problems)
        if target is not None and link.rel == "child":
            children.append(target)
        elif target is not None:
            yield from _item(target, collection_id, source, problems)
    if kind == "collection" and not has_items and not children:
        yield from _unlinked_items(path, collection_id, source, problems)
    return children


def _sorted_links(links: list[msgspec.Raw], name: str, problems: Problems) -> tuple[list[Json], list[_Link]]:
    """The links that are kept as they are, and those that are followed."""
    kept, followed = [], []
    for number, raw in enumerate(links):
        try:
            link = _LINK.decode(raw)
        except msgspec.MsgspecError as error:
            problems.add(name, f"$.links[{number}]", str(error))
            continue
        if link.rel in ("item", "child"):
            followed.append(link)
        elif link.rel not in STRUCTURAL_RELS:
            kept.append(_ANY_OBJECT.decode(raw))
    return kept, followed


def _target(link: _Link, holder: Path, source: Source, problems: Problems) -> Path | None:
    try:
        path = source.folder.resolve(link.href, holder)
    except BadHref as error:
        problems.add(source.folder.name_of(holder), "$.links", f'a link to its "{link.rel}": {error}')
        return None
    if path is None:
        said = f"{link.href} lies elsewhere; what is published must lie in {source.folder.root}"
        problems.add(source.folder.name_of(holder), "$.links", said)
        return None
    return Path(path)


def _item(path: Path, collection_id: str | None, source: Source, problems: Problems) -> Iterator[Found]:
    try:
        body = _ANY_OBJECT.decode(path.read_bytes())
    except UNREADABLE as error:
        problems.add(source.folder.name_of(path), "$", f"cannot be read: {error}")
        return
    yield Found("item", path, body, collection_id)


def _unlinked_items(
    collection: Path, collection_id: Any, source: Source, problems: Problems
) -> Iterator[Found]:
    """The items below a collection that has no links to any: collection archives came like this."""
    for path in sorted(collection.parent.rglob("*.json")):
        if path == collection:
            continue
        try:
            body = msgspec.json.decode(path.read_bytes())
        except UNREADABLE as error:
            # A label or a document, or an item that is damaged: nothing says which.
            name = source.folder.name_of(path)
            problems.note(f"{name} cannot be read, and is no item therefore: {error}")
            continue
        is_item = isinstance(body, dict) and body.get("type") == "Feature" and "stac_version" in body
        if is_item and _target(_Link("item", f"./{path.name}"), path, source, problems) is not None:
            yield Found("item", path, body, collection_id)
