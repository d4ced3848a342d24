"""How a call is to run: how much at once, how fast, until when, and who hears of it. Checked here."""

from threading import Event

from ..exceptions import InvalidArgument
from ..progress_events import ProgressCallback

_LIMIT_OF_CONNECTIONS = 1024

MOST_CONNECTIONS = 384
"""Requests under way at once where nothing else is said: what brings small files from afar quickly."""


def checked_rate(value: int) -> int:
    """``value`` as a number of bytes a second.

    Raises:
        InvalidArgument: It is no whole number from 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgument(f"max_bytes_per_s is {value!r}; it must be a whole number from 1, or None.")
    return value


def checked_progress(value: bool | ProgressCallback) -> bool | ProgressCallback:
    """``value`` as who hears of progress: people, nobody, or a function.

    Raises:
        InvalidArgument: It is something else.
    """
    if not isinstance(value, bool) and not callable(value):
        raise InvalidArgument(
            f"progress is {value!r}; it must be True, False, or a function that takes a ProgressEvent."
        )
    return value


def checked_event(value: Event | None) -> Event | None:
    """``value`` as what another thread sets to end a call.

    Raises:
        InvalidArgument: It is something else.
    """
    if not isinstance(value, Event | None):
        raise InvalidArgument(f"cancel is {value!r}; it must be a threading.Event, or None.")
    return value


def checked_connections(value: int) -> int:
    """``value`` as the number of connections at once.

    Raises:
        InvalidArgument: It is no number, or none from 1 to 1024.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LIMIT_OF_CONNECTIONS:
        raise InvalidArgument(
            f"max_connections is {value!r}; it must be a number from 1 to {_LIMIT_OF_CONNECTIONS}."
        )
    return value
