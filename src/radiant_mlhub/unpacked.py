"""A file's bytes without its gzip coat, to the last CRC, in pieces of bounded size."""

from typing import BinaryIO

from .fast_zlib import GZIP_WINDOW, fastest

_GZIP_MAGIC = b"\x1f\x8b"
# Deflate grows 1032 times at most, so one read never becomes more than 17 MiB.
_READ_BYTES = 16 * 1024


class Damaged(ValueError):
    """An archive's bytes are not what they must be. Its text is the rest of a sentence about it."""


class Unpacked:
    """The bytes of a file, unpacked where it is gzip.

    Attributes:
        is_gzip: Whether it is: its first two bytes tell.
        bytes_in: How many were read from the file until now.
        bytes_out: How many were handed out until now.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.bytes_in = 0
        self.bytes_out = 0
        self._start = self._read()
        self.is_gzip = self._start.startswith(_GZIP_MAGIC)
        self._inflater = fastest.decompressobj(GZIP_WINDOW)

    def piece(self) -> bytes:
        """The next bytes; empty at a clean end.

        Raises:
            Damaged: The gzip stream is cut or damaged, or followed by something else.
        """
        data = self._inflated() if self.is_gzip else (self._rest_of_start() or self._read())
        self.bytes_out += len(data)
        return data

    def _inflated(self) -> bytes:
        while True:
            packed = self._packed()
            if not packed:
                return b""
            try:
                data: bytes = self._inflater.decompress(packed)
            except fastest.error as damage:
                raise Damaged(f"its gzip data is damaged ({damage})") from damage
            if data:
                return data

    def _packed(self) -> bytes:
        """More of the gzip data, at the start of a new gzip member where the last one ended."""
        if not self._inflater.eof:
            packed = self._rest_of_start() or self._read()
            if not packed:
                raise Damaged("its gzip data is cut short")
            return packed
        # RFC 1952 allows several gzip members; zeros between or after them are tape padding.
        rest: bytes = self._inflater.unused_data.lstrip(b"\0")
        while not rest or rest == _GZIP_MAGIC[:1]:
            more = self._read()
            if not more:
                break
            rest = (rest + more).lstrip(b"\0")
        if rest and not rest.startswith(_GZIP_MAGIC):
            raise Damaged("something else follows its gzip data")
        if rest:
            self._inflater = fastest.decompressobj(GZIP_WINDOW)
        return rest

    def _rest_of_start(self) -> bytes:
        start, self._start = self._start, b""
        return start

    def _read(self) -> bytes:
        data = self._file.read(_READ_BYTES)
        self.bytes_in += len(data)
        return data
