"""One page of items."""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from itertools import islice

from .. import asker
from ..queries import BadQuery, ItemPage, ItemQuery
from .collections_searched import searched
from .filters import condition_of
from .functions import RELATION, Functions
from .narrowing import narrowed
from .orders import order_of
from .places import geometry_of
from .plans import Search
from .statements import GEOMETRY, Condition, all_of, among, in_box, in_time
from .tokens import position_of, token_of

MAX_LIMIT = 10_000
_STEPS_BETWEEN_LOOKS = 20_000


def page(connection: sqlite3.Connection, query: ItemQuery, time_limit_s: float) -> ItemPage:
    """The page asked for.

    Raises:
        BadQuery: The question cannot be answered as asked, or not within the time limit.
    """
    if not 1 <= query.limit <= MAX_LIMIT:
        raise BadQuery(f"The limit is from 1 to {MAX_LIMIT:,}.")
    deadline = time.monotonic() + time_limit_s
    is_gone = asker.gone()
    connection.set_progress_handler(lambda: time.monotonic() > deadline or is_gone(), _STEPS_BETWEEN_LOOKS)
    try:
        return _found(connection, query)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
        raise BadQuery(
            f"The search took longer than {time_limit_s:g} s. Ask for a smaller place, a shorter time or "
            "fewer collections, or sort by datetime or id."
        ) from error
    finally:
        connection.set_progress_handler(None, 0)


def _found(connection: sqlite3.Connection, query: ItemQuery) -> ItemPage:
    kept = list(islice(_search(connection, query).rows(query.limit + 1), query.limit + 1))
    more = len(kept) > query.limit
    kept = kept[: query.limit]
    texts = _texts(connection, [row[0] for row in kept])
    return ItemPage(
        [(row[-2], row[-1], texts[row[0]]) for row in kept],
        token_of(list(kept[-1][1:-2]), query) if more else None,
    )


def _search(connection: sqlite3.Connection, query: ItemQuery) -> Search:
    order = order_of(query)
    position = None if query.token is None else position_of(query.token, query, len(order.keys))
    functions = Functions()
    where = all_of(_conditions(connection, query, functions))
    functions.register(connection)
    query = narrowed(query)
    return Search(connection, query, order, position, searched(connection, query), where)


def _conditions(
    connection: sqlite3.Connection, query: ItemQuery, functions: Functions
) -> Iterator[Condition]:
    """What must hold for an item; what its text is needed for comes last."""
    if query.ids is not None:
        yield among("i.item_id", query.ids)
    if query.bbox is not None:
        yield in_box(query.bbox, "i.")
    yield from in_time(query.start_us, query.end_us)
    if query.extensions:
        sets = json.dumps(_extension_sets(connection, query.extensions))
        yield Condition("i.extension_set IN (SELECT value FROM json_each(?))", (sets,))
    if query.intersects is not None:
        number = functions.relation("s_intersects", geometry_of(query.intersects))
        yield Condition(f"{RELATION}({number}, {GEOMETRY})")
    if query.filter is not None:
        yield condition_of(query.filter, functions).in_brackets()


def _extension_sets(connection: sqlite3.Connection, wanted: Sequence[str]) -> list[int]:
    """The sets of extensions that hold all that are wanted, by URL or short name."""
    rows = connection.execute("SELECT number, urls FROM extension_sets")
    return [number for number, urls in rows if all(_holds(json.loads(urls), each) for each in wanted)]


def _holds(urls: list[str], wanted: str) -> bool:
    """Whether one of the URLs is the wanted one or has it as a component: ``.../label/v1.0.1/...``."""
    return any(url == wanted or wanted in url.split("/")[3:-1] for url in urls)


def _texts(connection: sqlite3.Connection, numbers: list[int]) -> dict[int, str]:
    return dict(
        connection.execute(
            "SELECT item, text FROM texts WHERE item IN (SELECT value FROM json_each(?))",
            (json.dumps(numbers),),
        )
    )
