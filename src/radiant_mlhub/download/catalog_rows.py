"""The rows of a catalog, written into the manifest in the catalog's order."""

import json
from collections.abc import Iterable
from typing import Any

from .manifest import Manifest
from .path_claims import PathClaims
from .records import Asset, ItemRecord, path_crc

# Rows waiting to be written; an insert of many costs half of many inserts.
_ROWS_AT_ONCE = 4000
# Python's sqlite3 takes a third longer for rows with None and bool in them, which it offers to
# adapters first (0.97 against 0.70 s for 300,000 rows): here nothing is an empty text, a truth a number.
_OR_NULL = "NULLIF(?, '')"
_INSERT = {
    "items": f"INSERT INTO items VALUES (?, ?, {', '.join([_OR_NULL] * 8)})",  # noqa: S608 - names of ours
    "hrefs": f"INSERT INTO hrefs VALUES (?, ?, ?, ?, ?, ?, ?, {', '.join([_OR_NULL] * 3)}, ?, ?, ?, ?)",  # noqa: S608
    "alternates": "INSERT INTO alternates VALUES (?, ?)",
    "kinds": "INSERT INTO kinds VALUES (?, NULLIF(?, ''), ?)",
    "linked": "INSERT INTO linked VALUES (?, ?)",
    "members": "INSERT INTO members (place, size_bytes, mtime_s, path_crc, is_wanted) VALUES (?, ?, ?, ?, ?)",
}


class CatalogRows:
    """Writes items, assets and members; what the manifest held of an earlier catalog goes first.

    Attributes:
        items: How many items were added; collections, which have rows as well, are none.
        last_href: Number of the last asset that was added.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._connection = manifest.connection
        manifest.forget("catalog")
        self._connection.execute("DELETE FROM sources")
        self._connection.execute("CREATE TEMP TABLE IF NOT EXISTS linked (item INTEGER, path TEXT)")
        for table in _INSERT:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self._connection.commit()
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _INSERT}
        self._claims = PathClaims()
        self._kinds: dict[tuple[str | None, tuple[str, ...]], int] = {}
        self.items = 0
        self._last_item = 0
        self.last_href = 0

    def add(self, record: ItemRecord, rejected_by: str | None, key_rejections: Iterable[str | None]) -> None:
        """Add an item and its assets; ``key_rejections`` says for each asset what left it out."""
        is_collections = record.item_id is None
        self.items += not is_collections
        self._last_item += 1
        times = record.times
        self._rows["items"].append(
            (
                self._last_item,
                record.collection_id,
                record.item_id or "",
                record.bbox_json or "",
                record.geometry_json or "",
                _text(times.datetime),
                _text(times.start_datetime),
                _text(times.end_datetime),
                rejected_by or "",
                record.properties_json or "",
            )
        )
        if record.sources:
            self._rows["linked"] += [(self._last_item, path) for path in record.sources]
        rows, item, number = self._rows["hrefs"], self._last_item, self.last_href
        is_first, kinds = self._claims.is_first, self._kinds
        for asset, rejection in zip(record.assets, key_rejections, strict=True):
            number += 1
            path, crc = asset.save_path, asset.path_crc
            if crc is None:
                crc = path_crc(path)
            is_common = 1 if asset.is_common else 0
            is_shared = 1 if is_common or is_collections or "~" in path else 0
            waits = is_shared if is_first(crc) else 1
            rows.append(
                (
                    number,
                    item,
                    asset.key,
                    asset.href,
                    asset.extension,
                    path,
                    is_common,
                    "" if asset.size_bytes is None else asset.size_bytes,
                    " ".join(asset.digests) if asset.digests else "",
                    rejection or rejected_by or "",
                    crc,
                    is_shared,
                    waits,
                    kinds.get((asset.media_type, asset.roles)) or self._new_kind(asset),
                )
            )
            if asset.alternates:
                self._rows["alternates"].append((number, "\n".join(asset.alternates)))
        self.last_href = number
        if len(rows) >= _ROWS_AT_ONCE:
            self.flush()

    def _new_kind(self, asset: Asset) -> int:
        number = self._kinds[asset.media_type, asset.roles] = len(self._kinds) + 1
        self._rows["kinds"].append((number, asset.media_type or "", json.dumps(asset.roles)))
        return number

    def add_member(self, place: str, size_bytes: int, mtime_s: int) -> None:
        """Add a file of the catalog archive."""
        rows = self._rows["members"]
        crc = path_crc(place)
        rows.append((place, size_bytes, mtime_s, crc, int(not self._claims.is_first(crc))))
        if len(rows) >= _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand the rows that were added to SQLite."""
        for table, rows in self._rows.items():
            if rows:
                self._connection.executemany(_INSERT[table], rows)
                rows.clear()


def _text(value: Any) -> str:
    return "" if value is None else str(value)
