"""Files fetched by somebody who has other work to do meanwhile: a turn of the loop at a time."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING

from .pool import run_of
from .transfers import Outcome, Record, RequestFor, Transfer

if TYPE_CHECKING:
    import requests

# The one who has the other work may be a loop that transfers are waiting for (see fetch_all).
LONGEST_TURN_S = 0.005


def fetch_in_turns(
    transfers: Iterable[Transfer | None],
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    max_connections: int,
    record: Record | None = None,
    max_bytes_per_s: int | None = None,
) -> Generator[Outcome | None, None, None]:
    """``fetch_all``, left after each turn of its loop, within 0.005 s: None is "nothing yet".

    So one thread can run two of them, each inside the iterator that the other reads. Arguments and
    errors as of ``fetch_all``. Close it: what is raised where Python throws an iterator away is lost.
    """
    run = run_of(
        transfers,
        request_for=request_for,
        session=session,
        max_connections=max_connections,
        record=record,
        max_bytes_per_s=max_bytes_per_s,
        longest_turn_s=LONGEST_TURN_S,
    )
    try:
        yield from run.turns()
    finally:
        try:
            run.close()
        except BaseException:  # Ctrl-C in the middle of it: as in fetch_all, written out, since a
            run.close()  # function to share would be one more place where Ctrl-C comes before its first line
            raise
