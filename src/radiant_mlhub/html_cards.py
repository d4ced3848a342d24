"""Objects as a notebook shows them: plain HTML, every text escaped, in the colours of the page.

No script, no picture, nothing that the browser would have to ask anybody for; so a light theme, a
dark one and a saved notebook all show the same. What is a link was an http address before.
"""

import html
from collections.abc import Iterable, Sequence
from itertools import compress, islice
from urllib.parse import urlsplit

# Half-seen grey is a line on white and on black.
_LINE = "1px solid rgba(128, 128, 128, .4)"
_CARD = f"border: {_LINE}; border-radius: 6px; padding: .6em .9em; max-width: 62em; overflow-wrap: break-word"
_QUIET = "opacity: .7"
_CELL = "text-align: left; vertical-align: top; padding: .2em 1em .2em 0"
_HEAD = f"{_CELL}; border-bottom: {_LINE}"
_LONGEST_TEXT = 600
MOST_ROWS = 50


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def card(kind: str, title: str, *parts: Html) -> str:
    """One object.

    Args:
        kind: What it is: ``"Dataset"``.
        title: What it is called.
        parts: What there is to say of it; empty ones are left out.
    """
    head = (
        f'<div style="font-size: 1.15em"><strong>{html.escape(title)}</strong> '
        f'<span style="{_QUIET}">{html.escape(kind)}</span></div>'
    )
    return f'<div style="{_CARD}">{head}{"".join(filter(None, parts))}</div>'


def text(words: str | None) -> Html:
    """A paragraph, cut where it is long; nothing for None."""
    if not words or not words.strip():
        return Html()
    words = words.strip()
    cut = words if len(words) <= _LONGEST_TEXT else f"{words[:_LONGEST_TEXT].rstrip()} ..."
    return Html(f'<div style="margin: .5em 0; white-space: pre-line">{html.escape(cut)}</div>')


def facts(*pairs: tuple[str, str | Html | None]) -> Html:
    """Names and values; those without a value are left out."""
    rows = [
        f'<tr><th scope="row" style="{_CELL}; font-weight: normal; {_QUIET}">{html.escape(name)}</th>'
        f'<td style="{_CELL}">{_cell(value)}</td></tr>'
        for name, value in pairs
        if value
    ]
    return _in_a_box(f"<tbody>{''.join(rows)}</tbody>") if rows else Html()


def table(heads: Sequence[str], rows: Iterable[Sequence[str | Html | None]], *, total: int) -> Html:
    """Rows under heads, the first 50 of them, without columns that are empty; nothing where there are none.

    Args:
        heads: The columns.
        rows: Their cells; read no further than they are shown.
        total: How many rows there are.
    """
    shown = list(islice(rows, MOST_ROWS))
    if not shown:
        return Html()
    used = [any(row[number] for row in shown) for number in range(len(heads))]
    head = "".join(
        f'<th scope="col" style="{_HEAD}">{html.escape(each)}</th>' for each in compress(heads, used)
    )
    body = "".join(f"<tr>{_cells(compress(row, used))}</tr>" for row in shown)
    rest = total - len(shown)
    more = f'<div style="{_QUIET}">and {rest:,} more</div>' if rest > 0 else ""
    return Html(_in_a_box(f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody>") + more)


def link(address: str | None, words: str | None = None) -> Html | None:
    """A link to a page of the web; other addresses are text, since a click on them might do anything."""
    if not address:
        return None
    shown = html.escape(words or address)
    if urlsplit(address).scheme not in ("http", "https"):
        return Html(shown)
    return Html(f'<a href="{html.escape(address)}" target="_blank" rel="noopener noreferrer">{shown}</a>')


def _in_a_box(rows: str) -> Html:
    """A table that scrolls by itself where it is wider than the page."""
    return Html(f'<div style="overflow-x: auto"><table style="margin: .4em 0">{rows}</table></div>')


def _cells(row: Iterable[str | Html | None]) -> str:
    return "".join(f'<td style="{_CELL}">{_cell(value)}</td>' for value in row)


def _cell(value: str | Html | None) -> str:
    return value if isinstance(value, Html) else html.escape(value or "")
