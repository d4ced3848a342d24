"""Mirrors: beginnings of addresses, and what is asked in their place, as whoever downloads has it."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from .exceptions import InvalidArgument
from .masking import masked
from .relocations import RELOCATIONS

SCHEMES = ("http", "https", "s3", "gs", "az", "abfs", "abfss", "file")
"""Of what a mirror may be."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://[^/]*")
# The address may hold a "=" itself: the first one after which something like an address begins.
_PAIR = re.compile(r"(?P<old>[^=]+://.*?)=(?P<new>(?:[A-Za-z][A-Za-z0-9+.-]*://|[/.~]|[A-Za-z]:[\\/]).*)")


class Mirror(NamedTuple):
    """Addresses that begin with ``old`` are asked for with ``new`` in its place."""

    old: str
    new: str

    def address(self, href: str) -> str | None:
        """Where ``href`` is at this mirror; None where it has nothing to do with it."""
        if not href.startswith(self.old):
            return None
        rest = href[len(self.old) :]
        if not self.old.endswith("/") and rest[:1] not in ("", "/", "?", "#"):
            return None  # "https://example.org/data" is no beginning of "https://example.org/database/x"
        joint = "/" if rest and not self.new.endswith("/") and rest[0] not in "/?#" else ""
        return f"{self.new.rstrip('/') if rest[:1] == '/' else self.new}{joint}{rest}"

    def __str__(self) -> str:
        return f"{self.old}={self.new}"


def checked_mirrors(value: Any, told_by: str = "mirrors") -> tuple[Mirror, ...]:
    """Mirrors as they are asked, in order.

    Args:
        value: None; a text ``OLD=NEW``, or the name of known relocations (``source.coop``); a dict of
            old to new; or an iterable of texts and pairs.
        told_by: Where it stands, for the error.

    Raises:
        InvalidArgument: It cannot be meant.
    """
    if value is None:
        return ()
    each: Iterable[Any] = (value,) if isinstance(value, str) else value
    if isinstance(value, Mapping):
        each = value.items()
    try:
        return tuple(mirror for one in each for mirror in _mirrors(one, told_by))
    except TypeError as error:
        raise InvalidArgument(f'{told_by} is {value!r}; write it like ["OLD_PREFIX=NEW_PREFIX"].') from error


def addresses(href: str, alternates: Iterable[str], mirrors: Iterable[Mirror]) -> tuple[str, ...]:
    """Where to ask for a file, in order: ``href`` at each mirror, then itself; each alternate likewise.

    Empty where there is ``href`` alone.
    """
    found: dict[str, None] = {}
    for each in (href, *alternates):
        for mirror in mirrors:
            address = mirror.address(each)
            if address is not None:
                found[address] = None
        found[each] = None
    return tuple(found) if len(found) > 1 else ()


def _mirrors(one: Any, told_by: str) -> Iterable[Mirror]:
    if isinstance(one, str):
        known = [Mirror(each.old, each.new) for each in RELOCATIONS if each.name == one.strip()]
        if known:
            return known
        pair = _PAIR.fullmatch(one.strip())
        if pair is None:
            names = ", ".join(dict.fromkeys(each.name for each in RELOCATIONS))
            raise InvalidArgument(
                f'{told_by} has "{masked(one)}"; write OLD_PREFIX=NEW_PREFIX, two addresses, or one of the '
                f"known names: {names}."
            )
        one = (pair["old"], pair["new"])
    old, new = one
    return [Mirror(_checked(old, told_by), _checked(_local(new), told_by, SCHEMES))]


def _checked(prefix: Any, told_by: str, schemes: tuple[str, ...] | None = None) -> str:
    found = _SCHEME.match(prefix) if isinstance(prefix, str) else None
    if found is None:
        raise InvalidArgument(f"{told_by} has {masked(str(prefix))!r}, which is the beginning of no address.")
    if schemes is not None and found[1].lower() not in schemes:
        raise InvalidArgument(
            f'{told_by} has "{masked(prefix)}", of the scheme "{found[1]}"; only {", ".join(schemes)} can be.'
        )
    return str(prefix)


def _local(new: Any) -> Any:
    """A folder of this machine as an address."""
    if not isinstance(new, str) or "://" in new or not new:
        return new
    ending = "/" if new.endswith(("/", "\\")) else ""
    return Path(new).expanduser().absolute().as_uri() + ending
