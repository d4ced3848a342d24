"""Every object of a source, read outside of a download."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..sources.catalog_archive import CatalogArchive
from ..sources.described import OpenSource
from ..sources.source import SourceObject, Wanted
from ..transfer import Outcome, RequestFor, Transfer, fetch_one


class NoMemory:
    """Remembers as long as it lives: a source that was interrupted is read from its beginning.

    Attributes:
        folder: Where a source may keep files meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._values: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """What was put under that name."""
        return self._values.get(name)

    def put(self, name: str, value: str) -> None:
        """Remember ``value``."""
        self._values[name] = value

    def forget(self, name: str) -> None:
        """Forget what was put under that name."""
        self._values.pop(name, None)


@contextmanager
def objects_of(
    source: OpenSource, wanted: Wanted, request_for: RequestFor
) -> Iterator[Iterator[SourceObject]]:
    """The objects of ``source`` that may be wanted; one that is a file of the web is fetched, and not kept.

    Raises:
        CatalogBroken: It cannot be read.
        TransferFailed: It cannot be had.
    """
    with tempfile.TemporaryDirectory(prefix="mlhub-") as folder:

        def fetch(href: str, ending: str) -> Outcome:
            target = Path(folder, f"source{ending}")
            return fetch_one(Transfer(href, str(target), folder), request_for=request_for)

        opened = source.ready(fetch).source
        if isinstance(opened, CatalogArchive):
            yield opened.objects()
        else:
            yield (each for each in opened.objects(wanted, NoMemory(Path(folder))) if each is not None)
