"""Where clients reach the hub: what every link that it sends begins with.

An operator's ``--base-url`` decides. Else a trusted proxy may tell (``X-Forwarded-Proto``, ``-Host``,
``-Prefix``); else it is the socket that the request came in by. A ``Host`` header is believed where
it names this machine for this machine: anybody else's would put a stranger's address into links
and into the catalog archives that are made for each address.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ..settings import HubSettings

_STATE = "base_url"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
_HOST = re.compile(rf"(?:{_NAME}|\[[0-9A-Fa-f:.]{{2,45}}\])(?::[0-9]{{1,5}})?")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9._~-]+)*/?")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def base_url_of(request: HTTPConnection) -> str:
    """Where the request's client reaches the hub: ``https://hub.example.org``, no slash behind."""
    base_url: str = request.scope["state"][_STATE]
    return base_url


def checked_base_url(text: str) -> str:
    """``text`` as links begin with it.

    Raises:
        ValueError: It is no http or https address, or has more behind its path.
    """
    parts = urlsplit(text)
    is_plain = not (parts.query or parts.fragment or parts.username) and _PREFIX.fullmatch(parts.path)
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(parts.netloc) or not is_plain:
        raise ValueError(f'"{text}" is no address of a hub. Write it like https://hub.example.org')
    return text.rstrip("/")


def checked_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Addresses (``127.0.0.1``) and networks (``10.0.0.0/8``), read.

    Raises:
        ValueError: One is neither.
    """
    return tuple(ipaddress.ip_network(text) for text in texts)


@dataclass(frozen=True)
class BaseUrlMiddleware:
    """Notes for each request where its client reaches the hub, and who the client is.

    Behind a trusted proxy the client is whom ``X-Forwarded-For`` names: the last address in it
    that is no trusted proxy's itself.
    """

    app: ASGIApp
    settings: HubSettings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note both in the scope, and let the app answer."""
        if scope["type"] == "http":
            forwarded = Headers(scope=scope) if self._is_trusted(_peer(scope)) else None
            told = _told_by_proxy(forwarded) if forwarded else None
            scope.setdefault("state", {})[_STATE] = self.settings.base_url or told or _of_socket(scope)
            if forwarded:
                scope["client"] = (self._client(forwarded) or _peer(scope), 0)
        await self.app(scope, receive, send)

    @cached_property
    def _trusted(self) -> Sequence[Network]:
        return checked_networks(self.settings.trusted_proxies)

    def _is_trusted(self, address: str) -> bool:
        read = _address(address) if self._trusted else None
        return read is not None and any(read in network for network in self._trusted)

    def _client(self, headers: Headers) -> str | None:
        named = [part.strip() for line in headers.getlist("x-forwarded-for") for part in line.split(",")]
        return next((text for text in reversed(named) if _address(text) and not self._is_trusted(text)), None)


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _told_by_proxy(headers: Headers) -> str | None:
    """What the nearest proxy says: the last value of each header, where it can be one."""
    scheme = _last(headers, "x-forwarded-proto").lower()
    host = _last(headers, "x-forwarded-host")
    prefix = _last(headers, "x-forwarded-prefix")
    if scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host) or not _PREFIX.fullmatch(prefix):
        return None
    return f"{scheme}://{host}{prefix.rstrip('/')}"


def _last(headers: Headers, name: str) -> str:
    return ",".join(headers.getlist(name)).rpartition(",")[2].strip()


def _of_socket(scope: Scope) -> str:
    host, port = scope.get("server") or ("localhost", None)
    address = _address(str(host))
    if address is not None and address.is_loopback and _says_localhost(scope):
        host = "localhost"
    name = f"[{host}]" if ":" in str(host) else host
    scheme = scope.get("scheme", "http")
    return f"{scheme}://{name}" + ("" if port in (None, _DEFAULT_PORTS.get(scheme)) else f":{port}")


def _says_localhost(scope: Scope) -> bool:
    return Headers(scope=scope).get("host", "").partition(":")[0].lower() == "localhost"


@lru_cache(maxsize=1024)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
