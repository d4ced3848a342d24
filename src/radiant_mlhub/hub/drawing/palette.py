"""One colour for each class, the same in legends, polygons and rasters."""

import zlib
from collections.abc import Sequence

# Okabe and Ito (2008): told apart by colour-blind people, too; without black, and with a
# lighter blue first, since labels lie over dark images.
_COLOURS = ("#56b4e9", "#e69f00", "#cc79a7", "#f0e442", "#009e73", "#d55e00", "#0072b2", "#ffffff")


def colour(number: int) -> str:
    """The colour of the class of that place in a legend, from 0; there are eight."""
    return _COLOURS[number % len(_COLOURS)]


def rgb(number: int) -> tuple[int, int, int]:
    """The same as red, green and blue, 0 to 255."""
    red, green, blue = bytes.fromhex(colour(number)[1:])
    return red, green, blue


def colour_of(name: str | None, classes: Sequence[str]) -> str:
    """The colour of a class; one that no legend lists has always the same, too."""
    if name is None:
        return colour(0)
    return colour(classes.index(name) if name in classes else zlib.crc32(name.encode()))
