"""Sources whose address carries a signature for all that lies beside it: Azure's shared access signatures.

``https://account.blob.core.windows.net/container/catalog.json?sv=...&sig=...`` opens a catalog, while its
links name the other files of the container without the signature. They keep those addresses everywhere, and
the signature is put on where a request is made, as those of buckets are (``signing``): it stands in no
manifest, report or index, and tomorrow's signature finds the files that came with today's.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..addresses import origin
from ..transfer.transfers import Request, RequestFor, Slow
from .signing import REFUSED

_SIGNS = re.compile(r"(?:^|[?&])sig=", re.IGNORECASE)
# "Signed services": a signature of the account, for all of its containers.
_IS_OF_AN_ACCOUNT = re.compile(r"(?:^|&)ss=", re.IGNORECASE)
# Whoever sends the request takes it out, and asks elsewhere than the address reads.
_CLIMBS = re.compile(r"/(?:\.|%2e){2}(?:/|$)", re.IGNORECASE)


def unsigned(location: str) -> str:
    """``location`` without the query that signs it; as it is where none does, or where it is a path."""
    return _taken_apart(location)[0]


def signed_as(location: str, request_for: RequestFor) -> RequestFor:
    """``request_for`` for the files of a source: with the signature that its location carries, if any.

    What lies in the same container of the same origin gets it, and nothing else: another origin is
    not to see it, and Azure refuses a signature in another container, even a public one. The first
    segment of the path is the container. An address that is signed by itself stays as it is.

    Source: "Create a service SAS" and "Create an account SAS" of Azure's storage.
    """
    address, query = _taken_apart(location)
    whose = origin(address) if query else None
    if whose is None:
        return request_for
    container = None if _IS_OF_AN_ACCOUNT.search(query) else _container_of(address)

    def signed(href: str) -> Request | Slow:
        if origin(href) != whose or container not in (None, _container_of(href)) or _SIGNS.search(href):
            return request_for(href)
        href = href.partition("#")[0]
        made = request_for(f"{href}{'&' if '?' in href else '?'}{query}")
        return made._replace(refusals=_REFUSALS) if isinstance(made, Request) else made

    return signed


class _OfShared:
    """What is made of the refusal of an address with a source's signature."""

    def is_worth_another(self, status: int, headers: Mapping[str, str]) -> bool:
        """There is no other one."""
        return False

    def reason(self, status: int, headers: Mapping[str, str]) -> str:
        """Why it was refused."""
        if status not in REFUSED:
            return ""
        return (
            "the signature in the source's address (sig=) was refused; it may have ended, or be of one "
            "file alone (sr=b), where a catalog wants one of its container (sr=c) or folder (sr=d)"
        )


_REFUSALS = _OfShared()


def _taken_apart(location: str) -> tuple[str, str]:
    """The address and the query that signs it, which is empty where none does."""
    address, _, query = location.partition("#")[0].partition("?")
    is_signed = location.lower().startswith(("https://", "http://")) and _SIGNS.search(query)
    return (address, query) if is_signed else (location, "")


def _container_of(href: str) -> str:
    """The first of several segments of its path; none of a path that climbs."""
    path = urlsplit(href).path
    return ".." if _CLIMBS.search(path) else path.lstrip("/").rpartition("/")[0].partition("/")[0]
