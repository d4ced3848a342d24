"""A map of footprints as a page of its own: the hub's map, with all it needs inside."""

from __future__ import annotations

import base64
import html
import json
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from ..download.footprints import Footprint
from ..footprint_boxes import boxes_to_draw

_HEIGHT_PX = 560
# The map of the hub's pages, which asks for nothing but what it is to draw.
_HUBS = files(__package__.partition(".")[0]).joinpath("hub", "web", "static")
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src data:">
<title>{title}</title>
<style>{style}
main {{ padding-block: .75rem; }} h1 {{ font-size: 1.1rem; margin: 0 0 .5rem; }}
.map canvas {{ height: max(12rem, 100vh - 12rem); }}
.swatch {{ width: .9rem; height: .9rem; border-radius: .15rem; display: inline-block; }}
.swatch-0 {{ background: var(--footprint-0); }} .swatch-1 {{ background: var(--footprint-1); }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<div class="map" data-footprints="data:application/json;base64,{footprints}" hidden>
<p class="told" id="map-told" role="status"></p>
<div class="frame">
<canvas tabindex="0" role="application" aria-roledescription="map" aria-label="Map of the footprints"
 aria-describedby="map-told map-keys"></canvas>
<div class="buttons">
<button type="button" data-map="in" aria-label="Zoom in">+</button>
<button type="button" data-map="out" aria-label="Zoom out">&minus;</button>
<button type="button" data-map="all" aria-label="Show all footprints">All</button>
</div>
</div>
<ul class="legend" aria-label="Collections">{legend}</ul>
<p class="keys" id="map-keys">Drag or arrow keys move the map; + and &minus; zoom, and the wheel
once the map is chosen; 0 shows all.</p>
</div>
<p class="instead">The map is drawn by a script, which has not run here: is this notebook trusted?</p>
</main>
<script type="module">{script}</script>
</body>
</html>
"""


class MapPage:
    """A map of a dataset's items, shown by a notebook in a frame that can reach nothing."""

    def __init__(self, title: str, footprints: Sequence[Footprint]) -> None:
        """Draw the boxes of ``footprints`` under ``title``."""
        placed = ((each.collection_id, box) for each in footprints if (box := each.box) is not None)
        drawn = boxes_to_draw(placed)
        self._title = title
        self._items = drawn["items"]
        self.html = _PAGE.format(
            title=html.escape(title),
            style=_HUBS.joinpath("style.css").read_text(encoding="utf-8"),
            script=_HUBS.joinpath("map.js").read_text(encoding="utf-8"),
            footprints=base64.b64encode(json.dumps(drawn).encode()).decode(),
            legend="".join(
                f'<li><span class="swatch swatch-{number % 2}"></span>{html.escape(each["id"])} '
                f'<span class="number">{sum(each["counts"]):,}</span></li>'
                for number, each in enumerate(drawn["collections"])
            ),
        )

    def save(self, path: Path | str) -> Path:
        """Write the page to a file, which any browser opens; the file's path."""
        target = Path(os.fspath(path)).expanduser()
        target.write_text(self.html, encoding="utf-8")
        return target

    def __repr__(self) -> str:
        return f"<MapPage {self._title!r}, {self._items:,} items>"

    def _repr_html_(self) -> str:
        # A sandbox without allow-same-origin: the page inside cannot touch the notebook around it.
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" sandbox="allow-scripts" title="Map of footprints" '
            f'style="width: 100%; height: {_HEIGHT_PX}px; border: 0"></iframe>'
        )
