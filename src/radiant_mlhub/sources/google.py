"""Buckets of Google Cloud Storage."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from .buckets import Place
from .clouds import is_true
from .obstore_signing import signed

_CREDENTIALS = (
    "GOOGLE_APPLICATION_CREDENTIALS",
    "GOOGLE_SERVICE_ACCOUNT",
    "GOOGLE_SERVICE_ACCOUNT_PATH",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
)


class Google:
    """Cloud Storage as the environment's variables ``GOOGLE_*`` say it is to be asked."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._stores: dict[str, Any] = {}

    def plain_address(self, place: Place) -> str:
        """The public address of an object."""
        base = self._variables.get("GOOGLE_BASE_URL", "https://storage.googleapis.com")
        return f"{base.rstrip('/')}/{place.bucket}/{place.path}"

    def is_shared(self, place: Place) -> bool:
        """Never: each object has a signature of its own."""
        return False

    def has_credentials(self, place: Place) -> bool:
        """Whether the environment holds what to sign with."""
        if is_true(self._variables.get("GOOGLE_SKIP_SIGNATURE")):
            return False
        return any(name in self._variables for name in _CREDENTIALS)

    def sign(self, place: Place, lifetime: timedelta) -> str:
        """A signed address of an object, by the credentials that obstore finds in the environment."""
        return signed(self.store(place), place, lifetime)

    def store(self, place: Place) -> Any:
        """The bucket as obstore knows it."""
        if place.bucket not in self._stores:
            from obstore.store import GCSStore  # noqa: PLC0415 - the extra "cloud"

            self._stores[place.bucket] = GCSStore(place.bucket)
        return self._stores[place.bucket]

    def learn(self, place: Place, headers: Mapping[str, str]) -> bool:
        """Nothing: every bucket has the same address."""
        return False

    def wanted(self) -> str:
        """The variables that credentials would be in."""
        return "GOOGLE_APPLICATION_CREDENTIALS"
