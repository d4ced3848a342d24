"""Links of an item to the items it was made of: labels name the imagery they were drawn on."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

SOURCE = "source"
"""The relation of such a link. Source: STAC label extension, "Links: source imagery"."""


def source_paths(body: Mapping[str, Any], place: str) -> Iterator[str]:
    """Paths of the items that an item names as its source; links that cannot be read are passed over.

    Args:
        body: The item.
        place: Its path in the catalog.
    """
    links = body.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == SOURCE and isinstance(link.get("href"), str):
            yield linked_path(place, link["href"])


def linked_path(place: str, href: str) -> str:
    """The path that ``href`` leads to from ``place``, both in the catalog; of an address its path alone."""
    try:
        parts = urlsplit(href)
    except ValueError:  # of no address that could be
        return href
    path = unquote(parts.path)
    return path if parts.netloc else posixpath.normpath(posixpath.join(posixpath.dirname(place), path))
