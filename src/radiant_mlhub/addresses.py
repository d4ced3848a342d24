"""Addresses: whose they are, and what a path without a host means."""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from .exceptions import InvalidArgument
from .masking import SHORTEST_SECRET, masked

_DEFAULT_PORTS = {"http": 80, "https": 443}


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
    try:
        sent_to, read_as = parse_url(url), urlsplit(url)
        if (sent_to.host, sent_to.port) != (_bracketed(read_as.hostname), read_as.port):
            return None
    except (LocationParseError, ValueError):
        return None
    scheme = (sent_to.scheme or "").lower()
    if scheme not in _DEFAULT_PORTS or not sent_to.host:
        return None
    return Origin(scheme, sent_to.host, sent_to.port or _DEFAULT_PORTS[scheme])


def _bracketed(host: str | None) -> str | None:
    return f"[{host}]" if host and ":" in host else host


def is_absolute(url: str) -> bool:
    """Whether ``url`` names a scheme of the web; every other is a path below the root URL."""
    return url.lower().startswith(("http://", "https://"))


def joined(root_url: str, path: str) -> str:
    """The address of ``path`` below ``root_url``, which may end in a slash or not.

    The last segment of the root stays, query and fragment of the path too; ``""`` is the root
    with a slash. A path never names another host: ``//other.example`` is a path here.
    """
    return f"{root_url.rstrip('/')}/{path.lstrip('/')}"


def checked_root_url(text: str, told_by: str) -> str:
    """``text``, which is an address a hub can have.

    Args:
        text: The address as written.
        told_by: Where it stands, for the error.

    Raises:
        InvalidArgument: It is no http or https address.
    """
    if origin(text) is None:
        raise InvalidArgument(
            f'{told_by} is "{masked(text)}", which is no http or https address. '
            "Write it like http://127.0.0.1:8000/mlhub/v1"
        )
    return text


def with_key(url: str, key: str) -> str:
    """``url`` with the key as its last query parameter, unless it names one already."""
    parts = urlsplit(url)
    if any(name == "key" for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    added = urlencode({"key": key})
    return parts._replace(query=f"{parts.query}&{added}" if parts.query else added).geturl()


def without_key(url: str, key: str | None) -> str:
    """``url`` without the query parameters that hold this key; the others stay as written.

    A long key is looked for inside values too: a login page is told where to return to by
    an address in a parameter.
    """
    if not key:
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parts.query.split("&") if not _holds(pair, key)]
    return parts._replace(query="&".join(kept)).geturl()


def _holds(pair: str, key: str) -> bool:
    values = [value for _, value in parse_qsl(pair)]
    return key in values or (len(key) >= SHORTEST_SECRET and any(key in value for value in values))
