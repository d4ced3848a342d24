"""Where and when the items of a dataset were taken: of a download's manifest, or of the items themselves."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from .intervals import BrokenTime, Interval, item_interval
from .manifest_file import APPLICATION_ID, SCHEMA_VERSION
from .places import Box, NoPlace, box_of_geometry, checked_box

_EVERY_ITEM = """
SELECT collection_id, item_id, geometry_json, bbox_json,
       single_datetime, start_datetime, end_datetime, rejected_by IS NULL
FROM items WHERE item_id IS NOT NULL ORDER BY number
"""
# Stated when every row of the catalog is there.
_IS_LISTED = "SELECT COUNT(*) FROM run WHERE name = 'catalog'"


class Footprint(NamedTuple):
    """One item.

    Attributes:
        collection_id: Its collection.
        item_id: The item.
        geometry_json: Its geometry as GeoJSON; None without.
        bbox_json: Its bounding box as JSON; None without.
        datetime: As its properties say it, like the next two; None without.
        start_datetime: Begin of a range.
        end_datetime: End of a range.
        is_wanted: The filters of the last download left it in; True where there was none.
    """

    collection_id: str
    item_id: str
    geometry_json: str | None
    bbox_json: str | None
    datetime: str | None
    start_datetime: str | None
    end_datetime: str | None
    is_wanted: bool = True

    @property
    def box(self) -> Box | None:
        """Its box, or that of its geometry: west, south, east, north; None without a place."""
        for text, read in ((self.bbox_json, checked_box), (self.geometry_json, box_of_geometry)):
            try:
                box = None if text is None else read(msgspec.json.decode(text))
            except (NoPlace, msgspec.DecodeError):  # broken data has no place
                continue
            if box is not None:
                return box
        return None

    @property
    def interval(self) -> Interval | None:
        """When it was taken; None where that is not said, or not understood."""
        properties = {name: getattr(self, name) for name in ("datetime", "start_datetime", "end_datetime")}
        try:
            return item_interval(properties)
        except BrokenTime:
            return None


def recorded_footprints(manifest: Path) -> list[Footprint] | None:
    """The items of a download's catalog; None where there is no manifest of ours with all of them."""
    if not manifest.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{manifest.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            if not _is_whole(connection):
                return None
            return [Footprint._make((*row[:7], bool(row[7]))) for row in connection.execute(_EVERY_ITEM)]
    except sqlite3.Error:
        return None  # the manifest is a cache: the catalog knows it, too


def footprints_of(items: Iterable[Mapping[str, Any]]) -> Iterator[Footprint]:
    """The footprints of items as JSON."""
    for item in items:
        properties = item.get("properties") or {}
        yield Footprint(
            str(item.get("collection") or ""),
            str(item.get("id")),
            _json(item.get("geometry")),
            _json(item.get("bbox")),
            _text(properties.get("datetime")),
            _text(properties.get("start_datetime")),
            _text(properties.get("end_datetime")),
        )


def _is_whole(connection: sqlite3.Connection) -> bool:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    return (application, version) == (APPLICATION_ID, SCHEMA_VERSION) and bool(
        connection.execute(_IS_LISTED).fetchone()[0]
    )


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
