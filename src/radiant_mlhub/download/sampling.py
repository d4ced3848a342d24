"""Which items a sample is made of: decided for each by itself, the same in every run."""

from hashlib import blake2b

_BITS = 53  # which a float holds exactly


class Sample:
    """Keeps a fraction of the items, chosen by a hash of seed, collection id and item id.

    Nothing else counts: neither the order of the catalog, nor other filters, nor what was drawn before. So
    one seed always gives the same items, a larger fraction all of those of a smaller one, and an
    item added to the catalog changes nothing about the others.
    """

    def __init__(self, fraction: float, seed: int) -> None:
        self._limit = fraction * (1 << _BITS)
        self._seed = blake2b(f"{seed}\0".encode(), digest_size=8)

    def keeps(self, collection_id: str, item_id: str) -> bool:
        """Whether the item is in the sample."""
        drawn = self._seed.copy()
        drawn.update(f"{collection_id}\0{item_id}".encode(errors="surrogatepass"))
        return int.from_bytes(drawn.digest()) >> (64 - _BITS) < self._limit
