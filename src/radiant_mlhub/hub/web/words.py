"""Texts, sizes and times as a page shows them."""

from datetime import UTC, datetime
from urllib.parse import quote

from markdown_it import MarkdownIt
from markupsafe import Markup

# Tags in a text are shown as text, links that run scripts stay text; pictures would come from
# elsewhere, and a page loads nothing from elsewhere.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_LONGEST_SHOWN = 50_000
_EXCERPT_CHARACTERS = 240


def paragraphs(text: object) -> Markup:
    """Markdown as HTML, whatever else stands in it escaped; headings begin below the page's own."""
    tokens = _MARKDOWN.parse(str(text or "")[:_LONGEST_SHOWN])
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = "h3"
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704


def line(text: object) -> Markup:
    """One line of Markdown, such as a licence: links become links, nothing becomes a paragraph."""
    return Markup(_MARKDOWN.renderInline(str(text or "")[:_LONGEST_SHOWN]))  # noqa: S704


def excerpt(text: object) -> str:
    """The beginning of a Markdown text without its marks, cut at a word."""
    shown = " ".join(Markup(_MARKDOWN.render(str(text or "")[: 8 * _EXCERPT_CHARACTERS])).striptags().split())  # noqa: S704
    if len(shown) <= _EXCERPT_CHARACTERS:
        return shown
    return shown[:_EXCERPT_CHARACTERS].rsplit(" ", 1)[0] + " …"


def doi(text: str) -> Markup:
    """A DOI that leads to what it names."""
    return Markup('<a href="https://doi.org/{}" rel="nofollow noopener">{}</a>').format(quote(text), text)


def web_link(href: object) -> str | None:
    """``href`` where it leads to a web page or file; None for anything that runs or is no text."""
    if isinstance(href, str) and href.lower().startswith(("http://", "https://")):
        return href
    return None


def size(size_bytes: float) -> str:
    """In powers of 1000: ``77.2 MB``."""
    if size_bytes < 1000:  # noqa: PLR2004
        return f"{size_bytes:.0f} bytes"
    for unit in ("kB", "MB", "GB"):
        size_bytes /= 1000
        if size_bytes < 1000:  # noqa: PLR2004
            return f"{size_bytes:.1f} {unit}"
    return f"{size_bytes / 1000:.1f} TB"


def count(number: int, noun: str) -> str:
    """``1 item``, ``12,000 items``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def span(start: str | None, end: str | None) -> str:
    """Two moments (RFC 3339) as days: ``2019-06-06 to 2019-10-04``; ``…`` where one is open."""
    first, last = _day(start), _day(end)
    return first if first == last else f"{first} to {last}"


def _day(moment: str | None) -> str:
    if not moment:
        return "…"
    try:
        return datetime.fromisoformat(moment).astimezone(UTC).date().isoformat()
    except (ValueError, OverflowError):
        return moment[:20]
