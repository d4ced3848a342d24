"""Addresses and headers as libcurl takes them, and heads as it gives them. No I/O."""

import re
from functools import lru_cache

from .answers import Answer
from .transfers import Refusals

# From one file to the next a server's lines differ in ETag and Date alone.
LINES_REMEMBERED = 512
# Addresses that can go out as they are; every other is quoted as requests does it.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
# The headers that the rules ask for; all others cost time only.
_READ_HEADERS = frozenset(
    {
        *("accept-ranges", "content-encoding", "content-length", "content-md5", "content-range", "date"),
        *("etag", "last-modified", "location", "retry-after", "transfer-encoding", "x-ms-blob-content-md5"),
        *("x-amz-bucket-region", "x-ms-error-code"),  # of which some stores' refusals speak
    }
)
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]+ +([0-9]{3})(?![^ \r\n])")
_EMPTY_LINES = (b"\r\n", b"\n")
_BROKEN_HEADER = re.compile(r"[\r\n\0]")


def read_head(lines: list[bytes], url: str, refusals: Refusals | None = None) -> Answer:
    """What the last head among ``lines`` says; those before it are interim answers (1xx).

    What follows its empty line came behind the body: trailers, which speak for nothing that is asked
    here (RFC 9110, section 6.5.1).
    """
    status, is_over = 0, False
    headers: dict[str, str] = {}
    for line in lines:
        field = _field_of(line)
        if field is None:
            is_over = is_over or line in _EMPTY_LINES
            continue
        name, value = field
        if isinstance(value, int):
            status, headers, is_over = value, {}, False
        elif not is_over:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return Answer(status, headers, url, refusals)


@lru_cache(maxsize=LINES_REMEMBERED)
def _field_of(line: bytes) -> tuple[str, str | int] | None:
    """Name and value of a header that anybody reads, None of any other; the status as a number."""
    status = _STATUS_LINE.match(line) if line.startswith(b"HTTP/") else None
    if status is not None:
        return "", int(status[1])
    spelled, _, value = line.partition(b":")
    name = spelled.decode("iso-8859-1").strip().lower()
    return (name, value.decode("iso-8859-1").strip()) if name in _READ_HEADERS else None


def quoted(url: str) -> str:
    """``url`` fit to be sent, quoted as requests does it.

    Raises:
        ValueError: It is none.
    """
    if _PLAIN_URL.fullmatch(url):
        return url
    import requests  # noqa: PLC0415 - most need none of it

    return str(requests.Request("GET", url).prepare().url)


def header_line(name: str, value: str) -> bytes:
    """A header as libcurl takes it; other bytes than ASCII's, which an ETag may have, as they came.

    Raises:
        ValueError: It would become two, or holds what no header can.
    """
    if _BROKEN_HEADER.search(name + value):
        raise ValueError(f"the header {name} holds a line break")
    # libcurl takes "Name:" for a header that is to be left out.
    return (f"{name}: {value}" if value else f"{name};").encode("iso-8859-1")
