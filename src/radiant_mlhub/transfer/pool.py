"""Many transfers at once: in the caller's thread, bounded, and out at Ctrl-C."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..exceptions import DirectoryUnusable, TransferFailed
from ..masking import masked
from .allowance import Allowance
from .carriers import Carrier
from .destination import is_for_lack_of_files
from .file_names import told_when_names_cannot_be_written
from .local_files import WithLocalFiles
from .loop import LONGEST_POLL_S, Run
from .open_files import connections_affordable, told_when_out_of_files
from .patience import Patience
from .polite_carrier import PoliteCarrier
from .progress import Progress, Silent
from .supply import Supply
from .transfers import Outcome, Record, RequestFor, Transfer

if TYPE_CHECKING:
    import requests

# A ceiling: each host gets what it answers well, from 32 on (see hosts). At 50 ms round trip, time
# goes down with every connection up to some 400, where the loop has no more time to spare.
MAX_CONNECTIONS = 384


def fetch_all(
    transfers: Iterable[Transfer | None],
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    max_connections: int = MAX_CONNECTIONS,
    record: Record | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
    max_bytes_per_s: int | None = None,
) -> Generator[Outcome, None, None]:
    """Bring files to their places; their outcomes come as they finish, in no order.

    A file that fails is an outcome, never an exception. Leaving the iterator, by Ctrl-C,
    ``close()`` or an exception, ends all transfers at once; their parts are continued by the
    next call.

    Args:
        transfers: Read as connections become free, never far ahead. A None among them means
            "nothing yet": what is under way goes on, and the iterator is asked again, at once
            where it took over 1 ms to say so, since it was at work itself, else 0.01 s later at
            the latest. It works in the loop's own time: under 0.01 s a call keeps transfers going.
        request_for: Makes an address ready, before every try and for every redirect.
        session: The caller's own, which then carries all requests; None for ours.
        max_connections: The most requests that may be under way at once; how many are depends
            on how their hosts answer, and on how many files the system lets a program open.
        record: Told of finished files, at most 500 of them or 0.1 s late, before they get
            their final names.
        progress: Hears of bytes, tries and waits.
        cancel: Once set, everything ends as at Ctrl-C; what is unfinished has no outcome.
        patience: How long to wait and how often to try.
        max_bytes_per_s: The most to take from the network, all connections together; None for
            as much as comes.

    Raises:
        ValueError: ``max_bytes_per_s`` is below 1.
    """
    run = run_of(
        transfers,
        request_for=request_for,
        session=session,
        max_connections=max_connections,
        record=record,
        progress=progress,
        cancel=cancel,
        patience=patience,
        max_bytes_per_s=max_bytes_per_s,
    )
    try:
        yield from run.outcomes()
    finally:
        try:
            run.close()
        except BaseException:  # Ctrl-C in the middle of it
            run.close()
            raise


def fetch_one(
    transfer: Transfer,
    *,
    request_for: RequestFor,
    session: requests.Session | None = None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
) -> Outcome:
    """Bring one file to its place, over up to ``transfer.connections`` connections.

    Bytes go to disk as they arrive, whatever the size of the file. Where the name of the file
    depends on the address that answers, ``Outcome.served_name`` tells it.

    Raises:
        TransferFailed: It did not arrive; ``.status`` is what the server answered, if it did.
        DirectoryUnusable: It arrived and could not be written; a note names the folder. Or no more files
            can be opened.
    """
    outcomes = fetch_all(
        [transfer],
        request_for=request_for,
        session=session,
        max_connections=max(transfer.connections, 1),
        progress=progress,
        cancel=cancel,
        patience=patience,
    )
    # Closed here: what is raised where Python throws an iterator away, such as Ctrl-C, is lost.
    with told_when_names_cannot_be_written(), contextlib.closing(outcomes):
        for outcome in outcomes:
            _raise_if_failed(outcome)
            return outcome
    raise TransferFailed(f"{masked(transfer.href)} was cancelled", href=transfer.href)


def _raise_if_failed(outcome: Outcome) -> None:
    if outcome.error is None:
        return
    if is_for_lack_of_files(outcome.error):
        raise DirectoryUnusable(outcome.error)
    if not outcome.refused_by_disk:
        raise TransferFailed(outcome.error, href=outcome.transfer.href, status=outcome.status)
    unusable = DirectoryUnusable(outcome.error)
    unusable.add_note(f"the folder that it was to come to: {Path(outcome.transfer.target).parent}")
    raise unusable


def run_of(
    transfers: Iterable[Transfer | None],
    *,
    request_for: RequestFor,
    session: requests.Session | None,
    max_connections: int,
    record: Record | None,
    progress: Progress | None = None,
    cancel: threading.Event | None = None,
    patience: Patience | None = None,
    max_bytes_per_s: int | None = None,
    longest_turn_s: float = LONGEST_POLL_S,
) -> Run:
    """The loop that ``fetch_all`` runs, with what is given to it.

    Args:
        longest_turn_s: The longest that one turn of the loop waits.
    """
    patience = patience or Patience()
    allowance = None if max_bytes_per_s is None else Allowance(max_bytes_per_s)
    max_connections = min(max_connections, connections_affordable())
    if allowance is not None:
        max_connections = min(max_connections, allowance.connections)
    with told_when_out_of_files("Nothing can be fetched"):
        network = carrier_for(session, request_for, patience, max_connections)
    carrier = WithLocalFiles(network, request_for)
    return Run(
        Supply(iter(transfers)),
        PoliteCarrier(carrier, patience, max_connections),
        max_connections=max_connections,
        record=record,
        progress=progress or Silent(),
        cancel=cancel,
        patience=patience,
        allowance=allowance,
        longest_turn_s=longest_turn_s,
    )


def carrier_for(
    session: requests.Session | None, request_for: RequestFor, patience: Patience, max_connections: int
) -> Carrier:
    """The caller's own session, whatever it is; else libcurl; else, without pycurl, a session of ours."""
    if session is None:
        with contextlib.suppress(ImportError):  # pycurl has no wheel for Alpine
            from .curl_carrier import CurlCarrier  # noqa: PLC0415

            return CurlCarrier(request_for, patience, max_connections)
    from .session_carrier import SessionCarrier  # noqa: PLC0415 - brings requests

    return SessionCarrier(session, request_for, patience, max_connections)
