"""Which places are for training, for validation and for testing."""

import hashlib
from collections.abc import Iterable, Mapping

from ...exceptions import InvalidArgument

NAMES = ("train", "validation", "test")
_TOLERANCE = 1e-9


def checked(shares: Mapping[str, float]) -> dict[str, float]:
    """``shares``, in the order of ``NAMES``.

    Raises:
        InvalidArgument: Another name, a negative share, or a sum that is not 1.
    """
    strange = sorted(set(shares) - set(NAMES))
    if strange:
        raise InvalidArgument(f'There is no split "{strange[0]}": {", ".join(NAMES)} are.')
    if shares and (min(shares.values()) < 0 or abs(sum(shares.values()) - 1) > _TOLERANCE):
        raise InvalidArgument("The shares of the splits must add up to 1.")
    return {name: shares[name] for name in NAMES if name in shares}


def split_of_places(places: Iterable[str], shares: Mapping[str, float]) -> dict[str, str]:
    """The split of each place; the same one whenever it is asked, in any order.

    Places are drawn by the digest of their names, so that all chips of a place, whatever their
    dates, are in one split: a model is never tested on a field that it was trained on.
    """
    drawn = sorted(set(places), key=lambda place: hashlib.sha256(place.encode()).digest())
    splits: dict[str, str] = {}
    share_until_now = 0.0
    start = 0
    for name, share in shares.items():
        share_until_now += share
        end = round(share_until_now * len(drawn))
        splits |= dict.fromkeys(drawn[start:end], name)
        start = end
    return splits
