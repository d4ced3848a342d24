"""From what a user names to a source: a file, a folder, an address of the web or of a bucket.

=================================  ===================================================
``catalog.tar.gz``, ``.tgz``       a catalog archive (``one_file``)
``items.ndjson``, ``.jsonl``       an item a line (``one_file``)
``items.json``                     a FeatureCollection of items (``one_file``)
``items.parquet``                  an item a row, stac-geoparquet (``geoparquet``)
``items.db``                       an index, as ``mlhub index`` writes it (``item_index``)
``https://example.org/api/``       a STAC API (``stac_api``)
``source:account/product``         Source Cooperative (``source_cooperative``)
``catalog.json``, a folder         a static catalog (``static_catalog``)
=================================  ===================================================

Each is a path of this machine or an address. What a name does not tell, the JSON there does.
"""

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import layout
from ..exceptions import CatalogBroken, EntityDoesNotExist, InvalidArgument, TransferFailed, UnsafeName
from ..masking import masked
from ..session import Session
from ..transfer import RequestFor
from ..transfer.local_files import is_local, local_path
from .described import OpenSource
from .folder_catalog import local_root
from .item_index import ENDING, ItemIndex
from .local_reading import read_from
from .one_file import KINDS, OneFile, ending
from .reading import json_object, read_bytes
from .shared_signature import signed_as, unsigned
from .source_cooperative import PREFIX, FileTree, Product, catalog_of
from .stac_api import StacApi, is_api
from .static_catalog import StaticCatalog, is_static_catalog

_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_MISSING = (404, 410)


def open_source(
    location: str | os.PathLike[str],
    *,
    session: Session,
    request_for: RequestFor,
    dataset_id: str | None = None,
    collections: Sequence[str] | None = None,
) -> OpenSource:
    """The source at ``location``, which is looked at as far as it takes to know what it is.

    Args:
        location: A path of this machine, ``~`` expanded, or an address.
        session: Asks a STAC API for pages.
        request_for: How addresses are asked for.
        dataset_id: What to call it; None for the name of the file, or the id in its JSON.
        collections: Ids of the collections wanted of a STAC API; all of it without.

    Raises:
        InvalidArgument: ``location`` names nothing that can be a source.
        EntityDoesNotExist: There is nothing.
        TransferFailed: A server did not answer, or refused.
        CatalogBroken: What is there is no STAC, or cannot be read.
    """
    if isinstance(location, str) and location.startswith(PREFIX):
        product = Product(location)
        catalog = catalog_of(product, request_for)
        if catalog is None:
            return FileTree(location, product, dataset_id or product.name, request_for)
        location, dataset_id = catalog, dataset_id or product.name
    named = _absolute(location)
    if (kind := KINDS.get(ending(named) or "")) is not None:
        if "://" not in named:
            _check_file(Path(named))
        return OneFile(dataset_id or _stem(named), named, kind, signed_as(named, request_for))
    if named.lower().endswith(ENDING) and "://" not in named:
        _check_file(Path(named))
        return ItemIndex(Path(named), request_for, dataset_id)
    request_for = signed_as(named, request_for)
    root = _root(unsigned(named), request_for)
    if "://" in named and is_api(root):
        name = collections[0] if collections and len(collections) == 1 else root.get("id")
        return StacApi(
            named,
            dataset_id or _id_or(name, named),
            root,
            session=session,
            request_for=request_for,
            collections=collections,
        )
    if root.get("type") == "FeatureCollection":
        _refuse_a_page(root, named)
        return OneFile(dataset_id or _stem(named), named, "items", request_for)
    if is_static_catalog(root):
        return StaticCatalog(named, dataset_id or _id_or(root.get("id"), named), root, request_for)
    raise CatalogBroken(f'{masked(named)} is no STAC: its "type" is {root.get("type")!r}.')


def looks_like_a_source(text: str) -> bool:
    """Whether a word of the command line names a source rather than a dataset's id or DOI.

    An address, a folder with a separator in its name, or the name of a kind of file. A DOI is none, and
    neither is a bare word, whatever lies here: a download leaves a folder that is called as its dataset.
    """
    if (
        _ADDRESS.match(text)
        or text.startswith(PREFIX)
        or ending(text) is not None
        or text.startswith((".", "~", "/"))
    ):
        return True
    return text.lower().endswith((".json", ENDING)) or (bool(set(text) & set("/\\")) and Path(text).is_dir())


def _absolute(location: str | os.PathLike[str]) -> str:
    text = os.fspath(location)
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InvalidArgument(f"{text!r} names no source; name a file, a folder or an address.")
    if is_local(text):
        return _path_of(text)
    if _ADDRESS.match(text):
        return text
    try:
        return str(Path(text).expanduser().absolute())
    except RuntimeError as error:
        raise InvalidArgument(f"{text!r} names no source: {error}") from error


def _path_of(href: str) -> str:
    try:
        return local_path(href)
    except ValueError as error:
        raise InvalidArgument(f"{href} names no source: {error}.") from error


def _root(named: str, request_for: RequestFor) -> Mapping[str, Any]:
    """The JSON object at a path or address."""
    if "://" in named:
        try:
            return json_object(read_bytes(named, request_for), masked(named))
        except TransferFailed as error:
            if error.status in _MISSING:
                raise EntityDoesNotExist(f"There is nothing at {masked(named)}.") from error
            raise
        except CatalogBroken as broken:
            if not named.partition("?")[0].endswith(".json"):
                broken.add_note("Name the file itself: .../catalog.json or .../collection.json")
            raise
    path = Path(named)
    with read_from(path):
        is_folder = path.is_dir()
    if is_folder:
        found = local_root(path)
        if found is None:
            return {"type": "Catalog"}
        path = found
    else:
        _check_file(path)
    with read_from(path):
        return json_object(path.read_bytes(), str(path))


def _check_file(path: Path) -> None:
    with read_from(path):
        if not path.is_file():
            raise EntityDoesNotExist(f"There is no file {path}.")


def _refuse_a_page(found: Mapping[str, Any], named: str) -> None:
    """Refuse a FeatureCollection that says itself that it is not all.

    Raises:
        CatalogBroken: A link of it leads to the next page.
    """
    links = found.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "next":
            raise CatalogBroken(f"{masked(named)} is a page of a search, not all of it. Name the API itself.")


def _id_or(own_id: object, named: str) -> str:
    """The id in its JSON, where there is one that can name a folder, else the name of what was named."""
    if not isinstance(own_id, str):
        return _stem(named)
    try:
        layout.safe_component(own_id)
    except UnsafeName:
        return _stem(named)
    return own_id


def _stem(named: str) -> str:
    """The name of a file without its ending, fit for a folder's name."""
    name = re.split(r"[/\\]", named.partition("?")[0].rstrip("/"))[-1]
    stem = name.removesuffix(name[-len(end) :]) if (end := ending(named)) else name.rpartition(".")[0]
    return layout.safe_component(stem or name)
