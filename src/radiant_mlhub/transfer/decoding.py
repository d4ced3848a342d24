"""Content codings undone as a stream: servers send them though identity was asked for."""

import zlib
from collections.abc import Iterator

# A piece of 256 KiB may unfold to 256 MiB; it is handed on in pieces of this size.
MOST_AT_ONCE_BYTES = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


class Decoder:
    """Undoes ``gzip`` or ``deflate``."""

    def __init__(self, coding: str) -> None:
        self._window = zlib.MAX_WBITS if coding == "deflate" else _GZIP
        self._unzip = zlib.decompressobj(self._window)
        self._has_begun = False

    @property
    def is_complete(self) -> bool:
        """The body may end here."""
        return self._unzip.eof

    def decoded(self, piece: bytes) -> Iterator[bytes]:
        """What ``piece`` stands for.

        Raises:
            zlib.error: The body is damaged.
        """
        if not self._has_begun:
            self._begin(piece)
        while piece:
            if self._unzip.eof:  # gzip members may follow one another: RFC 1952, section 2.2
                self._unzip = zlib.decompressobj(self._window)
            unfolded = self._unzip.decompress(piece, MOST_AT_ONCE_BYTES)
            if unfolded:
                yield unfolded
            piece = self._unzip.unconsumed_tail or self._unzip.unused_data

    def _begin(self, piece: bytes) -> None:
        self._has_begun = True
        # "deflate" means zlib by RFC 9110, section 8.4.1.2, and raw deflate by old servers.
        if self._window == zlib.MAX_WBITS and piece[:1] and piece[0] & 0x0F != zlib.DEFLATED:
            self._window = -zlib.MAX_WBITS
            self._unzip = zlib.decompressobj(self._window)
