"""What every source of STAC objects answers, so that one download serves them all.

A ``Source`` hands out STAC objects; a ``Catalog`` also leaves their JSON on disk, as an archive
does that is unpacked.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from ..transfer.transfers import Request, Slow
from .unpacking import Helper


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file of a source that has no STAC: its path stands for id, key and place.

    Attributes:
        path: Where it lies in the tree, safe and posix, relative to the dataset's folder.
        href: Its address.
        size_bytes: Its length; None where it is not told.
    """

    path: str
    href: str
    size_bytes: int | None = None


class SourceObject(msgspec.Struct, gc=False):  # made several times as fast as a dataclass
    """One STAC object as a source holds it, or the reason why it cannot be read.

    Attributes:
        place: Its path in the tree, posix, relative to the dataset's folder. Where the source has no
            tree of its own, as ``tree.object_place`` makes it.
        body: The parsed JSON; None when it cannot be read, or was not parsed yet.
        base_href: Address from which its relative hrefs start; None when nothing is known, and its
            self link tells it. Only under a ``file:`` address may ``file:`` hrefs be named.
        error: Why it cannot be read; None when it can.
        text: The JSON as the source has it, where it was not parsed yet; None for a file that
            is no STAC object.
        size_bytes: Length of the file that holds it; 0 where there is none.
        mtime_s: When that file was changed last, in seconds since the epoch.
        plain: The file that it is, where it is no STAC object but an asset by itself.
    """

    place: str
    body: Mapping[str, Any] | None = None
    base_href: str | None = None
    error: str | None = None
    text: bytes | None = None
    size_bytes: int = 0
    mtime_s: int = 0
    plain: PlainFile | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a download asks for, for sources that can leave the rest out; the filters look again.

    Attributes:
        bbox: West, south, east, north in degrees (EPSG:4326); west > east crosses the antimeridian.
        intersects: A GeoJSON geometry; never together with ``bbox``.
        reach: The box of whichever of them is asked for, written as ``bbox``.
        datetime: ``"start/end"`` or one instant, as STAC APIs write it (RFC 3339, ``..`` is open).
        collections: Ids of collections.
        ids: Ids of items.
        filter: CQL2 as JSON.
        max_connections: Most requests at once, for sources that ask for many files; None for their own limit.
        max_bytes_per_s: What the download may take from the network a second; None for any amount. A
            source that asks for many files takes at most a quarter of it.
    """

    bbox: tuple[float, float, float, float] | None = None
    intersects: Mapping[str, Any] | None = None
    reach: tuple[float, float, float, float] | None = None
    datetime: str | None = None
    collections: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    filter: Mapping[str, Any] | None = None
    max_connections: int | None = None
    max_bytes_per_s: int | None = None


EVERYTHING = Wanted()


class Memory(Protocol):
    """What a source wants to know again after it was killed, and in later runs. Lent by the manifest.

    What was put is kept within a fiftieth of a second, together with what the source said before.

    Attributes:
        folder: The dataset's folder, in which objects have their places. Below it, in a folder with a
            dot name, a source may keep files.
        is_lasting: Whether a later run has the same memory.
    """

    folder: Path
    is_lasting: bool

    def get(self, name: str) -> str | None:
        """What was put under that name last, by this run or an earlier one."""
        ...

    def put(self, name: str, value: str) -> None:
        """Remember ``value``."""
        ...

    def forget(self, name: str) -> None:
        """Forget what was put under that name."""
        ...

    def keep(self) -> None:
        """Have what was put survive from now on."""
        ...


class Source(Protocol):
    """Where a dataset's STAC objects come from, one at a time.

    Attributes:
        dataset_id: The dataset.
        label: What is read, for a person: ``https://example.org/stac/catalog.json``.
        version: Equal in two runs only if the objects are; None where that is not known before
            they are read.
    """

    dataset_id: str
    label: str
    version: str | None

    def narrows(self, wanted: Wanted) -> bool:
        """Whether ``objects(wanted)`` leaves out items of the catalog."""
        ...

    def objects(self, wanted: Wanted, memory: Memory) -> Iterator[SourceObject | None]:
        """Collections and items, each once, and the other files of the catalog; None is "nothing yet".

        In the same order in every run, as far as the source has one. None is handed out at least
        every tenth of a second while nothing else is there: files that are under way get on then.

        Raises:
            CatalogBroken: The source as a whole cannot be read.
        """
        ...

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now, or what finds that out and may block."""
        ...


class Catalog(Protocol):
    """A source as one download reads it, with a tree of JSON files to leave on disk.

    ``catalog_archive.CatalogArchive`` is one; ``written.WrittenSource`` makes one of every ``Source``.

    Attributes:
        dataset_id: The dataset.
        label: What is read, for a person: ``nasa_marine_debris.tar.gz``.
        version: Equal in two runs only if the objects are; None where that is not known yet.
        sees_everything: Whether ``objects`` gives the whole catalog, not only what is asked for.
    """

    dataset_id: str
    label: str
    version: str | None
    sees_everything: bool

    def objects(self) -> Iterator[SourceObject | None]:
        """As ``Source.objects``."""
        ...

    def request_for(self, href: str) -> Request | Slow:
        """As ``Source.request_for``."""
        ...

    def unpack(self, folder: Path) -> Iterator[str | None]:
        """Write the catalog's files into ``folder``; the path of each comes when it is there.

        None is "nothing yet", handed out as by ``objects``.

        Raises:
            CatalogBroken: The catalog cannot be read.
            DirectoryUnusable: ``folder`` cannot be written.
        """
        ...

    def unpacked_beside(self, folder: Path | None) -> AbstractContextManager[Helper | None]:
        """A process that unpacks into ``folder``, where there can be one and it is worth it.

        Args:
            folder: None where nothing is to be unpacked.
        """
        ...
