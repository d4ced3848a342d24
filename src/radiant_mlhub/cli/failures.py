"""From an error to what a person reads and what a script sees.

The error's own text, then each of its notes as a line ``hint: ...``, all on stderr.
"""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

import click

from ..exceptions import (
    APIKeyNotFound,
    ArchiveBroken,
    AuthenticationError,
    CatalogBroken,
    DownloadFailed,
    EntityDoesNotExist,
    HubRetired,
    HubUnreachable,
    InvalidArgument,
    MLHubException,
    NotADownload,
    ProfilesFileBroken,
    RequestRefused,
    TransferFailed,
    UnexpectedAnswer,
    UnsafeName,
)
from . import words
from .words import hint

__all__ = ["exit_code", "hint", "told"]

DONE, FAILED, USAGE, NOT_FOUND, CREDENTIALS, NETWORK, INTEGRITY, PARTLY_DONE = range(8)
# 128 and the number of SIGINT, SIGPIPE or SIGTERM, as shells have it.
INTERRUPTED, NOBODY_READS, TERMINATED = 130, 141, 143

_EXIT_CODES: tuple[tuple[tuple[type[MLHubException], ...], int], ...] = (
    ((APIKeyNotFound, AuthenticationError, ProfilesFileBroken), CREDENTIALS),
    ((EntityDoesNotExist, NotADownload), NOT_FOUND),
    ((HubRetired, HubUnreachable, UnexpectedAnswer), NETWORK),
    ((InvalidArgument, UnsafeName), USAGE),
    ((ArchiveBroken, CatalogBroken), INTEGRITY),
    ((DownloadFailed,), PARTLY_DONE),
)


def exit_code(error: MLHubException) -> int:
    """The exit code for an error; its class decides, and the status where a server answered."""
    for classes, code in _EXIT_CODES:
        if isinstance(error, classes):
            return code
    if isinstance(error, RequestRefused):
        return _exit_code_of_status(error.response.status_code if error.response is not None else None)
    if isinstance(error, TransferFailed):
        return _exit_code_of_status(error.status)
    return FAILED


def _exit_code_of_status(status: int | None) -> int:
    if status == HTTPStatus.NOT_FOUND:
        return NOT_FOUND
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return CREDENTIALS
    passes = (
        status is None or status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    )
    return NETWORK if passes else FAILED


class Terminated(KeyboardInterrupt):
    """SIGTERM came: what Ctrl-C would clear away is cleared away."""


@contextmanager
def told() -> Iterator[None]:
    """Tell what goes wrong inside and leave with its exit code. Bugs keep their traceback."""
    try:
        with _sigterm_like_ctrl_c():
            yield
    except MLHubException as error:
        words.error(str(error))
        for note in getattr(error, "__notes__", ()):
            hint(note)
        raise click.exceptions.Exit(exit_code(error)) from error
    except BrokenPipeError as closed:
        words.forget(sys.stdout)
        raise click.exceptions.Exit(NOBODY_READS) from closed
    except KeyboardInterrupt as stopped:
        raise _interrupted(stopped) from stopped
    except click.Abort as abort:
        # A prompt turns Ctrl-C into the same Abort as a "no".
        if isinstance(abort.__context__, KeyboardInterrupt):
            raise _interrupted(abort.__context__) from abort
        raise


@contextmanager
def _sigterm_like_ctrl_c() -> Iterator[None]:
    """As long as a command runs, unless somebody has other plans with the signal."""
    is_free = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_free or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminate(*_: object) -> None:
    raise Terminated


def _interrupted(stopped: BaseException) -> click.exceptions.Exit:
    is_terminated = isinstance(stopped, Terminated)
    words.say("\nTerminated." if is_terminated else "\nInterrupted.")
    return click.exceptions.Exit(TERMINATED if is_terminated else INTERRUPTED)
