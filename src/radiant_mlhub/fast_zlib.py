"""zlib's interface from isal, which is faster at everything; from zlib itself where isal has no wheel."""

import zlib
from importlib import import_module
from typing import Any

GZIP_WINDOW = 31
"""zlib's way to ask for a gzip header and trailer, CRC and length checked."""


def _fastest() -> Any:
    try:
        return import_module("isal.isal_zlib")
    except ImportError:
        return zlib


fastest = _fastest()


def gzip_compressor() -> Any:
    """A ``compressobj`` that writes gzip, at the one level that is worth its time for both."""
    return fastest.compressobj(1, zlib.DEFLATED, GZIP_WINDOW)
