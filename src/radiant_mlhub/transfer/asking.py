"""How an address is asked for: schemes, headers, redirects."""

import re
from collections.abc import Callable, Generator, Mapping
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from ..exceptions import TransferFailed
from ..masking import masked
from .answers import REDIRECTS, Answer
from .steps import Ask, Trouble
from .transfers import Request

MOST_REDIRECTS = 10
HOSTS_REMEMBERED = 256
LONGEST_SCHEME = len("https://")
# Addresses that need no closer look: taking apart every one of 40,000 costs 0.2 s.
_PLAINLY_WEB = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]+)?/")
IDENTITY = {"Accept-Encoding": "identity"}
AZURE_HOST_SUFFIX = ".blob.core.windows.net"
AZURE_STORAGE_VERSION = "2021-06-08"


def plain_request_for(headers: Mapping[str, str] | None = None) -> Callable[[str], Request]:
    """A ``RequestFor`` without keys: the address itself, with ``headers`` on every request.

    Azure's blob storage is told the
    version of its protocol; without it the answers lack ``Accept-Ranges`` and a quoted ETag.
    """
    everywhere = dict(headers or {})

    @lru_cache(maxsize=HOSTS_REMEMBERED)
    def headers_of(origin: str) -> Mapping[str, str]:
        is_azure = (urlsplit(origin).hostname or "").endswith(AZURE_HOST_SUFFIX)
        return {"x-ms-version": AZURE_STORAGE_VERSION, **everywhere} if is_azure else everywhere

    def request_for(href: str) -> Request:
        if not _PLAINLY_WEB.match(href):
            href = web_address(href)
        return Request(href, headers_of(origin_of(href)))

    return request_for


def origin_of(url: str) -> str:
    """Scheme, host and port of an http or https address, as it spells them."""
    end = url.find("/", LONGEST_SCHEME)
    return url if end < 0 else url[:end]


def web_address(href: str) -> str:
    """The http or https address of ``href``.

    Raises:
        TransferFailed: Its scheme is neither of them, or it names no host.
    """
    try:
        parts = urlsplit(href)
        scheme, host = parts.scheme.lower(), parts.hostname
    except ValueError as error:
        raise TransferFailed(f"{masked(href)} is no address: {error}", href=href) from error
    if scheme not in {"http", "https"}:
        said = f'has the scheme "{scheme}"' if scheme else "has no scheme"
        raise TransferFailed(f"{masked(href)} {said}; only http and https can be fetched", href=href)
    if not host:
        raise TransferFailed(f"{masked(href)} names no host", href=href)
    return href


def asked(
    href: str, headers: Mapping[str, str], method: Literal["GET", "HEAD"] = "GET"
) -> Generator[Ask, Any, Answer | Trouble]:
    """The answer at the end of the redirects, at most ten of them.

    Every hop is a step of its own, so that its address is checked and its headers are made
    anew: what one host may see, the next may not.
    """
    first = href
    for hop in range(MOST_REDIRECTS + 1):
        reply: Answer | Trouble = yield Ask(href, headers, method, first if hop else None)
        if isinstance(reply, Trouble) or reply.status not in REDIRECTS:
            return _after_redirect(reply, href) if hop else reply
        location = reply.headers.get("location")
        if not location and reply.refusals is not None:
            return reply
        if not location:
            return Trouble(f"{reply.reason} without a Location", is_final=True, status=reply.status)
        try:
            href = urljoin(reply.url or href, location)
            scheme = urlsplit(href).scheme.lower()
        except ValueError:
            scheme = ""
        if scheme not in {"http", "https"}:
            return Trouble("a redirect to what is no http or https address", is_final=True)
    return Trouble(f"more than {MOST_REDIRECTS} redirects", is_final=True)


def _after_redirect(reply: Answer | Trouble, href: str) -> Answer | Trouble:
    if isinstance(reply, Trouble):
        return reply
    return reply._replace(redirected_to=href.partition("#")[0].partition("?")[0])
