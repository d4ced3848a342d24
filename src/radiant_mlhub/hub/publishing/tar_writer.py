"""Archives (``.tar.gz``) whose bytes depend on nothing but their members: no owners, no times."""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from ...fast_zlib import gzip_compressor

_BLOCK = 512
_PIECE_BYTES = 1024 * 1024
# IEEE Std 1003.1-2017, pax, "ustar Interchange Format".
_NAME_BYTES, _PREFIX_BYTES, _LARGEST = 100, 155, 8**11 - 1
_MODE_AND_OWNER = b"0000644\0" + b"0000000\0" * 2
_TIME = b"00000000000\0"
_TYPE_TO_PREFIX = b"0" + bytes(100) + b"ustar\x0000" + bytes(32 + 32) + b"0000000\0" * 2
_END = bytes(2 * _BLOCK)


@dataclass
class Written:
    """What came of it: set once the archive is closed."""

    size: int = 0
    md5: str = ""


class TarWriter:
    """Writes members one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._deflate = gzip_compressor()
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.written = Written()

    def add(self, name: str, content: bytes) -> None:
        """A file with that content."""
        self._pack(_header(name, len(content)))
        self._pack(content)
        self._pack(bytes(-len(content) % _BLOCK))

    def add_file(self, name: str, path: Path, size: int | None = None) -> None:
        """A file from disk, read in pieces.

        Args:
            size: What it must have, in bytes; None takes it as it is.

        Raises:
            OSError: It cannot be read, or its size changes meanwhile.
        """
        with io.FileIO(path) as file:
            self.add_stream(name, file, os.fstat(file.fileno()).st_size if size is None else size)

    def add_stream(self, name: str, file: IO[bytes] | io.FileIO, size: int) -> None:
        """A file that is open at its first byte, read in pieces.

        Raises:
            OSError: It cannot be read, or has not that many bytes.
        """
        self._pack(_header(name, size))
        remaining = size
        while remaining and (piece := file.read(min(_PIECE_BYTES, remaining))):
            self._pack(piece)
            remaining -= len(piece)
        if remaining or file.read(1):
            raise OSError(f"{name} changed while it was read")
        self._pack(bytes(-size % _BLOCK))

    def close(self) -> None:
        """Write the end."""
        self._pack(_END)
        self._write(self._deflate.flush())
        self.written.md5 = self._md5.hexdigest()

    def _pack(self, data: bytes) -> None:
        if data:
            self._write(self._deflate.compress(data))

    def _write(self, packed: bytes) -> None:
        self._md5.update(packed)
        self._file.write(packed)
        self.written.size += len(packed)


@contextmanager
def tar_gz(path: Path) -> Iterator[TarWriter]:
    """An archive at ``path``, whole and on the disk when the block is left in peace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = TarWriter(file)
        yield writer
        writer.close()
        # Renamed before its bytes are on the disk, it could be empty after a power failure.
        file.flush()
        os.fsync(file.fileno())


def _header(name: str, size: int) -> bytes:
    """A member's header: ustar where it holds the name and the size, pax where it does not."""
    prefix, short = _split(name)
    if not name.isascii() or len(short) > _NAME_BYTES or len(prefix) > _PREFIX_BYTES or size > _LARGEST:
        member = tarfile.TarInfo(name)
        member.size = size
        return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    # tarfile takes 0.1 ms for it, which is as much as the rest of a small member.
    start = short.encode().ljust(_NAME_BYTES, b"\0") + _MODE_AND_OWNER + b"%011o\0" % size + _TIME
    end = _TYPE_TO_PREFIX + prefix.encode().ljust(_BLOCK - len(start) - 8 - len(_TYPE_TO_PREFIX), b"\0")
    # The checksum is taken with spaces in its own place.
    return start + b"%06o\0 " % (sum(start) + sum(end) + 8 * ord(" ")) + end


def _split(name: str) -> tuple[str, str]:
    """A name as ustar keeps it: what stands before a slash, if it is too long, and the rest."""
    if len(name) <= _NAME_BYTES:
        return "", name
    slash = name.find("/", len(name) - _NAME_BYTES - 1)
    return (name[:slash], name[slash + 1 :]) if slash > 0 else ("", name)
