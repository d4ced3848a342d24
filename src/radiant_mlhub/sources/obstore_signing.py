"""Addresses signed by obstore, of the environment's credentials: the extra ``cloud``."""

from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from .buckets import Place


def is_installed() -> bool:
    """Whether obstore is there."""
    return find_spec("obstore") is not None


def signed(store: Any, place: Place, lifetime: timedelta) -> str:
    """An address that whoever has it may read the object by, for so long. May ask for credentials first.

    Args:
        store: The bucket as obstore knows it, with credentials: of one without, obstore would ask the
            machine's metadata address.
        place: The object.
        lifetime: How long it is good for.

    Raises:
        ValueError: The credentials are of no use.
    """
    import obstore  # noqa: PLC0415 - the extra

    try:
        url: str = obstore.sign(store, "GET", place.key, lifetime)
    except obstore.exceptions.BaseError as error:
        # What follows its first line is for those who work on obstore.
        raise ValueError(str(error).strip().partition("\n")[0]) from error
    return url
