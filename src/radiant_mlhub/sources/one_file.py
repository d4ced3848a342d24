"""Sources that are one file: a catalog archive, or items in one of three forms."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from ..transfer import RequestFor, Transfer, fetch_one
from .catalog_archive import CatalogArchive
from .described import Fetch, FoundCollection, Ready, is_labels, version_of
from .geoparquet import GeoparquetFile
from .item_file import ItemFile
from .local_reading import read_from
from .parsing import parsed
from .shared_signature import unsigned

Kind = Literal["archive", "items", "geoparquet"]
KINDS: dict[str, Kind] = {
    ".tar.gz": "archive",
    ".tgz": "archive",
    ".tar": "archive",
    ".ndjson": "items",
    ".jsonl": "items",
    ".geojsonl": "items",
    ".parquet": "geoparquet",
    ".geoparquet": "geoparquet",
}
"""Endings of names, and what files of such a name hold. What ``.json`` holds, its content tells."""


def ending(location: str) -> str | None:
    """The ending of a path or address that names a kind of file, as a key of the table; None without."""
    name = (unquote(urlsplit(location).path) if "://" in location else location).lower()
    return next((each for each in KINDS if name.endswith(each)), None)


@dataclass
class OneFile:
    """A file of this machine or of the web, named by a user.

    Attributes:
        dataset_id: What names the dataset's folder.
        location: Its absolute path or address, with what signs it.
        kind: What it holds.
        request_for: How its address, and its assets, are asked for.
        root: Empty: no JSON describes the whole.
    """

    dataset_id: str
    location: str
    kind: Kind
    request_for: RequestFor
    root: Mapping[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> Path | None:
        """The file, where it is one of this machine."""
        return None if "://" in self.location else Path(self.location)

    def ready(self, fetch: Fetch) -> Ready:
        """The file as a download reads it, fetched beside the dataset's folder if it is of the web.

        Raises:
            CatalogBroken: It is not there any more.
            TransferFailed: It cannot be had.
        """
        if self.path is not None:
            with read_from(self.path):
                status = self.path.stat()
            return Ready(self._opened(self.path, f"{self.path} {status.st_size} {status.st_mtime_ns}"))
        arrived = fetch(unsigned(self.location), ending(self.location) or ".json")
        return Ready(self._opened(Path(arrived.transfer.target), version_of(arrived)), arrived)

    def collections(self) -> Iterator[FoundCollection]:
        """The collections in the file; a file of the web is fetched for it, and not kept."""
        with self._at_hand() as path:
            opened = self._opened(path, None)
            if isinstance(opened, CatalogArchive):
                yield from _in_archive(opened)
            else:
                # Nothing is known of them but what items say.
                for name, has_labels in opened.collections():
                    yield FoundCollection({"type": "Collection", "id": name}, has_labels=has_labels)

    def _opened(self, path: Path, version: str | None) -> CatalogArchive | GeoparquetFile | ItemFile:
        if self.kind == "archive":
            return CatalogArchive(self.dataset_id, path, self.request_for, version=version)
        opened = GeoparquetFile if self.kind == "geoparquet" else ItemFile
        return opened(self.dataset_id, path, self.request_for, base_href=self._base_href, version=version)

    @property
    def _base_href(self) -> str:
        return self.location.partition("?")[0] if self.path is None else self.path.as_uri()

    @contextmanager
    def _at_hand(self) -> Iterator[Path]:
        if self.path is not None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="mlhub-") as folder:
            target = Path(folder, f"file{ending(self.location) or '.json'}")
            fetch_one(Transfer(unsigned(self.location), str(target), folder), request_for=self.request_for)
            yield target


def _in_archive(archive: CatalogArchive) -> Iterator[FoundCollection]:
    """Every collection, once all items were looked at: they say whether they are labels."""
    found: list[Mapping[str, Any]] = []
    folders_with_labels: set[str] = set()
    for each in archive.objects():
        if each.text is None:
            continue
        if b"label" in each.text and is_labels(parsed(each).body or {}):
            folders_with_labels.add(each.place.partition("/")[0])
        if b'"Collection"' in each.text:
            body = parsed(each).body
            if body is not None and body.get("type") == "Collection" and isinstance(body.get("id"), str):
                found.append(body)
    for body in found:
        yield FoundCollection(body, has_labels=is_labels(body) or body["id"] in folders_with_labels)
