"""Who hears of progress: people in a terminal, in a notebook or reading a log, or a program."""

import html
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol, TextIO

from ..progress_events import ProgressCallback, ProgressEvent
from .progress_text import line, percent

EVENTS_EVERY_S = 0.1
NOTEBOOK_EVERY_S = 0.5
LINES_EVERY_S = 30.0


class Listener(Protocol):
    """Hears of one step.

    Attributes:
        every_s: How often it wants to hear of it.
    """

    every_s: float

    def hear(self, event: ProgressEvent) -> None:
        """Show how things are."""

    def close(self) -> None:
        """Leave it as it stands."""


class Callback:
    """A program's own function."""

    every_s = EVENTS_EVERY_S

    def __init__(self, told: ProgressCallback) -> None:
        self._told = told

    def hear(self, event: ProgressEvent) -> None:
        """Call it."""
        self._told(event)

    def close(self) -> None:
        """Nothing to leave."""


class PlainLines:
    """A line every 30 s and one at the end, for logs and pipes."""

    every_s = LINES_EVERY_S

    def __init__(self, stream: TextIO, unit: str | None) -> None:
        self._stream = stream
        self._unit = unit

    def hear(self, event: ProgressEvent) -> None:
        """Write a line, unless nothing has happened yet. One that cannot be written ends no work."""
        if event.ended or event.seconds >= self.every_s:
            with suppress(OSError):
                self._stream.write(f"{line(event, self._unit)}\n")
                self._stream.flush()

    def close(self) -> None:
        """Nothing to leave."""


class TerminalBar:
    """A bar of tqdm, as wide as the terminal is at the moment."""

    every_s = EVENTS_EVERY_S

    def __init__(self, stream: TextIO, unit: str | None) -> None:
        self._stream = stream
        self._unit = unit
        self._bar: Any = None

    def hear(self, event: ProgressEvent) -> None:
        """Draw it."""
        if self._bar is None:
            from .terminal_bar import Bar  # noqa: PLC0415 - tqdm loads only where it is seen

            self._bar = Bar(self._stream, self._unit, event)
        else:
            self._bar.show(event)

    def close(self) -> None:
        """Leave it on the screen."""
        if self._bar is not None:
            self._bar.close()


class NotebookLine:
    """A line in a notebook cell's output, which stays as it was last when the notebook is saved.

    It is HTML without scripts: it takes no widgets, and takes the colours of the page.
    """

    every_s = NOTEBOOK_EVERY_S

    def __init__(self, display: Callable[..., Any], unit: str | None) -> None:
        self._display = display
        self._unit = unit
        self._handle: Any = None

    def hear(self, event: ProgressEvent) -> None:
        """Show it, in the place where it was shown before."""
        text = line(event, self._unit)
        shown = {"text/plain": text, "text/html": _html(event, text)}
        if self._handle is None:
            self._handle = self._display(shown, raw=True, display_id=True)
        else:
            self._handle.update(shown, raw=True)

    def close(self) -> None:
        """It stays as it is."""


def _html(event: ProgressEvent, text: str) -> str:
    done = percent(event)
    if done is None and event.ended:
        done = 100  # a bar without a value moves for ever, also in a notebook that was saved
    value = "" if done is None else f' value="{done}"'
    bar = f'<progress max="100"{value} style="width: 10em; vertical-align: middle"></progress>'
    return f"<div>{bar} {html.escape(text)}</div>"


def listener_of_people(unit: str | None) -> Listener | None:
    """Whoever shows it best where this program runs; None where there is nobody to see it."""
    display = _notebook_display()
    if display is not None:
        return NotebookLine(display, unit)
    stream = sys.stderr
    if stream is None:  # a program without a console, as of pythonw
        return None
    return TerminalBar(stream, unit) if stream.isatty() else PlainLines(stream, unit)


def _notebook_display() -> Callable[..., Any] | None:
    """What shows HTML in the notebook around this program, if there is one."""
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    if getattr(running, "kernel", None) is None:
        return None
    from IPython.display import display  # noqa: PLC0415 - only where a notebook has loaded it

    return display  # type: ignore[no-any-return, unused-ignore]


@contextmanager
def between_bars(stream: TextIO) -> Iterator[None]:
    """Write lines while bars are on the screen: they step aside, and come back below."""
    tqdm = sys.modules.get("tqdm")
    if tqdm is None:
        yield
        return
    with tqdm.tqdm.external_write_mode(file=stream):
        yield
