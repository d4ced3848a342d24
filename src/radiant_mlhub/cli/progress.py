"""``--progress``: how long work gets on, for people, for logs and for programs, always on stderr."""

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from ..progress_events import ProgressCallback, ProgressEvent
from ..transfer.progress_text import line
from .terminals import is_terminal
from .words import say

LINES_EVERY_S = 30.0

Decorated = Callable[..., Any]


def progress_option(function: Decorated) -> Decorated:
    """``--progress``; the function gets it as ``progress``, for ``told_progress``."""
    option = click.option(
        "--progress",
        type=click.Choice(["auto", "json", "off"]),
        default="auto",
        show_default=True,
        help="How it gets on, on stderr: bars (lines every 30 s in a pipe), or JSON events, one a line.",
    )
    return option(function)


def told_progress(progress: str, *, quiet: bool) -> bool | ProgressCallback:
    """What the package is given as ``progress`` for the choice that ``--progress`` and ``--quiet`` are."""
    if progress == "json":
        return _tell_event
    if progress == "off" or quiet:
        return False
    return is_terminal(sys.stderr) or LongStepsTold()


class LongStepsTold:
    """Says in a log how a step gets on, every 30 s; of a step that takes less, nobody wants to read."""

    def __init__(self) -> None:
        self._due_s: dict[tuple[str, str], float] = {}

    def __call__(self, event: ProgressEvent) -> None:
        """Say it, if it is time to."""
        step = (event.phase, event.subject)
        due_s = self._due_s.get(step, LINES_EVERY_S)
        if event.seconds >= due_s or (event.ended and due_s > LINES_EVERY_S):
            self._due_s[step] = event.seconds + LINES_EVERY_S
            say(line(event, None))


def _tell_event(event: ProgressEvent) -> None:
    say(json.dumps(event.to_dict()))
