"""A source as it is known before a download: what it is called and which collections it has."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from ..transfer import Outcome
from .catalog_archive import CatalogArchive
from .source import Source


@dataclass(frozen=True, slots=True)
class FoundCollection:
    """A collection of a source.

    Attributes:
        body: Its JSON.
        href: Address or file URI that its relative hrefs start from; None where there is none.
        has_labels: Whether its items carry labels, as far as the source tells without reading them all.
    """

    body: Mapping[str, Any]
    href: str | None = None
    has_labels: bool = False


class Ready(NamedTuple):
    """What a download reads.

    Attributes:
        source: The source, opened.
        arrived: How its one file came, where it was fetched for this download.
    """

    source: CatalogArchive | Source
    arrived: Outcome | None = None


Fetch = Callable[[str, str], Outcome]
"""Brings the file at an address beside the dataset's folder: ``fetch(href, ".tar.gz")``."""


class OpenSource(Protocol):
    """A source that a user named.

    Attributes:
        dataset_id: What names the dataset's folder.
        location: What the user named, absolute; it may be signed (``shared_signature``), and is never shown.
        root: The JSON of its catalog, collection or landing page; empty where there is none.
    """

    dataset_id: str
    location: str
    root: Mapping[str, Any]

    def collections(self) -> Iterator[FoundCollection]:
        """Its collections, in the catalog's order.

        Raises:
            CatalogBroken: It cannot be read.
            TransferFailed: It cannot be had.
        """
        ...

    def ready(self, fetch: Fetch) -> Ready:
        """What a download reads; a source that is one file of the web is fetched first.

        Raises:
            TransferFailed: It cannot be had.
        """
        ...


def version_of(arrived: Outcome) -> str | None:
    """What tells the file that arrived from others of its name."""
    record = arrived.record
    return None if record is None else str((record.size_bytes, record.mtime_ns, record.digest))


def is_labels(body: Mapping[str, Any]) -> bool:
    """Whether a STAC object says that it carries labels, by the label extension.

    Source: the extension's schema URI, and the ``label:`` fields of items and summaries.
    """
    extensions = body.get("stac_extensions")
    if isinstance(extensions, list) and any(
        isinstance(each, str) and (each == "label" or "/label/" in each) for each in extensions
    ):
        return True
    fields = [body.get("properties"), body.get("summaries")]
    return any(
        isinstance(names, Mapping) and any(str(name).startswith("label:") for name in names)
        for names in fields
    )
