"""A static catalog: JSON files that lead to each other by links, on the web, in a bucket or in a folder.

Objects come in the order of the links, depth first, the same in every run (see ``walk``). Every file
is read once, whatever links to it. A link that leads nowhere is a row of the report, and everything
else arrives. Links are followed on the host (in the bucket, on the machine) of the root; of those
that lead elsewhere, a line of the log tells. Where a catalog was copied, its absolute links still name the
place that it was copied from: they are followed in the copy, as the self link of its root tells.

A ``collection_filter`` spares reading the items of other collections. Place and time do not: extents are
written by hand, and where one is too small, its items would be missing without a word.
"""

import tempfile
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import requests

from ..exceptions import DirectoryUnusable
from ..masking import masked
from ..transfer import Request, RequestFor, Slow
from ..transfer.local_files import is_local
from .catalog_addresses import WebAddresses
from .crawl import MOST_CONNECTIONS, crawl
from .crawled_files import CrawledFiles
from .described import Fetch, FoundCollection, Ready, is_labels
from .file_contents import EVERY_ITEM, FileContents, MostItems
from .folder_catalog import catalog_path, folder_objects, local_text
from .no_memory import NoMemory
from .parsing import json_value
from .shared_signature import unsigned
from .source import EVERYTHING, Memory, SourceObject, Wanted
from .walk import Walk

_Objects = Generator[SourceObject | None, None, None]


class StaticCatalog:
    """A ``Source`` that reads a static catalog.

    Attributes:
        dataset_id: The dataset.
        location: An http, https or ``s3://`` address of a catalog, collection or item; or a path: of
            such a file, or of the folder that holds it. With the query that signs it, if one does.
        label: The location, without what may be secret.
        version: None: what a catalog holds is known once all of it was asked for.
        root: The JSON of its root.
    """

    version: str | None = None

    def __init__(
        self,
        location: str,
        dataset_id: str,
        root: Mapping[str, Any],
        request_for: RequestFor,
        *,
        session: requests.Session | None = None,
        hosts: Collection[str] = (),
    ) -> None:
        """Take what is known; nothing is read.

        Args:
            location: Its address or absolute path.
            dataset_id: The dataset.
            root: The JSON of its root.
            request_for: Makes an address ready.
            session: The caller's own, which then carries the catalog's requests; None for ours.
            hosts: Further hosts whose files are part of the catalog.
        """
        self.dataset_id = dataset_id
        self.location = location
        self._address = unsigned(location)
        self.label = masked(self._address)
        self.root = root
        self._path = catalog_path(location)
        self._request_for = request_for
        self._session = session
        self._hosts = hosts
        self._last_crawl: int | None = None

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now; only a catalog of this machine may name its files."""
        if self._path is not None and is_local(href):
            return Request(href)
        return self._request_for(href)

    def narrows(self, wanted: Wanted) -> bool:
        """Whether collections are asked for: the items of others are not read then."""
        return wanted.collections is not None

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject | None]:
        """Every collection and item, and the root; None is "nothing yet".

        Raises:
            CatalogBroken: The root cannot be read.
            DirectoryUnusable: The dataset's folder cannot be written.
        """
        ids = wanted.collections
        return self._objects(
            wanted, memory, lambda one: EVERY_ITEM * (one is None or ids is None or one in ids)
        )

    def ready(self, fetch: Fetch) -> Ready:
        """The catalog itself."""
        return Ready(self)

    def collections(self) -> Iterator[FoundCollection]:
        """Its collections, without their links to items. Of each, one item is read: whether it has labels.

        Raises:
            CatalogBroken: The root cannot be read.
        """
        found: dict[str, FoundCollection] = {}
        with (
            tempfile.TemporaryDirectory(prefix="mlhub-") as folder,
            closing(self._objects(EVERYTHING, NoMemory(Path(folder)), lambda _: 1)) as objects,
        ):
            for each in objects:
                if each is None or each.text is None:
                    continue
                name = each.place.partition("/")[0]
                body = json_value(each.text)
                if each.body is not None and each.body.get("type") == "Collection":
                    found[name] = FoundCollection(_without_items(body), each.base_href, is_labels(body))
                elif name in found and is_labels(body):
                    found[name] = replace(found[name], has_labels=True)
        yield from found.values()

    def _objects(self, wanted: Wanted, memory: Memory, most_items: MostItems) -> _Objects:
        if self._path is None:
            return self._crawled(wanted, memory, most_items)
        return folder_objects(self._path, self.dataset_id, most_items, leaves_out=memory.folder)

    def _crawled(self, wanted: Wanted, memory: Memory, most_items: MostItems) -> _Objects:
        with _told_as_unusable(memory.folder):
            files = CrawledFiles(memory, goes_on_with=self._last_crawl)
        addresses = WebAddresses(self._address, self._hosts)
        contents = FileContents(
            self.dataset_id,
            lambda file: local_text(files.path(file.href)),
            addresses,
            most_items=most_items,
        )
        arrived = crawl(
            Walk(self._address, contents.opened),
            files,
            request_for=self._request_for,
            session=self._session,
            max_connections=min(wanted.max_connections or MOST_CONNECTIONS, MOST_CONNECTIONS),
            max_bytes_per_s=None if wanted.max_bytes_per_s is None else max(wanted.max_bytes_per_s // 4, 1),
        )
        with closing(arrived):
            for file in arrived:
                if file is None:
                    yield None
                    continue
                for each in contents.objects(file):
                    yield each
                    if each.error is None:  # by now it lies at its place, if it is written at all
                        files.handed_out(file.href, each.place)
                files.let_go(file.href)
        files.end()
        self._last_crawl = files.number
        addresses.tell(self.label)


@contextmanager
def _told_as_unusable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DirectoryUnusable(f"{folder} cannot be written: {error}") from error


def _without_items(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A collection, but for its links to items, of which there may be 100,000."""
    links = body.get("links")
    if not isinstance(links, list):
        return body
    others = [link for link in links if not (isinstance(link, dict) and link.get("rel") == "item")]
    return {**body, "links": others}


def is_static_catalog(root: Mapping[str, Any]) -> bool:
    """Whether this is a catalog, collection or item. Up to STAC 0.9 the first two have no ``type``."""
    return root.get("type") in ("Catalog", "Collection", "Feature") or (
        "type" not in root and "stac_version" in root and "links" in root
    )
