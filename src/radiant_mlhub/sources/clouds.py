"""What all clouds have in common for one who reads their objects."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

from .buckets import Place

EXTRA = "pip install 'radiant-mlhub[cloud]'"


class Cloud(Protocol):
    """One cloud, as the environment says it is to be asked."""

    def plain_address(self, place: Place) -> str:
        """The public address of an object, unsigned, or with a signature that the environment holds.

        Raises:
            TransferFailed: The environment does not say enough.
        """
        ...

    def is_shared(self, place: Place) -> bool:
        """Whether the environment holds one signature for all objects, which the public address then has."""
        ...

    def has_credentials(self, place: Place) -> bool:
        """Whether the environment holds credentials for this place, with which addresses can be signed."""
        ...

    def sign(self, place: Place, lifetime: timedelta) -> str:
        """An address that whoever has it may read the object by, for so long. May ask for credentials first.

        Raises:
            ValueError: The credentials are of no use.
        """
        ...

    def learn(self, place: Place, headers: Mapping[str, str]) -> bool:
        """Take in what a refusal says of the place; whether it is asked otherwise from now on."""
        ...

    def wanted(self) -> str:
        """The variables that credentials would be in."""
        ...


def is_true(value: str | None) -> bool:
    """Whether a variable says yes."""
    return (value or "").lower() in {"1", "true", "yes", "on"}
