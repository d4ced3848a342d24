"""Archives (``.tar.gz``) whose bytes depend on nothing but their members: no owners, no times."""

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

_BLOCK = 512
_PIECE_BYTES = 1024 * 1024
_GZIP_WINDOW = 31  # zlib's way to ask for a gzip header and trailer; its header has no time
_END = bytes(2 * _BLOCK)


def _deflater() -> Any:
    try:
        module = import_module("isal.isal_zlib")  # several times as fast; its levels go to 3
    except ImportError:
        module = zlib
    # The lowest level that is worth it: GeoTIFFs are mostly compressed already.
    return module.compressobj(1, zlib.DEFLATED, _GZIP_WINDOW)


@dataclass
class Written:
    """What came of it: set once the archive is closed."""

    size: int = 0
    md5: str = ""


class TarWriter:
    """Writes members one after the other."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._deflate = _deflater()
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
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, 2) if size is None else size
            file.seek(0)
            self._pack(_header(name, size))
            remaining = size
            while remaining and (piece := file.read(min(_PIECE_BYTES, remaining))):
                self._pack(piece)
                remaining -= len(piece)
            if remaining or file.read(1):
                raise OSError(f"{path} changed while it was read")
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
    """An archive at ``path``, whole when the block is left in peace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        writer = TarWriter(file)
        yield writer
        writer.close()


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
