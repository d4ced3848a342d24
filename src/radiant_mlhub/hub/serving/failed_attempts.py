"""How many wrong keys an address may try, and how fast."""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

_BURST = 20.0
"""Wrong keys that cost nothing: a notebook with an old key, run again a few times."""

_REFILL_PER_S = 0.2
_MOST_ADDRESSES = 10_000
_IPV6_NETWORK = 64  # what one household or one virtual machine is given


class FailedAttempts:
    """A bucket of attempts for each address: twenty at once, then one in five seconds.

    The 10,000 addresses that failed last are remembered: memory stays flat.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str) -> int:
        """Seconds, rounded up, until the address may try again; 0 when it may now."""
        with self._lock:
            left = self._left_now(_bucket(address))
        return 0 if left >= 1 else math.ceil((1 - left) / _REFILL_PER_S)

    def note(self, address: str) -> None:
        """Count a wrong key from the address."""
        bucket = _bucket(address)
        with self._lock:
            self._left[bucket] = (self._left_now(bucket) - 1, self._clock())
            self._left.move_to_end(bucket)
            if len(self._left) > _MOST_ADDRESSES:
                self._left.popitem(last=False)

    def _left_now(self, bucket: str) -> float:
        left, noted = self._left.get(bucket, (_BURST, 0.0))
        return min(_BURST, left + (self._clock() - noted) * _REFILL_PER_S)


def _bucket(address: str) -> str:
    """The address, or the network of an IPv6 address: whoever has one has all of it."""
    try:
        read = ipaddress.ip_address(address)
    except ValueError:
        return address
    if read.version == 4:  # noqa: PLR2004
        return address
    return str(ipaddress.ip_network((read, _IPV6_NETWORK), strict=False))
