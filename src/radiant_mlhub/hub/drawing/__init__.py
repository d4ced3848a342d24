"""Draw one item as people see it: an image, and the labels that lie over it.

``python -m radiant_mlhub.hub.drawing`` reads one JSON object from stdin (``Task``), writes the picture's
files and says on stdout what came of it: ``{"labels": ".svg"}``, the suffix of the labels' file or
null. A file that makes a reader run for ever, take all memory or crash takes that process along and
nothing else: its caller bounds the time, it bounds its own memory.

- ``images``   a GeoTIFF of any size as a small PNG
- ``labels``   polygons as SVG, a raster of classes as a PNG one can see through
- ``palette``  one colour for each class
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

SIDE_PIXELS = 384
"""The longer side of a picture, at most."""


@dataclass(frozen=True)
class Task:
    """What is drawn, and where to.

    Attributes:
        bands: GeoTIFFs: one with all bands, or one each for red, green and blue. None where a
            picture was published; then only the labels are drawn, over ``bbox``.
        bbox: West, south, east, north in degrees.
        polygons: A GeoJSON file of labels, in degrees.
        raster: A GeoTIFF of labels, a class a pixel.
        classes: Names of the classes, as a legend lists them.
        properties: Where in the polygons' properties their class stands, the first that is there.
        image_file: Where the PNG goes.
        labels_file: Where the labels go; ``.svg`` or ``.png`` is put behind it.
    """

    image_file: str
    labels_file: str
    bands: Sequence[str] = ()
    bbox: Sequence[float] | None = None
    polygons: str | None = None
    raster: str | None = None
    classes: Sequence[str] = ()
    properties: Sequence[str] = ()

    def as_json(self) -> str:
        """For the program's stdin."""
        return json.dumps(asdict(self))
