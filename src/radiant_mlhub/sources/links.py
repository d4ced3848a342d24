"""Where the links of a STAC object lead."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urldefrag, urljoin, urlsplit

import msgspec

from ..exceptions import MLHubException

DOWNWARDS = frozenset({"child", "item", "items"})
"""Relations that lead to what is part of a catalog."""


class LinkBroken(MLHubException, ValueError):
    """A link without an address, or with one that cannot be taken apart."""


class Link(NamedTuple):
    """A link to what is part of a catalog.

    Attributes:
        rel: ``child``, ``item``, ``items``; ``next`` for the next page of items.
        href: As written.
    """

    rel: str
    href: str


class _WrittenLink(msgspec.Struct):
    rel: str
    href: str


_read_link = msgspec.json.Decoder(_WrittenLink).decode
_read_rel = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(slots=True)
class Links:
    """Links as they were written, each read when it is taken: a collection may have 100,000.

    Attributes:
        texts: The JSON of each.
        rels: Relations that are looked for.
    """

    texts: list[msgspec.Raw]
    rels: frozenset[str]

    def __iter__(self) -> Iterator[Link | LinkBroken]:
        for text in self.texts:
            try:
                link = _read_link(text)
            except msgspec.MsgspecError:
                if _names_one_of(text, self.rels):
                    yield LinkBroken(f"it has no address: {bytes(text)[:200].decode(errors='replace')}")
                continue
            if link.rel in self.rels:
                yield Link(link.rel, link.href.strip())


def _names_one_of(text: msgspec.Raw, rels: frozenset[str]) -> bool:
    try:
        rel: Any = msgspec.json.decode(_read_rel(text).get("rel", msgspec.Raw(b"null")))
    except msgspec.MsgspecError:
        return False
    return isinstance(rel, str) and rel in rels


# As nearly all links are: a path below the file that holds it. Taking addresses apart costs 50 us a link.
_BELOW = re.compile(r"(?:\./)?((?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*)")
_PLAIN_BASE = re.compile(r"[a-z0-9]+://[^?#]*/")


def joined(base_href: str, href: str) -> str:
    """The address of ``href``, which stands in the object that was read from ``base_href``.

    ``urllib`` joins only below schemes that it knows: ``s3://bucket/a/x.json`` and ``./y.json``
    would be ``./y.json``. Fragments go.

    Raises:
        LinkBroken: It cannot be taken apart.
    """
    below, base = _BELOW.fullmatch(href), _PLAIN_BASE.match(base_href)
    if below is not None and base is not None:
        return base[0] + below[1]
    try:
        if urlsplit(href).scheme:
            return urldefrag(href).url
        scheme, colon, rest = base_href.partition(":")
        if scheme in ("http", "https", "file"):
            return urldefrag(urljoin(base_href, href)).url
        return f"{scheme}{colon}{urldefrag(urljoin(f'http:{rest}', href)).url.removeprefix('http:')}"
    except ValueError as error:
        raise LinkBroken(f'the link "{href}" cannot be read: {error}') from error


def host_of(href: str) -> str:
    """The host and port, or the bucket, that an address names; empty where there is none."""
    return _host_of(href if (base := _PLAIN_BASE.match(href)) is None else base[0])


@lru_cache(maxsize=256)
def _host_of(href: str) -> str:
    try:
        return urlsplit(href).netloc.lower()
    except ValueError:
        return ""
