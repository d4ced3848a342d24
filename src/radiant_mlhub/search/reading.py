"""Every object of a source, read outside of a download."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..sources.catalog_archive import CatalogArchive
from ..sources.described import OpenSource
from ..sources.no_memory import NoMemory
from ..sources.shared_signature import signed_as
from ..sources.source import SourceObject, Wanted
from ..transfer import Outcome, RequestFor, Transfer, fetch_one


@contextmanager
def objects_of(
    source: OpenSource, wanted: Wanted, request_for: RequestFor
) -> Iterator[Iterator[SourceObject]]:
    """The objects of ``source`` that may be wanted; one that is a file of the web is fetched, and not kept.

    Raises:
        CatalogBroken: It cannot be read.
        TransferFailed: It cannot be had.
    """
    request_for = signed_as(source.location, request_for)
    with tempfile.TemporaryDirectory(prefix="mlhub-") as folder:

        def fetch(href: str, ending: str) -> Outcome:
            target = Path(folder, f"source{ending}")
            return fetch_one(Transfer(href, str(target), folder), request_for=request_for)

        opened = source.ready(fetch).source
        if isinstance(opened, CatalogArchive):
            yield opened.objects()
        else:
            yield (each for each in opened.objects(wanted, NoMemory(Path(folder))) if each is not None)
