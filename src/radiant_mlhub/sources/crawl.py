"""A catalog on the web or in a bucket, read link by link."""

from collections.abc import Generator, Iterator
from contextlib import closing

import requests

from ..transfer import Outcome, RequestFor, Transfer, fetch_in_turns
from .crawled_files import CrawledFiles
from .walk import File, Walk

# At 50 ms round trip so many connections bring more files a second than one core can read.
MOST_CONNECTIONS = 128


def crawl(
    walk: Walk,
    files: CrawledFiles,
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    max_connections: int = MOST_CONNECTIONS,
    max_bytes_per_s: int | None = None,
) -> Generator[File | None, None, None]:
    """The files of ``walk`` in its order, each once it is at ``files.path``; None is "nothing yet".

    Args:
        walk: The order.
        files: Where they lie, and what is known of them.
        request_for: Makes an address ready.
        session: The caller's own; None for ours.
        max_connections: Most requests at once.
        max_bytes_per_s: Most bytes a second.
    """
    asked: dict[int, File] = {}
    turns = fetch_in_turns(
        _transfers(walk, files, asked),
        request_for=request_for,
        session=session,
        max_connections=max_connections,
        record=files.note,
        max_bytes_per_s=max_bytes_per_s,
    )
    with closing(turns):
        yield from _in_order(walk, files, asked, turns)


def _transfers(walk: Walk, files: CrawledFiles, asked: dict[int, File]) -> Iterator[Transfer | None]:
    while not walk.is_done:
        file = walk.wanted()
        if file is None:
            yield None
            continue
        asked[file.number] = file
        yield files.transfer(file.href, file.number)


def _in_order(
    walk: Walk,
    files: CrawledFiles,
    asked: dict[int, File],
    turns: Generator[Outcome | None, None, None],
) -> Iterator[File | None]:
    for outcome in turns:
        if outcome is not None:
            _take_in(walk, files, asked.pop(outcome.transfer.ident), outcome)
            continue
        yield from walk.ready()
        yield None


def _take_in(walk: Walk, files: CrawledFiles, file: File, outcome: Outcome) -> None:
    error = outcome.error
    walk.arrived(file, error, None if error else files.redirected_to(file.href))
