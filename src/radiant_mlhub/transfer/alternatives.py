"""The addresses at which one file may be had, and what came of those that failed. No I/O."""

from ..masking import masked
from .steps import Failed
from .transfers import Transfer


class Alternatives:
    """One address at a time, in the transfer's order; none is asked twice.

    Attributes:
        address: The one that is asked now.
    """

    def __init__(self, transfer: Transfer, first: str | None = None) -> None:
        """Begin with ``first`` where it is told: the one whose bytes lie here already."""
        self._href = transfer.href
        addresses = transfer.asked_at
        self.address = first if first in addresses else addresses[0]
        self._left = [address for address in addresses if address != self.address]
        self._failed: list[tuple[str, str]] = []

    @property
    def is_elsewhere(self) -> bool:
        """What is asked now is not the catalog's own address."""
        return self.address != self._href

    def turn(self, failed: Failed) -> bool:
        """Go on to the next address; False where that was the last one."""
        if not self._left:
            return False
        self._failed.append((self.address, failed.text))
        self.address = self._left.pop(0)
        return True

    def told(self, failed: Failed) -> str:
        """What to say once all of them have failed: each address that was asked, and its reason."""
        name = f"{masked(self._href)} could not be fetched"
        if not self._failed and not self.is_elsewhere:
            return f"{name}: {failed.text}"
        tried = [*self._failed, (self.address, failed.text)]
        return f"{name}: {'; '.join(f'{masked(address)}: {text}' for address, text in tried)}"
