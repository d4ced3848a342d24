"""Addresses and headers as libcurl takes them, and heads as it gives them. No I/O."""

import re
from functools import lru_cache

import requests

from .answers import Answer

HEADER_NAMES_REMEMBERED = 1024
# Addresses that can go out as they are; every other is quoted as requests does it.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*")
# The headers that the rules ask for; all others cost time only.
_READ_HEADERS = frozenset(
    {
        *("accept-ranges", "content-encoding", "content-length", "content-md5", "content-range", "date"),
        *("etag", "last-modified", "location", "retry-after", "transfer-encoding", "x-ms-blob-content-md5"),
    }
)
_BROKEN_HEADER = re.compile(r"[\r\n\0]")


def read_head(lines: list[bytes], url: str) -> Answer:
    """What the last head among ``lines`` says; those before it are interim answers (1xx)."""
    status = 0
    headers: dict[str, str] = {}
    for line in lines:
        spelled, _, value = line.partition(b":")
        name = _name_of(spelled)
        if name:
            text = str(value, "iso-8859-1").strip()
            headers[name] = f"{headers[name]}, {text}" if name in headers else text
        elif name is None:
            status, headers = int(line.split(None, 2)[1]), {}
    return Answer(status, headers, url)


@lru_cache(maxsize=HEADER_NAMES_REMEMBERED)
def _name_of(spelled: bytes) -> str | None:
    """The name of a header that anybody reads; "" of another, None for the line with the status."""
    if spelled.startswith(b"HTTP/"):
        return None
    name = spelled.decode("iso-8859-1").strip().lower()
    return name if name in _READ_HEADERS else ""


def quoted(url: str) -> str:
    """``url`` fit to be sent, quoted as requests does it.

    Raises:
        ValueError: It is none.
    """
    if _PLAIN_URL.fullmatch(url):
        return url
    return str(requests.Request("GET", url).prepare().url)


def header_line(name: str, value: str) -> str:
    """A header as libcurl takes it.

    Raises:
        ValueError: It would become two.
    """
    if _BROKEN_HEADER.search(name + value):
        raise ValueError(f"the header {name} holds a line break")
    # libcurl takes "Name:" for a header that is to be left out.
    return f"{name}: {value}" if value else f"{name};"
