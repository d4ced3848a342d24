"""Products of Source Cooperative, where MLHub's data moved: ``source:account/product``.

A product with a STAC catalog at its top is read as one. Every other is a tree of files: they come
under the paths they have there, and tell no place and no time.

Source: Source Cooperative's data proxy, https://docs.source.coop: files at ``/{account}/{product}/{key}``, a
list of them at ``/{account}?list-type=2&prefix={product}/`` (Amazon S3, ListObjectsV2), without a key.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from .. import environment, layout
from ..exceptions import CatalogBroken, EntityDoesNotExist, InvalidArgument, TransferFailed, UnsafeName
from ..transfer import Request, RequestFor, Slow
from .ahead import fetched_ahead
from .described import Fetch, FoundCollection, Ready
from .reading import read_bytes
from .source import Memory, PlainFile, SourceObject, Wanted

PREFIX = "source:"
DEFAULT_URL = "https://data.source.coop"
CATALOGS = ("catalog.json", "collection.json")
"""Names under which a product's STAC catalog is looked for."""

_PRODUCT = re.compile(r"source:/{0,2}([A-Za-z0-9._-]+)/([A-Za-z0-9._-]+)((?:/[^/?#]+)*)/?")
_MISSING = (403, 404)  # Amazon S3 answers 403 for what is not there to those who may not list


class Product:
    """Where a product lies.

    Attributes:
        account: Whose it is.
        path: Its name, and folders below it that were named.
        name: What to call its dataset: the last of them.
        url: Its address, without a slash behind it.
    """

    def __init__(self, named: str) -> None:
        """Take ``source:account/product``, or a folder of one.

        Raises:
            InvalidArgument: It is not written so.
        """
        found = _PRODUCT.fullmatch(named)
        if found is None or not {".", ".."}.isdisjoint(named.removeprefix(PREFIX).split("/")):
            raise InvalidArgument(f'"{named}" names no product; write source:account/product.')
        self.account, self.path = found[1], found[2] + found[3]
        self.name = self.path.rpartition("/")[2]
        base = (environment.source_coop_url() or DEFAULT_URL).rstrip("/")
        self.account_url = f"{base}/{quote(self.account)}"
        self.url = f"{self.account_url}/{quote(self.path)}"


class FileTree:
    """A product without STAC: each file an item of its own, of one collection.

    The item's id, its asset's key and where it lies below the dataset's folder are the file's path in
    the product.

    Attributes:
        dataset_id: What names the dataset's folder, and the collection.
        location: What the user named.
        label: The product's address.
        root: Empty.
        version: None: what lies there may have changed.
    """

    version: str | None = None

    def __init__(self, location: str, product: Product, dataset_id: str, request_for: RequestFor) -> None:
        self.location = location
        self.label = product.url
        self.dataset_id = dataset_id
        self.root: Mapping[str, Any] = {}
        self._product = product
        self._request_for = request_for

    def ready(self, fetch: Fetch) -> Ready:
        """The tree itself."""
        return Ready(self)

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now."""
        return self._request_for(href)

    def narrows(self, wanted: Wanted) -> bool:
        """False: every file is listed."""
        return False

    def collections(self) -> Iterator[FoundCollection]:
        """The one collection that all files are of."""
        yield FoundCollection({"type": "Collection", "id": self.dataset_id})

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject | None]:
        """The files, in the order of their paths.

        Raises:
            InvalidArgument: A place, a time or properties are asked for, which files do not have.
            CatalogBroken: What is there is no list of files.
            EntityDoesNotExist: There is no file at all.
        """
        if wanted.reach is not None or wanted.datetime is not None or wanted.filter is not None:
            raise InvalidArgument(
                f"{self.location} has no STAC catalog: its files tell no place, no time and no properties. "
                "Choose them by their paths: assets=['labels/*.tif']"
            )
        count = 0
        for page in fetched_ahead(self._pages()):
            if page is None:
                yield None
                continue
            for key, size_bytes in page:
                count += 1
                yield self._file(key, size_bytes)
        if count == 0:
            raise EntityDoesNotExist(f"There is no file at {self.label}/.")

    def _file(self, key: str, size_bytes: int) -> SourceObject:
        path = key.removeprefix(f"{self._product.path}/")
        href = f"{self._product.account_url}/{quote(key)}"
        try:
            return SourceObject(path, plain=PlainFile(layout.member_path(path), href, size_bytes))
        except UnsafeName as error:
            return SourceObject(path, error=str(error))

    def _pages(self) -> Iterator[list[tuple[str, int]]]:
        """Keys and sizes in bytes, a page at a time; markers of folders are left out."""
        asked = {"list-type": "2", "prefix": f"{self._product.path}/"}
        token: str | None = None
        while True:
            query = urlencode(asked if token is None else {**asked, "continuation-token": token})
            found, next_token = _listed(self._page(f"{self._product.account_url}?{query}"), self.label)
            yield [(key, size) for key, size in found if not key.endswith("/")]
            if next_token is None:
                return
            if next_token == token:
                raise CatalogBroken(f"The list of files of {self.label} repeats itself.")
            token = next_token

    def _page(self, url: str) -> bytes:
        try:
            return read_bytes(url, self._request_for)
        except TransferFailed as error:
            if error.status in _MISSING:
                raise EntityDoesNotExist(f"There is no product at {self.label}.") from error
            raise


def catalog_of(product: Product, request_for: RequestFor) -> str | None:
    """The address of the product's STAC catalog; None where it has none at its top.

    Raises:
        TransferFailed: Nobody answered.
    """
    for name in CATALOGS:
        try:
            read_bytes(f"{product.url}/{name}", request_for)
        except TransferFailed as error:
            if error.status not in _MISSING:
                raise
        else:
            return f"{product.url}/{name}"
    return None


def _listed(page: bytes, label: str) -> tuple[list[tuple[str, int]], str | None]:
    """Keys and sizes of one page, and what asks for the next one.

    Source: Amazon S3 API, ListObjectsV2.
    """
    try:
        if b"<!DOCTYPE" in page or b"<!ENTITY" in page:  # a list has none, a bomb has
            raise ValueError("it is no list")  # noqa: TRY301
        root = ElementTree.fromstring(page)  # noqa: S314 - without a document type nothing expands
        if _name(root) != "ListBucketResult":
            raise ValueError(f"it is <{_name(root)}>")  # noqa: TRY301
        found = [(_text(each, "Key"), int(_text(each, "Size"))) for each in root if _name(each) == "Contents"]
        is_last = _text(root, "IsTruncated", "false") != "true"
        return found, None if is_last else _text(root, "NextContinuationToken")
    except (ValueError, ElementTree.ParseError) as error:
        raise CatalogBroken(f"{label} gives no list of its files: {error}") from error


def _name(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _text(element: ElementTree.Element, name: str, default: str | None = None) -> str:
    for each in element:
        if _name(each) == name:
            return each.text or ""
    if default is None:
        raise ValueError(f"there is no <{name}>")
    return default
