"""What lies here before the first request, and what that means for the transfer. No I/O."""

from collections.abc import Generator, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, NamedTuple

from .. import digests
from .answers import Answer, Version, coding_of, expected_digests, version_of
from .asking import IDENTITY, asked
from .steps import Digests, Hash, Kept, Step, Trouble
from .transfers import FileRecord, Transfer

NO_VERSION = Version()


class FileFound(NamedTuple):
    """A regular file, neither a link nor a folder."""

    path: str
    size_bytes: int
    mtime_ns: int


class PartFound(NamedTuple):
    """A part of an earlier run: the version it holds, which bytes of it, and whose they are.

    Attributes:
        version: The version.
        ranges: Half-open ranges of bytes that are there.
        address: Which of the transfer's addresses gave them; None for the first.
    """

    version: Version
    ranges: tuple[tuple[int, int], ...]
    address: str | None = None


class Found(NamedTuple):
    """What lies at a transfer's target, at its older place, and beside it."""

    file: FileFound | None = None
    elsewhere: FileFound | None = None
    part: PartFound | None = None


class Opening(NamedTuple):
    """There is something to fetch.

    Attributes:
        conditions: Headers by which the first answer may be a 304.
        adopt: An unfinished file of an older client that is to be continued.
        version: The version which that file is taken for.
    """

    conditions: Mapping[str, str] = MappingProxyType({})
    adopt: FileFound | None = None
    version: Version = NO_VERSION


# Made where nobody names a digest: it is nearly free, and tells a copied file from a damaged one.
(DEFAULT_DIGEST,) = digests.ONLY_CRC32

Judgement = Generator[Step, Any, Kept | Opening]


def opening_of(transfer: Transfer, found: Found, address: str) -> Judgement:
    """Whether the file is here already, or how to begin fetching it from ``address``."""
    if transfer.if_exists == "overwrite":
        return Opening()
    if transfer.if_exists == "skip":
        return _skipped(transfer, found)
    if found.file is not None and transfer.record is not None:
        return (yield from _recorded(transfer, transfer.record, found.file, address))
    for file in (found.file, found.elsewhere):
        if file is not None and file.size_bytes:
            judged = yield from _unrecorded(transfer, file, address, is_elsewhere=file is not found.file)
            if judged is not None:
                return judged
    return Opening()


def agrees(record: FileRecord | None, file: FileFound | None) -> bool:
    """``file`` is the one that ``record`` was made of, by size and time."""
    if record is None or file is None:
        return False
    return (record.size_bytes, record.mtime_ns) == (file.size_bytes, file.mtime_ns)


def _skipped(transfer: Transfer, found: Found) -> Kept | Opening:
    record = transfer.record
    if record is not None and agrees(record, found.file):
        return Kept(record.validator, record.digest, record.verified_by)
    # A failed download of the older client left files of 0 bytes: those are not there.
    if found.file is not None and found.file.size_bytes:
        return Kept(None, None, "nothing")
    if found.elsewhere is not None and found.elsewhere.size_bytes:
        return Kept(None, None, "nothing", path=found.elsewhere.path)
    return Opening()


def _recorded(transfer: Transfer, record: FileRecord, file: FileFound, address: str) -> Judgement:
    if file.size_bytes != record.size_bytes or _contradicts(transfer, record):
        return Opening()
    if file.mtime_ns != record.mtime_ns:
        # The folder was copied, or the bytes were changed: only they can tell.
        name, _, value = (record.digest or "").partition(":")
        if not digests.can_check(name):
            judged = yield from _unrecorded(transfer, file, address, is_elsewhere=False)
            return judged or Opening()
        made: Digests = yield Hash(frozenset({name}), file.path)
        if made.on_disk[name] != value:
            return Opening()
    if transfer.revalidate:
        # A validator is of the address that gave it: elsewhere it means nothing.
        return Opening(conditions=_conditions(record.validator if address == transfer.href else None))
    return Kept(record.validator, record.digest, record.verified_by)


def _contradicts(transfer: Transfer, record: FileRecord) -> bool:
    """The catalog names other bytes by now than were recorded."""
    if transfer.size_bytes not in (None, record.size_bytes):
        return True
    name = (record.digest or "").partition(":")[0]
    named = [text for text in transfer.digests if text.partition(":")[0] == name]
    return bool(named) and record.digest not in named


def _conditions(validator: str | None) -> dict[str, str]:
    if validator is None:
        return {}
    name = "If-None-Match" if validator.startswith(('"', "W/")) else "If-Modified-Since"
    return {name: validator}


def _unrecorded(
    transfer: Transfer, file: FileFound, address: str, *, is_elsewhere: bool
) -> Generator[Step, Any, Kept | Opening | None]:
    """A file of which nothing is known: whole, the beginning of one, or None for neither."""
    path = file.path if is_elsewhere else None
    named = expected_digests(transfer.digests)
    if named and transfer.size_bytes in (None, file.size_bytes):
        made: Digests = yield Hash(frozenset(named), file.path)
        if made.on_disk == named:
            name, value = next(iter(named.items()))
            return Kept(None, f"{name}:{value}", "digest", path)
    version = yield from _remote_version(address, file.size_bytes)
    if version.total is None or version.total < file.size_bytes:
        return None
    if version.total > file.size_bytes:
        # Only at its own place is a beginning surely the beginning of this file.
        can_be_continued = version.can_be_continued and not is_elsewhere
        return Opening(adopt=file, version=version) if can_be_continued else None
    return None if named else (yield from _of_equal_length(file, version, path))


def _remote_version(href: str, size_bytes: int) -> Generator[Step, Any, Version]:
    """What the server says of the object; nothing where it cannot be compared with a file."""
    answer = yield from asked(href, IDENTITY, "HEAD")
    if not _tells(answer):
        # A signed address may be good for GET alone. One byte is enough to be told the length.
        last = size_bytes - 1
        answer = yield from asked(href, {**IDENTITY, "Range": f"bytes={last}-{last}"})
    if isinstance(answer, Trouble) or not _tells(answer) or coding_of(answer):
        return Version()
    return version_of(answer)


def _tells(answer: Answer | Trouble) -> bool:
    return isinstance(answer, Answer) and answer.status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}


def _of_equal_length(
    file: FileFound, version: Version, path: str | None
) -> Generator[Step, Any, Kept | None]:
    """Adopt a file of the right length, unless the server's digest says that it is another."""
    served = expected_digests(version.digests)
    made: Digests = yield Hash(frozenset(served or {DEFAULT_DIGEST}), file.path)
    if any(made.on_disk[name] != value for name, value in served.items()):
        return None
    name, value = next(iter(made.on_disk.items()))
    return Kept(version.validator, f"{name}:{value}", "digest" if served else "length", path)
