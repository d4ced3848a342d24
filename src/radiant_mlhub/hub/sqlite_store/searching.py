"""One page of items."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

from ..store import BadQuery, ItemPage, ItemQuery
from .filters import Accepts, judge
from .orders import Order, order_of
from .places import bounds, meets
from .statements import Condition, all_of, among, boxes_meeting, in_box, in_time
from .tokens import Position, position_of, token_of

MAX_LIMIT = 10_000
_STEPS_BETWEEN_LOOKS = 20_000
_ROWS_AT_ONCE = 200

Row = tuple[Any, ...]
"""An item's number, then the values of the order's keys, then collection id and item id."""


def page(connection: sqlite3.Connection, query: ItemQuery, time_limit_s: float) -> ItemPage:
    """The page asked for.

    Raises:
        BadQuery: The question cannot be answered as asked, or not within the time limit.
    """
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(f"The limit is from 1 to {MAX_LIMIT:,}.")
    order = order_of(query)
    position = None
    if query.token is not None:
        position = position_of(query.token, query, len(order.keys) + 2)
    late = _alarm(time.monotonic() + time_limit_s)
    connection.set_progress_handler(late, _STEPS_BETWEEN_LOOKS)
    try:
        found = _found(connection, query, order, position, late)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise _too_slow(time_limit_s) from error
    except TimeoutError as error:
        raise _too_slow(time_limit_s) from error
    finally:
        connection.set_progress_handler(None, 0)
    return found


def _too_slow(time_limit_s: float) -> BadQuery:
    return BadQuery(
        f"The search took longer than {time_limit_s:g} s. Ask for a smaller place, a shorter time or "
        "fewer collections, or sort by datetime or id."
    )


def _alarm(deadline: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > deadline


def _found(
    connection: sqlite3.Connection,
    query: ItemQuery,
    order: Order,
    position: Position | None,
    late: Callable[[], bool],
) -> ItemPage:
    accepts = _accepts(query)
    rows = _rows(connection, query, order, position, None if accepts else query.limit + 1)
    if accepts:
        rows = _accepted(connection, rows, accepts, late)
    kept: list[Row] = []
    for row in rows:
        kept.append(row)
        if len(kept) > query.limit:
            break
    more = len(kept) > query.limit
    kept = kept[: query.limit]
    texts = _texts(connection, [row[0] for row in kept])
    return ItemPage(
        [(row[-2], row[-1], texts[row[0]]) for row in kept],
        token_of(list(kept[-1][1:]), query) if more else None,
    )


def _accepts(query: ItemQuery) -> list[Accepts]:
    """What must be looked for in the items themselves."""
    judges = []
    if query.intersects is not None:
        judges.append(meets(query.intersects))
    if query.filter is not None:
        judges.append(judge(query.filter))
    return judges


def _rows(
    connection: sqlite3.Connection,
    query: ItemQuery,
    order: Order,
    position: Position | None,
    limit: int | None,
) -> Iterator[Row]:
    conditions = list(_conditions(connection, query))
    if position is not None:
        conditions.append(order.behind(position[:-2]))
    where = all_of(conditions)
    source = _source(query)
    columns, by = order.columns, order.clause
    text = "CROSS JOIN texts t ON t.item = i.number" if order.needs_text else ""
    return connection.execute(
        f"SELECT i.number, {columns.sql}, c.collection_id, i.item_id FROM {source.sql} {text} "
        f"WHERE {where.sql} ORDER BY {by.sql} LIMIT ?",
        (
            *columns.parameters,
            *source.parameters,
            *where.parameters,
            *by.parameters,
            -1 if limit is None else limit,
        ),
    )


def _source(query: ItemQuery) -> Condition:
    box = bounds(query.intersects) if query.intersects is not None else query.bbox
    candidates = None if query.ids is not None else boxes_meeting(query, box)
    if candidates is None:
        return Condition("collections c CROSS JOIN items i ON i.collection = c.number")
    return Condition(
        f"({candidates.sql}) b CROSS JOIN items i ON i.number = b.number "
        "CROSS JOIN collections c ON c.number = i.collection",
        candidates.parameters,
    )


def _conditions(connection: sqlite3.Connection, query: ItemQuery) -> Iterator[Condition]:
    yield Condition("c.visible")
    if query.collections is not None:
        yield among("c.collection_id", query.collections)
    if query.ids is not None:
        yield among("i.item_id", query.ids)
    if query.bbox is not None:
        yield in_box(query.bbox, "i.")
    yield from in_time(query.start_us, query.end_us)
    if query.extensions:
        sets = json.dumps(extension_sets(connection, query.extensions))
        yield Condition("i.extension_set IN (SELECT value FROM json_each(?))", (sets,))


def extension_sets(connection: sqlite3.Connection, wanted: Any) -> list[int]:
    """The sets of extensions that hold all that are wanted, by URL or short name."""
    rows = connection.execute("SELECT number, urls FROM extension_sets")
    return [number for number, urls in rows if all(_holds(json.loads(urls), each) for each in wanted)]


def _holds(urls: list[str], wanted: str) -> bool:
    """Whether one of the URLs is the wanted one or has it as a component: ``.../label/v1.0.1/...``."""
    return any(url == wanted or wanted in url.split("/")[3:-1] for url in urls)


def _accepted(
    connection: sqlite3.Connection, rows: Iterator[Row], judges: list[Accepts], late: Callable[[], bool]
) -> Iterator[Row]:
    for row in rows:
        if late():
            raise TimeoutError
        (text,) = connection.execute("SELECT text FROM texts WHERE item = ?", (row[0],)).fetchone()
        item = json.loads(text)
        if all(accepts(item) for accepts in judges):
            yield row


def _texts(connection: sqlite3.Connection, numbers: list[int]) -> dict[int, str]:
    return dict(
        connection.execute(
            "SELECT item, text FROM texts WHERE item IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
    )
