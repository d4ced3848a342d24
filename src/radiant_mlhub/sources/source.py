"""What every source of STAC objects answers, so that one download serves them all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..transfer.transfers import Request


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One STAC object as a source holds it, or the reason why it cannot be read.

    Attributes:
        place: Its path in the tree, posix, relative to the dataset's folder.
        body: The parsed JSON; None when it cannot be read.
        base_href: Address from which its relative hrefs start; None when nothing is known.
        error: Why it cannot be read; None when it can.
    """

    place: str
    body: Mapping[str, Any] | None
    base_href: str | None = None
    error: str | None = None


class Source(Protocol):
    """Where a dataset's STAC objects come from."""

    dataset_id: str
    sees_everything: bool
    """Whether ``objects`` gives the whole, unfiltered catalog (False once filters are pushed down)."""

    def objects(self) -> Iterator[SourceObject]:
        """Collections and items in catalog order, each once; catalogs are left out."""
        ...

    def request_for(self, href: str) -> Request:
        """How to ask for ``href`` right now; may block."""
        ...
