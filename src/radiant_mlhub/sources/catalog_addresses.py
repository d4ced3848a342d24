"""Where the links of a static catalog lead: to another of its files, or away from it."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from ..log import logger
from ..masking import masked
from ..transfer.local_files import local_path
from .links import LinkBroken, host_of, joined


class CatalogAddresses(Protocol):
    """How a catalog's files name each other."""

    def begin(self, root: str, self_href: str | None) -> None:
        """Hear where the root was read from, and what its self link says."""
        ...

    def resolved(self, base: str, href: str) -> str | None:
        """The file that ``href`` in the file ``base`` leads to; None where it leads away from the catalog.

        Raises:
            LinkBroken: It cannot be taken apart.
        """
        ...

    def base_href(self, base: str) -> str:
        """Where the relative hrefs of the file ``base`` start."""
        ...

    def tell(self, label: str) -> None:
        """Log how many links led away."""
        ...


class _Away:
    """Counts links that lead away, by their host."""

    def __init__(self) -> None:
        self._count = 0
        self._hosts: set[str] = set()

    def add(self, href: str) -> None:
        self._count += 1
        if len(self._hosts) < 5:  # noqa: PLR2004 - so many are named
            self._hosts.add(host_of(href) or masked(href))

    def tell(self, label: str) -> None:
        if self._count:
            hosts = ", ".join(sorted(self._hosts))
            logger.warning(
                "%s links lead out of %s, among others to %s: they were not followed",
                self._count,
                label,
                hosts,
            )


class WebAddresses:
    """Addresses of the web, or of a bucket: what is on the host of the root is part of the catalog."""

    def __init__(self, location: str, hosts: Collection[str] = ()) -> None:
        """Begin.

        Args:
            location: Address of the root.
            hosts: Further hosts, with their port where it is not the usual one.
        """
        self._hosts = {host_of(location), *(host.lower() for host in hosts)}
        self._moved: tuple[str, str] | None = None
        self._away = _Away()

    def begin(self, root: str, self_href: str | None) -> None:
        """See ``CatalogAddresses``."""
        self._hosts.add(host_of(root))
        if self_href is not None and host_of(self_href) not in {"", *self._hosts}:
            self._moved = _folder_of(self_href), _folder_of(root)

    def resolved(self, base: str, href: str) -> str | None:
        """See ``CatalogAddresses``."""
        address = joined(base, href)
        if self._moved is not None and address.startswith(self._moved[0]):
            address = self._moved[1] + address.removeprefix(self._moved[0])
        if host_of(address) in self._hosts:
            return address
        self._away.add(address)
        return None

    def base_href(self, base: str) -> str:
        """See ``CatalogAddresses``."""
        return base

    def tell(self, label: str) -> None:
        """See ``CatalogAddresses``."""
        self._away.tell(label)


class FolderAddresses:
    """Paths of this machine; what is on it is part of the catalog."""

    def __init__(self) -> None:
        self._moved: tuple[str, str] | None = None
        self._away = _Away()

    def begin(self, root: str, self_href: str | None) -> None:
        """See ``CatalogAddresses``."""
        if self_href is not None and host_of(self_href):
            self._moved = _folder_of(self_href), os.path.dirname(root)  # noqa: PTH120

    def resolved(self, base: str, href: str) -> str | None:
        """See ``CatalogAddresses``."""
        scheme = _scheme_of(href)
        if scheme == "file":
            return _path_of(href)
        if scheme is not None and len(scheme) > 1:  # one letter is a drive
            if self._moved is None or not href.startswith(self._moved[0]):
                self._away.add(href)
                return None
            base, href = f"{self._moved[1]}{os.sep}root", href.removeprefix(self._moved[0])
        return _path(base, href.partition("#")[0])

    def base_href(self, base: str) -> str:
        """See ``CatalogAddresses``."""
        return Path(base).as_uri()

    def tell(self, label: str) -> None:
        """See ``CatalogAddresses``."""
        self._away.tell(label)


def _path_of(href: str) -> str:
    try:
        return local_path(href)
    except ValueError as error:
        raise LinkBroken(f'the link "{href}" cannot be read: {error}') from error


def _path(base: str, href: str) -> str:
    """The path that ``href`` names, as written or, where that is no file, percent-decoded."""
    folder = os.path.dirname(base)  # noqa: PTH120
    path = os.path.normpath(os.path.join(folder, href))  # noqa: PTH118
    if "%" in href and not os.path.exists(path):  # noqa: PTH110
        return os.path.normpath(os.path.join(folder, unquote(href)))  # noqa: PTH118
    return path


def _scheme_of(href: str) -> str | None:
    try:
        return urlsplit(href).scheme or None
    except ValueError as error:
        raise LinkBroken(f'the link "{href}" cannot be read: {error}') from error


def _folder_of(address: str) -> str:
    return address.partition("#")[0].partition("?")[0].rpartition("/")[0] + "/"
