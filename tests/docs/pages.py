"""What an HTML page holds: its anchors, what it links to, and what it loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

# Whose address is fetched when the page is shown, and the attribute that names it.
_LOADS = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
# Links that say what belongs together; a browser fetches nothing for them.
_RELATIONS_ONLY = {"canonical", "next", "prev", "search", "index", "author", "help"}


@dataclass
class Page:
    """One page.

    Attributes:
        anchors: What ``#...`` may name.
        links: Where its ``<a>`` lead, as written.
        loads: The addresses of scripts, styles and pictures, as written.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "id" in values:
            self.page.anchors.add(values["id"])
        if tag == "a" and "href" in values:
            self.page.links.append(values["href"])
        if tag == "link" and values.get("rel") in _RELATIONS_ONLY:
            return
        if _LOADS.get(tag) in values:
            self.page.loads.append(values[_LOADS[tag]])


def pages_of(site: Path) -> dict[str, Page]:
    """Every page of a site, by its path; what the theme keeps for itself is none."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        if "_static" in path.parts:
            continue
        reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
        found[str(path.relative_to(site))] = reader.page
    return found
