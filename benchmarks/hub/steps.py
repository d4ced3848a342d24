"""What the steps of a search cost in the store: the figures by which it chooses its way."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from benchmarks.hub.items import BEGIN
from benchmarks.hub.place import Options, Place, Section
from benchmarks.hub.search_servers import filled_hub

_ROUNDS = 5
_UNIT_S = 864_000
_MONTH_S = 31 * 86_400

# A month of all items. Each statement touches so many rows as its own first column says.
_STEPS = {
    "the R*Tree names a candidate": """
        SELECT count(*) FROM boxes WHERE end >= :start AND start <= :end""",
    "a candidate is named and its item looked up": """
        SELECT count(i.west) FROM boxes b CROSS JOIN items i ON i.number = b.id >> 1
        WHERE b.end >= :start AND b.start <= :end""",
    "the same, and sorted by collection and id": """
        SELECT count(*) OVER () FROM boxes b CROSS JOIN items i ON i.number = b.id >> 1
        CROSS JOIN collections c ON c.number = i.collection
        WHERE b.end >= :start AND b.start <= :end ORDER BY c.collection_id, i.item_id LIMIT 1""",
    "an item is passed over along the index by id": """
        SELECT count(*) - sum(west < -190) FROM items INDEXED BY items_by_id WHERE collection > 0""",
    "an item is passed over along the index by time": """
        SELECT count(*) - sum(west < -190) FROM items INDEXED BY items_by_time WHERE start_us > 0""",
}


def measure(options: Options, place: Place) -> Section:
    """Medians of five; the pages are in memory from the second on."""
    hub = filled_hub(place.folder, options.items)
    first = (BEGIN.replace(year=BEGIN.year + 2) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    month = {"start": first / _UNIT_S, "end": (first + _MONTH_S) / _UNIT_S}
    lines = ["| step | rows | microseconds a row |", "| --- | --- | --- |"]
    with closing(_opened(hub / "hub.sqlite")) as connection:
        lines += [_line(connection, name, sql, month) for name, sql in _STEPS.items()]
    return Section("steps", f"The steps of a search in the store, {options.items:,} items", lines)


def _line(connection: sqlite3.Connection, name: str, sql: str, month: dict[str, float]) -> str:
    seconds = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        (rows,) = connection.execute(sql, month).fetchone()
        seconds.append(time.perf_counter() - started)
    return f"| {name} | {rows:,} | {median(seconds) / rows * 1e6:.2f} |"


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    # As the hub's readers have it.
    connection.execute("PRAGMA mmap_size = 8589934592")
    return connection
