"""The nouns of a catalog: an item and its assets, as the filters and the manifest want them."""

import zlib
from typing import Any, NamedTuple

import msgspec

from .. import digests, layout
from .report import Failure

_LONGEST_FILE_BYTES = 2**63 - 1  # of any file system, and of SQLite's numbers
COMMON_KEYS = frozenset(layout.COMMON_ASSET_NAMES)


# Nothing of a catalog refers to itself: the garbage collector, which would look through these again
# and again while a catalog is read, need not know of them.
class Asset(msgspec.Struct, frozen=True, gc=False):
    """One asset of an item, with the path it would have were nobody else to want it.

    Attributes:
        key: Its key in the item.
        href: Its absolute address.
        extension: ``.tif``, ``.tar.gz``; empty where neither href nor media type tells.
        save_path: Its own path, posix, relative to the dataset's folder.
        is_common: Whether its key is one of ``COMMON_ASSET_NAMES``.
        size_bytes: ``file:size``; None where the catalog names none.
        digests: ``file:checksum`` as ``"<name>:<hex>"``.
        path_crc: CRC-32 of the folded ``save_path``, where it is known already: see ``path_crc``.
        media_type: Its ``type``; None where the catalog names none.
        roles: Its ``roles``.
        alternates: Other addresses of the same bytes (``alternate``), in the catalog's order.
    """

    key: str
    href: str
    extension: str
    save_path: str
    is_common: bool
    size_bytes: int | None = None
    digests: tuple[str, ...] = ()
    path_crc: int | None = None
    media_type: str | None = None
    roles: tuple[str, ...] = ()
    alternates: tuple[str, ...] = ()


class Details(NamedTuple):
    """What is kept of items besides what every download needs.

    Attributes:
        properties: All their properties, for a CQL2 filter.
        sources: Which items they name as their source, to take a part of the catalog in pairs.
    """

    properties: bool = False
    sources: bool = False


NO_DETAILS = Details()


class Times(msgspec.Struct, frozen=True, gc=False):
    """When an item was taken, as its properties say it."""

    datetime: Any = None
    start_datetime: Any = None
    end_datetime: Any = None


class ItemRecord(msgspec.Struct, frozen=True, gc=False):
    """An item and its assets, or a collection and the assets of its own.

    Attributes:
        item_id: None for a collection.
        bbox_json: Its ``bbox``, as JSON on one line; None without.
        geometry_json: Its ``geometry``, likewise.
        assets: What can be fetched.
        broken: What cannot, as rows of the report.
        properties_json: Its ``properties``, as JSON; None where ``Details`` does not ask for them.
        sources: Paths in the catalog of the items that its links call its source, likewise: see
            ``source_links``.
    """

    collection_id: str
    item_id: str | None
    bbox_json: str | None = None
    geometry_json: str | None = None
    times: Times = Times()
    assets: tuple[Asset, ...] = ()
    broken: tuple[Failure, ...] = ()
    properties_json: str | None = None
    sources: tuple[str, ...] = ()


def path_crc(path: str) -> int:
    """A number that is the same for paths that are one file on some system, and rarely for others."""
    return zlib.crc32(layout.folded(path).encode(errors="surrogatepass"))


def size_named(value: Any) -> int | None:
    """``file:size`` where it is one, and a length that a file can have."""
    return value if isinstance(value, int) and 0 <= value <= _LONGEST_FILE_BYTES else None


def digests_named(checksum: Any) -> tuple[str, ...]:
    """``file:checksum`` where it can be understood.

    One of an unknown kind is no fault of the asset: it is then verified by length.
    """
    if not isinstance(checksum, str):
        return ()
    try:
        digest = digests.from_multihash(checksum)
    except ValueError:
        return ()
    return (digest,) if digests.can_check(digest.partition(":")[0]) else ()
