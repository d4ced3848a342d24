"""Containers of the Planetary Computer: closed to the public, open to whoever asks it for a token.

Its own package asks, where it is installed. A token is of one container, and lasts for some
three quarters of an hour. No token is asked for before a container has refused: of the hosts that
have the same ending, most have nothing to do with the Planetary Computer.
"""

import re
import threading
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib.util import find_spec
from typing import NamedTuple

import requests

from ..transfer.transfers import Request, Slow
from .signing import CLOSED_TO_THE_PUBLIC, REFUSED

RENEWED_BEFORE_S = 120.0
# A token that is refused sooner than this is not worth asking for another one.
REFUSED_TOO_SOON_S = 1.0
_BLOB = re.compile(r"https?://([a-z0-9]+)\.blob\.core\.windows\.net/([^/?#]+)/[^?#]+", re.IGNORECASE)

Container = tuple[str, str]


def is_installed() -> bool:
    """Whether the package is there that asks for tokens."""
    return find_spec("planetary_computer") is not None


class _Token(NamedTuple):
    text: str
    renewed_s: float
    came_s: float


class PlanetaryComputer:
    """Signs addresses of blob storage whose containers want it. Used by several threads.

    Attributes:
        asked: How many tokens were asked for.
    """

    def __init__(self, plain: Callable[[str], Request]) -> None:
        """Take who makes requests without a token."""
        self.asked = 0
        self._plain = plain
        self._asking = threading.Lock()
        # Containers that want a token; None until there is one.
        self._tokens: dict[Container, _Token | None] = {}
        self._strangers: set[Container] = set()

    def request(self, href: str) -> Request | Slow:
        """How to ask for ``href``: with a token once its container was seen to want one."""
        found = _BLOB.fullmatch(href)
        if found is None:  # signed already, or none of blob storage
            return self._plain(href)
        container = (found[1].lower(), found[2])
        token = self._tokens.get(container)
        if container in self._tokens and not _is_good(token):
            return lambda: self._request(href, container, self._token(container))
        return self._request(href, container, token)

    def is_worth_another(self, container: Container, refused: _Token | None) -> bool:
        """Whether a token may be had for ``container``, another one than was refused."""
        if container in self._strangers:
            return False
        if self._tokens.get(container) is not refused:
            return True  # there is another one by now
        if refused is not None and time.monotonic() - refused.came_s < REFUSED_TOO_SOON_S:
            return False
        self._tokens[container] = None
        return True

    def reason(self, container: Container) -> str:
        """Why a container refused, whether there was a token or not."""
        if container in self._strangers:
            return "its container is closed, and the Planetary Computer has no token for it"
        return "its container refuses the Planetary Computer's token"

    def _request(self, href: str, container: Container, token: _Token | None) -> Request:
        plain = self._plain(href)
        url = plain.url if token is None else f"{plain.url}?{token.text}"
        return plain._replace(url=url, refusals=_OfContainer(self, container, token))

    def _token(self, container: Container) -> _Token | None:
        """A token that was asked for now, unless another thread was faster; None where there is none."""
        with self._asking:
            token = self._tokens.get(container)
            if _is_good(token) or container in self._strangers:
                return token
            self.asked += 1
            token = self._tokens[container] = _asked_for(container)
            if token is None:
                del self._tokens[container]
                self._strangers.add(container)
            return token


class _OfContainer:
    """What is made of the refusal of an address in blob storage."""

    def __init__(self, signer: PlanetaryComputer, container: Container, token: _Token | None) -> None:
        self._signer = signer
        self._container = container
        self._token = token

    def is_worth_another(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether another token may fare better."""
        return _is_closed(status, headers) and self._signer.is_worth_another(self._container, self._token)

    def reason(self, status: int, headers: Mapping[str, str]) -> str:
        """Why it was refused."""
        return self._signer.reason(self._container) if _is_closed(status, headers) else ""


def _is_closed(status: int, headers: Mapping[str, str]) -> bool:
    return status in REFUSED or headers.get("x-ms-error-code") in CLOSED_TO_THE_PUBLIC


def _is_good(token: _Token | None) -> bool:
    return token is not None and time.monotonic() < token.renewed_s


def _asked_for(container: Container) -> _Token | None:
    """A new token; None where the Planetary Computer has none for this container.

    Raises:
        requests.RequestException: It did not answer.
    """
    from planetary_computer import sas  # noqa: PLC0415 - takes half a second, and may be missing

    sas.TOKEN_CACHE.clear()  # it would give out again what was refused
    now_s = time.monotonic()
    try:
        given = sas.get_token(*container)
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == HTTPStatus.NOT_FOUND:
            return None
        raise
    return _Token(given.token, now_s + given.ttl() - RENEWED_BEFORE_S, now_s)
