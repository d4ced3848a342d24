"""Tables and lists of details, the only way in which commands show several things.

In a terminal they fit its width, and tables have a head. In a pipe nothing is cut and there is no
head: a line is a thing, for ``wc -l`` and ``head``. Scripts that want more ask for ``--json``.
"""

import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Collection, Iterable, Sequence, Set

import click

from .terminals import is_terminal

_GAP = "  "
_LEAST = 8
"""Columns are not cut to less; those that then find no room are left out, the last first."""

_WIDEST_TEXT = 100
"""Longer lines of prose are hard to read."""


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]], *, prose: Collection[str] = ()) -> None:
    """Print rows under each other.

    Args:
        head: The columns' names.
        rows: What is in them; the first column names the thing.
        prose: The columns that may be cut where a terminal is narrow. Where that is not enough, the
            last columns are left out.
    """
    table = [[_one_line(cell) for cell in row] for row in rows]
    if not table:
        return
    width = terminal_width()
    if width is not None:
        table.insert(0, [name.upper() for name in head])
    widths = [max(map(shown_width, column)) for column in zip(*table, strict=True)]
    if width is not None:
        widths = _fitting(widths, {head.index(name) for name in prose}, width)
    for number, row in enumerate(table):
        line = _GAP.join(_padded(cell, wide) for cell, wide in zip(row, widths, strict=False)).rstrip()
        click.echo(click.style(line, bold=True) if width is not None and number == 0 else line)


def print_details(details: Iterable[tuple[str, str]]) -> None:
    """Print names and values under each other; a name that repeats itself is shown once."""
    pairs = list(details)
    longest = max((len(name) for name, _ in pairs), default=0)
    before = None
    for name, value in pairs:
        print_after(click.style(f"{'' if name == before else name:<{longest}}{_GAP}", bold=True), value)
        before = name


def print_after(label: str, text: str) -> None:
    """Print a text after its label; in a terminal its further lines begin where the first one does."""
    width = terminal_width()
    if width is None:
        click.echo(label + _one_line(text))
        return
    indent = shown_width(click.unstyle(label))
    lines = _wrapped(text, max(min(width, _WIDEST_TEXT) - indent, 2 * _LEAST))
    click.echo(label + ("\n" + " " * indent).join(lines))


def terminal_width() -> int | None:
    """Columns of the terminal that stdout is; None where it is none."""
    return shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None


def shown_width(text: str) -> int:
    """How many columns a text takes: those of Chinese, Japanese and Korean take two."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _one_line(text: str) -> str:
    """What somebody else wrote, without line ends and escape sequences."""
    return "".join(filter(str.isprintable, " ".join(text.split())))


def _wrapped(text: str, width: int) -> list[str]:
    # What is longer than a line, such as an address, is left whole for copying.
    lines = textwrap.wrap(_one_line(text), width, break_long_words=False, break_on_hyphens=False)
    return lines or [""]


def _fitting(widths: list[int], cuttable: Set[int], width: int) -> list[int]:
    """``widths`` made smaller until they fit, the widest of ``cuttable`` first; the last are left out."""
    cut = list(widths)
    while len(cut) > 1 and (too_much := sum(cut) + len(_GAP) * (len(cut) - 1) - width) > 0:
        candidates = sorted((cut[at], at) for at in cuttable if at < len(cut) and cut[at] > _LEAST)
        if not candidates:
            return _fitting(widths[:-1], cuttable, width)
        widest, position = candidates[-1]
        second = candidates[-2][0] if len(candidates) > 1 else _LEAST
        cut[position] = max(widest - too_much, min(second, widest - 1), _LEAST)
    return cut


def _padded(cell: str, width: int) -> str:
    if shown_width(cell) > width:
        while shown_width(cell) > width - 1:
            cell = cell[:-1]
        cell = f"{cell.rstrip()}…"
    return cell + " " * (width - shown_width(cell))
