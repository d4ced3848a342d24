"""The rows of a catalog, written into the manifest in the catalog's order."""

from collections.abc import Iterable
from typing import Any

from .manifest import Manifest
from .path_claims import PathClaims
from .records import ItemRecord, path_crc

# Rows waiting to be written; an insert of many costs half of many inserts.
_ROWS_AT_ONCE = 4000
_TABLES = ("items", "hrefs", "members")


class CatalogRows:
    """Writes items, assets and members; what the manifest held of an earlier catalog goes first.

    Attributes:
        last_href: Number of the last asset that was added.
    """

    def __init__(self, manifest: Manifest) -> None:
        self._connection = manifest.connection
        manifest.forget("catalog")
        for table in _TABLES:
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
        self._connection.commit()
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        self._claims = PathClaims()
        self._last_item = 0
        self.last_href = 0

    def add(self, record: ItemRecord, rejected_by: str | None, key_rejections: Iterable[str | None]) -> None:
        """Add an item and its assets; ``key_rejections`` says for each asset what left it out."""
        self._last_item += 1
        times = record.times
        self._rows["items"].append(
            (
                self._last_item,
                record.collection_id,
                record.item_id,
                record.bbox_json,
                record.geometry_json,
                _text_or_none(times.datetime),
                _text_or_none(times.start_datetime),
                _text_or_none(times.end_datetime),
                rejected_by,
            )
        )
        rows = self._rows["hrefs"]
        is_collections = record.item_id is None
        for asset, rejection in zip(record.assets, key_rejections, strict=True):
            self.last_href += 1
            path = asset.save_path
            crc = path_crc(path) if asset.path_crc is None else asset.path_crc
            is_first = self._claims.is_first(crc)
            is_shared = asset.is_common or is_collections or "~" in path
            rows.append(
                (
                    self.last_href,
                    self._last_item,
                    asset.key,
                    asset.href,
                    asset.extension,
                    path,
                    asset.is_common,
                    asset.size_bytes,
                    " ".join(asset.digests) or None,
                    rejection or rejected_by,
                    crc,
                    is_shared,
                    is_shared or not is_first,
                )
            )
        if len(rows) >= _ROWS_AT_ONCE:
            self.flush()

    def add_member(self, place: str, size_bytes: int, mtime_s: int) -> None:
        """Add a file of the catalog archive."""
        rows = self._rows["members"]
        crc = path_crc(place)
        rows.append((None, place, size_bytes, mtime_s, crc, not self._claims.is_first(crc)))
        if len(rows) >= _ROWS_AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Hand the rows that were added to SQLite."""
        for table, rows in self._rows.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self._connection.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - names of ours
                rows.clear()


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)
