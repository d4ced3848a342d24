"""The nouns of the engine: what to fetch, how to ask for it, and what came of it.

All of them are strings and numbers, so that they pickle and outlive a process. They are named
tuples: each small file takes one of each kind, and a frozen dataclass takes three times as long to make.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

State = Literal["fetched", "kept", "failed"]
VerifiedBy = Literal["digest", "length", "nothing"]
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Refusals(Protocol):
    """What the maker of a request makes of an answer to it that brings no bytes."""

    def is_worth_another(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether the next request for the same href will be another one: signed anew, sent elsewhere."""

    def reason(self, status: int, headers: Mapping[str, str]) -> str:
        """Why it was refused, in words; empty where the status says it all."""


class Request(NamedTuple):
    """One href made ready to be sent: the address to ask and the headers to ask with.

    Made anew for every try and hop by a ``RequestFor``, since keys and signatures differ by
    address and expire. No field is ever logged or kept.

    Attributes:
        url: The address.
        headers: The headers.
        refusals: Hears of a refusal; None where nobody knows more of it than its status says.
    """

    url: str
    headers: Mapping[str, str] = NO_HEADERS
    refusals: Refusals | None = None


Slow = Callable[[], Request]
"""What makes a request and may take its time: it is called in a thread of its own."""

RequestFor = Callable[[str], Request | Slow]
"""Makes an href ready, without blocking."""


class FileRecord(NamedTuple):
    """What is known of a file that was complete when it was last looked at.

    Attributes:
        size_bytes: Its length on disk.
        mtime_ns: Its modification time on disk, in nanoseconds since the epoch.
        validator: Strong ETag, else Last-Modified, as the server sent it; None without.
        digest: ``"<name>:<hex>"`` of the bytes on disk (``md5:``, ``sha2-256:``, ``crc32:``...).
        verified_by: Whether a digest named elsewhere, only the length, or nothing agreed.
    """

    size_bytes: int
    mtime_ns: int
    validator: str | None = None
    digest: str | None = None
    verified_by: VerifiedBy = "length"


class Transfer(NamedTuple):
    """One href to one place.

    Attributes:
        href: The address as the catalog gives it; with ``validator`` the identity of the bytes.
        target: Absolute path of the finished file.
        root: Folder that nothing may leave; ``target`` lies inside it, links resolved.
        ident: The caller's number; comes back in the ``Outcome``.
        if_exists: ``resume``, ``skip`` or ``overwrite``.
        record: What the manifest knows of ``target``; None for a file without record.
        revalidate: Ask the server whether a recorded file is still the same (If-None-Match).
        size_bytes: Length the catalog names (``file:size``), decoded; None where it names none.
        digests: Digests the catalog names, ``"<name>:<hex>"``; all must agree.
        elsewhere: Absolute path at which an older client may have left this very file.
        connections: How many ranges of this file may be under way at once.
        addresses: Where to ask for it, in order, each once the one before has failed for good;
            empty for ``href`` alone.
        most_bytes: What is longer, decoded, is refused before more of it has come; None for any length.
    """

    href: str
    target: str
    root: str
    ident: int = 0
    if_exists: Literal["resume", "skip", "overwrite"] = "resume"
    record: FileRecord | None = None
    revalidate: bool = False
    size_bytes: int | None = None
    digests: tuple[str, ...] = ()
    elsewhere: str | None = None
    connections: int = 1
    addresses: tuple[str, ...] = ()
    most_bytes: int | None = None

    @property
    def asked_at(self) -> tuple[str, ...]:
        """Where to ask for it, in order."""
        return self.addresses or (self.href,)


class Outcome(NamedTuple):
    """What came of one transfer.

    Attributes:
        transfer: The transfer.
        state: ``fetched`` (bytes came), ``kept`` (it was there already) or ``failed``.
        record: What is on disk now; None when failed.
        bytes_fetched: Body bytes received over the wire, all tries together.
        seconds: From the first request to the end, by a monotonic clock.
        error: What went wrong and what to do next, secrets masked; None unless failed.
        status: The HTTP status that ended it; None when no answer did.
        unchanged: The server said that a revalidated file is still the same (304).
        served_name: Last path segment, decoded, of the address that answered after all
            redirects; None when nothing was asked.
        redirected_to: Where redirects led to, without query; None where there were none.
        came_from: Which of the transfer's addresses the bytes came from, where that is not its href.
        refused_by_disk: It failed here, at the file, and not on its way.
    """

    transfer: Transfer
    state: State
    record: FileRecord | None = None
    bytes_fetched: int = 0
    seconds: float = 0.0
    error: str | None = None
    status: int | None = None
    unchanged: bool = False
    served_name: str | None = None
    redirected_to: str | None = None
    came_from: str | None = None
    refused_by_disk: bool = False


Record = Callable[[list[Outcome]], None]
"""Called with finished outcomes in one batch, before their files take their final names."""
