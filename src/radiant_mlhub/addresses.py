"""Addresses: whose they are, and what a path without a host means."""

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from .exceptions import InvalidArgument, UnexpectedAnswer
from .masking import SHORTEST_SECRET, masked

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Nothing in it that two parsers could read in two ways: no user, no backslash, no blank.
_PLAIN_BEGINNING = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?/")
# The same with a path of visible characters behind it, and neither query nor fragment.
_PLAIN_ADDRESS = re.compile(_PLAIN_BEGINNING.pattern + r"[!\"$->@-~]*")


class Origin(NamedTuple):
    """Scheme, host and port: what has to be equal for a key to go along."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS.get(self.scheme) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


def origin(url: str) -> Origin | None:
    """Where a request to ``url`` goes; None unless that is certain, and http or https.

    Two parsers are asked: ``http://evil.example\\@hub.example/`` is one host to the standard
    library and another to urllib3, which sends the request.
    """
    # Asked for every file of a download: of a plain address, what comes before the path decides alone.
    plain = _PLAIN_BEGINNING.match(url)
    return _origin_of_beginning(plain[0]) if plain else _parsed_origin(url)


@lru_cache(maxsize=256)
def _origin_of_beginning(beginning: str) -> Origin | None:
    return _parsed_origin(beginning)


def _parsed_origin(url: str) -> Origin | None:
    try:
        sent_to, read_as = parse_url(url), urlsplit(url)
        if (sent_to.host, sent_to.port) != (_as_urllib3_writes(read_as.hostname), read_as.port):
            return None
    except (LocationParseError, ValueError):
        return None
    scheme = (sent_to.scheme or "").lower()
    if scheme not in _DEFAULT_PORTS or not sent_to.host:
        return None
    return Origin(scheme, sent_to.host, sent_to.port or _DEFAULT_PORTS[scheme])


def _as_urllib3_writes(host: str | None) -> str | None:
    """A host's name as ``parse_url`` gives it: IPv6 in brackets, other alphabets in punycode."""
    bracketed = f"[{host}]" if ":" in (host or "") else host
    return parse_url(f"//{bracketed}").host if bracketed else None


def is_absolute(url: str) -> bool:
    """Whether ``url`` names a scheme of the web; every other is a path below the root URL."""
    return url.lower().startswith(("http://", "https://"))


def joined(root_url: str, path: str) -> str:
    """The address of ``path`` below ``root_url``, which may end in a slash or not.

    The last segment of the root stays, query and fragment of the path too; ``""`` is the root
    with a slash. A path never names another host: ``//other.example`` is a path here.
    """
    return f"{root_url.rstrip('/')}/{path.lstrip('/')}"


def checked_address(url: str) -> str:
    """``url``, which can be taken apart and names a host.

    Raises:
        InvalidArgument: It cannot, for example with half an IPv6 address or a blank in the host.
    """
    if _PLAIN_ADDRESS.fullmatch(url):
        return url
    try:
        host = urlsplit(url).hostname
    except ValueError as broken:
        raise InvalidArgument(f"{masked(url)} is no address and cannot be sent to: {broken}") from None
    # Older releases of requests quote the blank and ask for a host that nobody has.
    if not host or any(character.isspace() for character in host):
        raise InvalidArgument(f"{masked(url)} is no address and cannot be sent to: it names no host")
    return url


def checked_root_url(text: str, told_by: str) -> str:
    """``text``, which is an address a hub can have.

    Args:
        text: The address as written.
        told_by: Where it stands, for the error.

    Raises:
        InvalidArgument: It is no http or https address, or has a query, behind which no path fits.
    """
    if origin(text) is None:
        fault = "which is no http or https address"
    elif not {"?", "#"}.isdisjoint(text):
        fault = 'in which nothing may follow a "?" or "#"'
    else:
        return text
    raise InvalidArgument(
        f'{told_by} is "{masked(text)}", {fault}. Write it like http://127.0.0.1:8000/mlhub/v1'
    )


def with_key(url: str, key: str) -> str:
    """``url`` with the key as its last query parameter, unless it names one already."""
    if _PLAIN_ADDRESS.fullmatch(url):
        return f"{url}?key={_quoted(key)}"
    parts = urlsplit(url)
    if any(name == "key" for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    added = urlencode({"key": key})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


@lru_cache(maxsize=16)
def _quoted(key: str) -> str:
    return quote_plus(key)


def without_key(url: str, key: str | None) -> str:
    """``url`` without the query parameters that hold this key; the others stay as written.

    A long key is looked for inside values too: a login page is told where to return to by
    an address in a parameter.
    """
    if not key or "?" not in url:
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _holds(pair, key)]
    return parts._replace(query="&".join(kept)).geturl()


def key_in(url: str) -> str | None:
    """The key that ``url`` carries."""
    return dict(parse_qsl(urlsplit(url).query)).get("key")


def redirected(sent_url: str, next_url: str) -> str:
    """Where a redirect leads, without the key unless it stays within the origin.

    Args:
        sent_url: The address that was asked, with the key if it carried one.
        next_url: The address its answer names, absolute.

    Raises:
        UnexpectedAnswer: It leads from https down to http, or to what is no address of the web.
    """
    here, there, key = origin(sent_url), origin(next_url), key_in(sent_url)
    if there is not None and here == there:
        return next_url
    if there is None or (key and here is not None and here.scheme == "https" and there.scheme == "http"):
        fault = "which is not encrypted" if there else "which is no http or https address"
        raise UnexpectedAnswer(
            f"{masked(sent_url, key)} redirects to {masked(next_url, key)}, {fault}; it was not followed. "
            "Is the root URL the hub's own address?"
        )
    return without_key(next_url, key)


def _holds(pair: str, key: str) -> bool:
    values = [value for _, value in parse_qsl(pair)]
    return key in values or (len(key) >= SHORTEST_SECRET and any(key in value for value in values))
