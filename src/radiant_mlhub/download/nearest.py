"""What a name that does not exist may have been meant to be."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

_SHOWN = 20


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of ``known`` that ``name`` may have been meant to be, the nearest first."""
    by_folded: dict[str, str] = {}
    for one in known:
        by_folded.setdefault(one.casefold(), one)
    return [by_folded[close] for close in get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)]


def instead(name: str, known: Collection[str]) -> str:
    """A sentence with the nearest of ``known``, else with the first of them."""
    close = nearest(name, known)
    if close:
        return "Did you mean " + " or ".join(f'"{other}"' for other in close) + "?"
    if not known:
        return "It has none."
    shown = sorted(known)[:_SHOWN]
    return (
        "It has: "
        + ", ".join(f'"{other}"' for other in shown)
        + (", ..." if len(known) > len(shown) else ".")
    )
