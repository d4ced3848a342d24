"""Counters for people: a bar in a terminal or a notebook, or nothing at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from tqdm.auto import tqdm

# Bars whose unit is one of these count bytes and show them divided by that many.
_BYTES_IN = {"KB": 1_000, "M": 1_000_000, "MB": 1_000_000, "GB": 1_000_000_000}


class Progress(Protocol):
    """Hears how a long step gets on. Counts are in the bar's unit: items, or bytes."""

    def advance(self, n: int) -> None:
        """``n`` more are done; fewer than before where ``n`` is negative."""

    def expect(self, n: int) -> None:
        """``n`` more have turned out to be to do."""


class Silent:
    """Shows nothing."""

    def advance(self, n: int) -> None:
        """Show nothing."""

    def expect(self, n: int) -> None:
        """Show nothing."""


class Bar:
    """A bar of tqdm on stderr, or a widget where the notebook has them."""

    def __init__(self, desc: str, unit: str, total: int | None) -> None:
        divisor = _BYTES_IN.get(unit)
        scale = 1 / divisor if divisor else unit == "B"
        self._bar = tqdm(desc=desc, unit=unit, unit_scale=scale, total=total)

    def advance(self, n: int) -> None:
        """Move it by ``n``."""
        self._bar.update(n)

    def expect(self, n: int) -> None:
        """Make it longer by ``n``."""
        self._bar.total = (self._bar.total or 0) + n

    def close(self) -> None:
        """Leave it as it stands."""
        self._bar.close()


@contextmanager
def progress(
    desc: str, enabled: bool = True, unit: str = "it", total: int | None = None
) -> Iterator[Progress]:
    """A bar for as long as the ``with`` lasts, whatever ends it.

    Args:
        desc: What is being done.
        enabled: False shows nothing.
        unit: ``"it"`` counts things. ``"B"``, ``"KB"``, ``"MB"`` (documented as ``"M"``) and
            ``"GB"`` count bytes, which is what a transfer advances by, and show that unit.
        total: How many there will be, in things or bytes; None where it is not known yet.
    """
    if not enabled:
        yield Silent()
        return
    bar = Bar(desc, unit, total)
    try:
        yield bar
    finally:
        bar.close()
