"""From page to page, as a STAC API links them."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from .addresses import origin
from .answers import decoded
from .exceptions import InvalidArgument, UnexpectedAnswer
from .masking import masked

Parameters = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A request for one page, whole: what it names is all that is sent but the key."""

    url: str
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> int:
        """Equal for requests that get the same page."""
        return hash((self.method, self.url, json.dumps(self.body, sort_keys=True, default=str)))


def pages(
    response: requests.Response,
    first: PageRequest,
    follow: Callable[[PageRequest], requests.Response],
    *,
    key: str | None,
) -> Iterator[Any]:
    """Each page's JSON, from ``response`` on.

    Args:
        response: The answer to the first request.
        first: The first request, without its key.
        follow: Sends the next one.
        key: The key of the requests, to be left out of what errors say.

    Raises:
        UnexpectedAnswer: A page is no JSON, or a next link was followed before.
    """
    followed = {first.fingerprint}
    while True:
        page = decoded(response, key)
        yield page
        following = next_page(page, page_url=response.url, first=first, key=key)
        if following is None:
            return
        if following.fingerprint in followed:
            raise UnexpectedAnswer(
                f'The link "next" of {masked(response.url, key)} was followed before: '
                f"{masked(following.url, key)}. "
                "The server's pages repeat, so what came so far may not be all."
            )
        followed.add(following.fingerprint)
        response = follow(following)


def next_page(page: Any, *, page_url: str, first: PageRequest, key: str | None) -> PageRequest | None:
    """The request its ``next`` link asks for; None on the last page.

    Args:
        page: The page's JSON.
        page_url: Its address, from which a relative link starts.
        first: The first request: a link that says ``merge`` adds to its body and headers.
        key: The key of the requests, to be left out of what errors say.

    Raises:
        UnexpectedAnswer: The link has no address.

    Source: STAC API 1.0.0, core, "Pagination": method, body, headers and merge of a link.
    """
    link = _next_link(page)
    if link is None:
        return None
    url = _address(link.get("href"), page_url, key)
    body, headers = _mapping(link.get("body")), _mapping(link.get("headers"))
    # A stranger is not told what the caller sent.
    if link.get("merge") is True and origin(url) == origin(first.url):
        body, headers = {**(first.body or {}), **body}, {**first.headers, **headers}
    method = str(link.get("method") or "GET").upper()
    return PageRequest(url, method, body if method == "POST" else None, headers)


def pairs(parameters: Any) -> Parameters:
    """Query parameters as name and value, whichever way requests allows to give them.

    Raises:
        InvalidArgument: They are given in another way.
    """
    if not parameters:
        return []
    if isinstance(parameters, bytes):
        parameters = parameters.decode()
    if isinstance(parameters, str):
        return parse_qsl(parameters, keep_blank_values=True)
    given = parameters.items() if isinstance(parameters, Mapping) else parameters
    try:
        return [(name, value) for name, value in given]
    except (TypeError, ValueError):
        raise InvalidArgument(
            "params should be a mapping, a list of pairs or a query, as requests takes it."
        ) from None


def not_named_by(url: str, parameters: Parameters) -> Parameters:
    """Those of ``parameters`` that ``url`` does not name itself: nothing is sent twice."""
    named = {name for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)}
    return [pair for pair in parameters if pair[0] not in named]


def _next_link(page: Any) -> Mapping[str, Any] | None:
    links = page.get("links") if isinstance(page, Mapping) else None
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and link.get("rel") == "next":
            return link
    return None


def _address(href: Any, page_url: str, key: str | None) -> str:
    if isinstance(href, str) and href:
        with contextlib.suppress(ValueError):
            return urljoin(page_url, href)
    raise UnexpectedAnswer(f'A page of {masked(page_url, key)} has a link "next" without an address.')


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}
