"""Who is let in.

Whatever only tells what there is answers anybody; items, search, catalogs and archives want a
key. A wrong key is refused everywhere: whoever mistyped it should learn that at once. A public
hub ignores keys; a private one answers nobody without one.
"""

import hmac
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from ..settings import HubSettings
from ..store import Store, StoredKey
from .failed_attempts import FailedAttempts

NO_KEY = "Must provide API key or Bearer token to access this route."
"""What the hosted service said, to the letter."""

WRONG_KEY = "The API key is not known here. Keys are shown once, when they are made: mlhub keys create NAME"
TOO_MANY = "Too many wrong API keys came from this address. Wait, then use the right one."

PARAMETER = "key"
_STATE = "door"
_BEARER = "bearer "
_MOST_REMEMBERED = 10_000


def check_key(request: HTTPConnection, needs_key: bool) -> None:
    """Let the request in, or refuse it.

    Args:
        request: One that came through ``AccessMiddleware``.
        needs_key: Whether it is refused without a key on a hub of the usual kind.

    Raises:
        HTTPException: 401 with the body of the hosted service, or 429 after many wrong keys.
    """
    door = door_of(request)
    if door.settings.access == "public":
        return
    key = _key_of(request)
    if key is None:
        if needs_key or door.settings.access == "private":
            raise HTTPException(401, NO_KEY, headers=_challenge())
        return
    door.check(key, request.client.host if request.client else "")


class Remembered:
    """The last 10,000 of what was added."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._values: OrderedDict[str, None] = OrderedDict()

    def __contains__(self, value: str) -> bool:
        with self._lock:
            return value in self._values

    def add(self, value: str) -> None:
        """Remember the value, and forget the oldest when there are too many."""
        with self._lock:
            self._values[value] = None
            self._values.move_to_end(value)
            if len(self._values) > _MOST_REMEMBERED:
                self._values.popitem(last=False)


def door_of(request: HTTPConnection) -> "Door":
    """The door that the request came through: ``AccessMiddleware`` took it along."""
    door: Door = request.scope["state"][_STATE]
    return door


@dataclass(frozen=True)
class Door:
    """Which keys are valid here, and who has tried wrong ones."""

    store: Store
    settings: HubSettings
    failures: FailedAttempts = field(default_factory=FailedAttempts)
    accepted: Remembered = field(default_factory=Remembered)

    def check(self, key: str, address: str) -> StoredKey:
        """What is known of a key; one that is wrong or revoked is refused.

        An address that has tried many wrong ones is believed only keys that were accepted
        before: guessing stays slow, and whoever works from behind the same address goes on.

        Raises:
            HTTPException: 401, or 429 with ``Retry-After``.
        """
        digest = digest_of(key)
        wait_s = self.failures.wait_s(address)
        if wait_s > 0 and digest not in self.accepted:
            raise HTTPException(429, TOO_MANY, headers={"Retry-After": str(wait_s)})
        known = self.store.key_by_digest(digest)
        # The lookup compares digests of what was sent: its delay tells nothing about a key.
        if known is None or known.revoked is not None or not hmac.compare_digest(known.digest, digest):
            self.failures.note(address)
            raise HTTPException(401, WRONG_KEY, headers=_challenge())
        self.accepted.add(digest)
        return known


@dataclass(frozen=True)
class AccessMiddleware:
    """Takes the door along with each request, for ``check_key``."""

    app: ASGIApp
    door: Door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Note the door in the scope, and let the app answer."""
        if scope["type"] == "http":
            scope.setdefault("state", {})[_STATE] = self.door
        await self.app(scope, receive, send)


def digest_of(key: str) -> str:
    """What is stored of a key: SHA-256, hexadecimal."""
    return sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _key_of(request: HTTPConnection) -> str | None:
    authorization = request.headers.get("authorization", "")
    if authorization.lower().startswith(_BEARER):
        return authorization[len(_BEARER) :].strip()
    return request.query_params.get(PARAMETER)


def _challenge() -> Mapping[str, str]:
    return {"WWW-Authenticate": "Bearer"}
