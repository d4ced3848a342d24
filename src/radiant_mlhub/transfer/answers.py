"""What the headers of an answer say about the object behind it. No I/O.

Header names are lower-case throughout.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from .. import digests
from .transfers import Refusals

# Longer numbers of bytes are no lengths of files, and some of them Python refuses to read.
_MOST_DIGITS = 18
_NUMBER = rf"[0-9]{{1,{_MOST_DIGITS}}}"
_CONTENT_RANGE = re.compile(rf"bytes\s+(?:({_NUMBER})-({_NUMBER})|\*)/({_NUMBER}|\*)", re.IGNORECASE)
_DECODABLE = {"gzip", "x-gzip", "deflate"}
# Numbers, not members of HTTPStatus: looking one up there takes as long as a small function.
OK, PARTIAL, NOT_MODIFIED, PAST_THE_END, FIRST_OF_SERVERS = 200, 206, 304, 416, 500
RETRYABLE = {408, 425, 429}
REDIRECTS = {301, 302, 303, 307, 308}


class Answer(NamedTuple):
    """Status and headers of one answer.

    Attributes:
        status: The HTTP status.
        headers: Values by lower-case name.
        url: The address that was asked; may hold a key or a signature, so it is never shown.
        refusals: The request's own: hears of a refusal.
        redirected_to: Where the last redirect led, without what may sign it; None without redirect.
    """

    status: int
    headers: Mapping[str, str] = MappingProxyType({})
    url: str = ""
    refusals: Refusals | None = None
    redirected_to: str | None = None

    @property
    def reason(self) -> str:
        """The status in words: ``404 Not Found``."""
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    @property
    def is_retryable(self) -> bool:
        """The same request may fare better later."""
        return self.status in RETRYABLE or self.status >= FIRST_OF_SERVERS

    @property
    def served_name(self) -> str | None:
        """The last segment of the path that was asked, decoded; None where it ends in a slash."""
        path = self.url.partition("#")[0].partition("?")[0]
        return (unquote(path) if "%" in path else path).rpartition("/")[2] or None


class Version(NamedTuple):
    """One version of an object, by what the server says of it.

    Attributes:
        etag: The ETag as sent, weak or strong.
        last_modified: Last-Modified as sent.
        total: Length in bytes of the body as sent, codings included; None where not told.
        content_md5: ``md5:<hex>`` of that body, from Content-MD5.
    """

    etag: str | None = None
    last_modified: str | None = None
    total: int | None = None
    content_md5: str | None = None

    @property
    def has_strong_etag(self) -> bool:
        """The ETag stands for these very bytes: RFC 9110, section 8.8.3."""
        etag = self.etag
        return etag is not None and len(etag) > 1 and etag.find('"', 1) == len(etag) - 1 and etag[0] == '"'

    @property
    def validator(self) -> str | None:
        """What If-Range may hold: a strong ETag, else the date; None where there is neither."""
        return self.etag if self.has_strong_etag else self.last_modified

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests that the server names of the body as sent, as ``"<name>:<hex>"``."""
        return (self.content_md5,) if self.content_md5 else ()

    @property
    def can_be_continued(self) -> bool:
        """A later answer can be told to be of the same version."""
        return self.etag is not None or self.last_modified is not None

    def agrees_with(self, other: "Version") -> bool:
        """No header says that ``other`` is a different version.

        A validator that one of the two lacks says nothing: a 206 may leave out Last-Modified
        (RFC 9110, section 15.3.7).
        """
        pairs = [
            (self.etag, other.etag),
            (self.total, other.total),
            (self.content_md5, other.content_md5),
        ]
        if self.etag is None or other.etag is None:
            pairs.append((self.last_modified, other.last_modified))
        return all(mine == its for mine, its in pairs if mine is not None and its is not None)

    def shares_a_validator_with(self, other: "Version") -> bool:
        """Both carry the same ETag, or the same date where an ETag is missing."""
        if self.etag is not None and other.etag is not None:
            return self.etag == other.etag
        return self.last_modified is not None and self.last_modified == other.last_modified


@dataclass(frozen=True, slots=True)
class ContentRange:
    """A Content-Range: bytes ``[start, end)`` of ``total``; a 416 has the total alone."""

    start: int | None
    end: int | None
    total: int | None


def version_of(answer: Answer) -> Version:
    """The version of the object that ``answer`` speaks of."""
    told = content_range_of(answer)
    if told is None:
        return whole_version(answer, content_length_of(answer))
    headers = answer.headers
    md5 = headers.get("x-ms-blob-content-md5")  # on a 206, Content-MD5 is that of the range
    return _version(headers, told.total, md5)


def whole_version(answer: Answer, total: int | None) -> Version:
    """The version of an object that ``answer`` brings from its first byte on, of so many bytes."""
    headers = answer.headers
    return _version(headers, total, headers.get("x-ms-blob-content-md5") or headers.get("content-md5"))


def _version(headers: Mapping[str, str], total: int | None, md5: str | None) -> Version:
    content_md5 = digests.from_content_md5(md5) if md5 else None
    return Version(headers.get("etag") or None, headers.get("last-modified") or None, total, content_md5)


def length_of_plain_body(answer: Answer) -> int | None:
    """Length in bytes of a body that is the whole object as it is; None for every other answer."""
    headers = answer.headers
    is_plain = answer.status == OK and "content-encoding" not in headers and "content-range" not in headers
    return content_length_of(answer) if is_plain else None


def content_length_of(answer: Answer) -> int | None:
    """Content-Length in bytes; None without one, or where the body is chunked."""
    if "transfer-encoding" in answer.headers:
        return None
    length = answer.headers.get("content-length", "").strip()
    return int(length) if len(length) <= _MOST_DIGITS and length.isascii() and length.isdigit() else None


def content_range_of(answer: Answer) -> ContentRange | None:
    """Content-Range; None where it is missing or cannot be meant."""
    said = answer.headers.get("content-range")
    match = None if said is None else _CONTENT_RANGE.fullmatch(said.strip())
    if match is None:
        return None
    first, last, size = match.groups()
    total = None if size == "*" else int(size)
    if first is None:
        return ContentRange(None, None, total)
    start, end = int(first), int(last) + 1
    if start >= end or (total is not None and end > total):
        return None
    return ContentRange(start, end, total)


def coding_of(answer: Answer) -> str | None:
    """The content coding of the body; None for the plain bytes."""
    said = answer.headers.get("content-encoding")
    coding = "" if said is None else said.strip().lower()
    return None if coding in {"", "identity"} else coding


def can_decode(coding: str) -> bool:
    """Whether a body of this content coding can be undone."""
    return coding in _DECODABLE


def takes_ranges(answer: Answer) -> bool:
    """The server says, or has shown, that it serves ranges."""
    return answer.status == PARTIAL or (answer.headers.get("accept-ranges", "").strip().lower() == "bytes")


def ends_by_closing(answer: Answer) -> bool:
    """Only the closed connection tells where the body ends: a cut looks like an end."""
    return "transfer-encoding" not in answer.headers and content_length_of(answer) is None


def expected_digests(named: Collection[str]) -> dict[str, str]:
    """Hexadecimal digests by name, of those ``"<name>:<hex>"`` that can be checked here."""
    if not named:
        return {}
    pairs = (text.partition(":") for text in named)
    return {name: value.lower() for name, _, value in pairs if digests.can_check(name)}


def retry_after_of(answer: Answer) -> float | None:
    """Seconds the server asks to wait, from Retry-After; a date is measured by its own Date."""
    value = answer.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    until = _date(value)
    if until is None:
        return None
    now = _date(answer.headers.get("date", "")) or datetime.now(UTC)
    return max((until - now).total_seconds(), 0.0)


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # the second for a year or a zone that no clock has
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
