"""A bar of tqdm that says what an event says, in as many columns as there are."""

from typing import Any, TextIO

from tqdm import tqdm

from ..progress_events import ProgressEvent
from .progress_text import fitted, label

# Fewer columns hold the words alone, and the name of the step in short. (tqdm leaves one free.)
_FEWEST_FOR_A_BAR = 59
_NARROWEST_BAR = 10
_WITH_BAR = "{name}: {percentage:3.0f}%|{bar}| {told}"
_WITHOUT_BAR = "{name}: {percentage:3.0f}% {told}"
_WITHOUT_TOTAL = "{name}: {told}"


class Bar(tqdm):  # type: ignore[type-arg]
    """One step's line on the screen."""

    monitor_interval = 0  # no thread: it is told often enough

    def __init__(self, stream: TextIO, unit: str | None, event: ProgressEvent) -> None:
        self._event = event
        self._shown_in = unit
        super().__init__(file=stream, total=_total(event), dynamic_ncols=True)

    def show(self, event: ProgressEvent) -> None:
        """Draw it as the event says."""
        self._event = event
        self.n, self.total = _done(event), _total(event)
        self.refresh()

    @property
    def format_dict(self) -> dict[str, Any]:
        """What is drawn."""
        told = super().format_dict
        columns = told["ncols"]
        is_narrow = columns is not None and columns < _FEWEST_FOR_A_BAR
        name = self._event.phase if is_narrow else label(self._event)
        if self.total is None:
            told["bar_format"], taken = _WITHOUT_TOTAL, len(name) + 2
        elif is_narrow:
            told["bar_format"], taken = _WITHOUT_BAR, len(name) + 7
        else:
            told["bar_format"], taken = _WITH_BAR, len(name) + 9 + _NARROWEST_BAR
        room = None if columns is None else columns - taken
        words = fitted(self._event, self._shown_in, room)
        if room is not None and told["bar_format"] != _WITH_BAR:
            # Not every tqdm cuts what is too long, nor clears what is left of a longer line before.
            words = words[:room].ljust(room)
        return {**told, "name": name, "told": words}


def _done(event: ProgressEvent) -> int:
    return event.files_done if event.bytes_total is None else event.bytes_done


def _total(event: ProgressEvent) -> int | None:
    return event.files_total if event.bytes_total is None else event.bytes_total
