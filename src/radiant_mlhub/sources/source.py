"""What every source of STAC objects answers, so that one download serves them all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ..transfer.transfers import Request


@dataclass(slots=True)
class SourceObject:
    """One STAC object as a source holds it, or the reason why it cannot be read.

    Attributes:
        place: Its path in the tree, posix, relative to the dataset's folder.
        body: The parsed JSON; None when it cannot be read, or was not parsed yet.
        base_href: Address from which its relative hrefs start; None when nothing is known.
        error: Why it cannot be read; None when it can.
        text: The JSON as the source has it, where it was not parsed yet; None for a file that
            is no STAC object.
        size_bytes: Length of the file that holds it; 0 where there is none.
        mtime_s: When that file was changed last, in seconds since the epoch.
    """

    place: str
    body: Mapping[str, Any] | None = None
    base_href: str | None = None
    error: str | None = None
    text: bytes | None = None
    size_bytes: int = 0
    mtime_s: int = 0


class Source(Protocol):
    """Where a dataset's STAC objects come from."""

    dataset_id: str
    sees_everything: bool
    """Whether ``objects`` gives the whole, unfiltered catalog (False once filters are pushed down)."""

    def objects(self) -> Iterator[SourceObject]:
        """Collections and items in catalog order, each once, and the other files of the catalog."""
        ...

    def request_for(self, href: str) -> Request:
        """How to ask for ``href`` right now; may block."""
        ...
