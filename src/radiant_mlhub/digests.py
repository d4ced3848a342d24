"""Digests of bytes under one spelling, ``"<name>:<hex>"``, whatever a server or catalog calls them.

Names are those of the multicodec table (``sha2-256``, ``md5``, ``blake3``, ``crc32``).
"""

import binascii
import hashlib
import threading
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from .fast_zlib import fastest

ONLY_CRC32 = ("crc32",)
_PIECE_BYTES = 1024 * 1024
_MD5_BYTES = 16

# code: name, length in bytes. https://github.com/multiformats/multicodec/blob/master/table.csv
_MULTIHASHES = {
    0x11: ("sha1", 20),
    0x12: ("sha2-256", 32),
    0x13: ("sha2-512", 64),
    0x14: ("sha3-512", 64),
    0x15: ("sha3-384", 48),
    0x16: ("sha3-256", 32),
    0x17: ("sha3-224", 28),
    0x1E: ("blake3", 32),
    0x20: ("sha2-384", 48),
    0xD5: ("md5", 16),
    0x0132: ("crc32", 4),
    0x1013: ("sha2-224", 28),
    0xB220: ("blake2b-256", 32),
    0xB240: ("blake2b-512", 64),
    0xB260: ("blake2s-256", 32),
}


class _Hash(Protocol):
    def update(self, data: bytes | memoryview, /) -> None: ...
    def hexdigest(self) -> str: ...


_crc32: Callable[[bytes | memoryview, int], int] = fastest.crc32  # isal: 54 GB/s against 4 on one core


class _Crc32:
    """CRC-32 of gzip and ISO 3309 with the face of a ``hashlib`` hash."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes | memoryview, /) -> None:
        self._value = _crc32(data, self._value)

    def hexdigest(self) -> str:
        return f"{self._value:08x}"


def _of_hashlib(name: str, **options: Any) -> Callable[[], _Hash]:
    # Not for security: MD5 is what servers name, also where a policy bars it otherwise.
    return lambda: hashlib.new(name, usedforsecurity=False, **options)


_MAKERS: dict[str, Callable[[], _Hash]] = {
    "crc32": _Crc32,
    "md5": _of_hashlib("md5"),
    "sha1": _of_hashlib("sha1"),
    "sha2-224": _of_hashlib("sha224"),
    "sha2-256": _of_hashlib("sha256"),
    "sha2-384": _of_hashlib("sha384"),
    "sha2-512": _of_hashlib("sha512"),
    "sha3-224": _of_hashlib("sha3_224"),
    "sha3-256": _of_hashlib("sha3_256"),
    "sha3-384": _of_hashlib("sha3_384"),
    "sha3-512": _of_hashlib("sha3_512"),
    "blake2b-256": lambda: hashlib.blake2b(digest_size=32),
    "blake2b-512": hashlib.blake2b,
    "blake2s-256": hashlib.blake2s,
}


@cache
def _blake3() -> Callable[[], _Hash] | None:
    try:
        maker: Callable[[], _Hash] = import_module("blake3").blake3
    except ImportError:
        return None
    return maker


def _maker(name: str) -> Callable[[], _Hash] | None:
    return _blake3() if name == "blake3" else _MAKERS.get(name)


def can_check(name: str) -> bool:
    """Whether a digest of that name can be computed here; ``blake3`` needs the package of that name."""
    return _maker(name) is not None


class Hasher:
    """Several digests of the same bytes, computed while they pass.

    Example:
        >>> hasher = Hasher(["crc32"])
        >>> hasher.update(b"radiant")
        >>> hasher.hexdigests()
        {'crc32': 'eaacf99c'}
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Begin a digest for each name.

        Raises:
            ValueError: One of them cannot be computed here; ask ``can_check`` first.
        """
        self._hashes: dict[str, _Hash] = {}
        for name in names:
            maker = _maker(name)
            if maker is None:
                raise ValueError(f'The digest "{name}" cannot be computed here.')
            self._hashes[name] = maker()

    @property
    def is_cheap(self) -> bool:
        """It takes far less time than writing the same bytes."""
        return self._hashes.keys() <= set(ONLY_CRC32)

    def update(self, data: bytes | memoryview) -> None:
        """Take more bytes. From 2 KiB on, other threads run meanwhile."""
        for one in self._hashes.values():
            one.update(data)

    def hexdigests(self) -> dict[str, str]:
        """Digest by name, lower-case hexadecimal, of all bytes until now."""
        return {name: one.hexdigest() for name, one in self._hashes.items()}


def crc32_of(data: bytes) -> str:
    """``"crc32:<hex>"`` of ``data``: what nearly every small file gets."""
    return f"crc32:{_crc32(data, 0):08x}"


def md5_of(data: bytes) -> str:
    """``"md5:<hex>"`` of ``data``: what a small file of a server gets that names the MD5 of each."""
    return f"md5:{hashlib.md5(data, usedforsecurity=False).hexdigest()}"


def of_bytes(data: bytes, names: Iterable[str]) -> dict[str, str]:
    """Digests of ``data``, by name.

    Raises:
        ValueError: As ``Hasher``.
    """
    hasher = Hasher(names)
    hasher.update(data)
    return hasher.hexdigests()


def of_file(path: Path, names: Iterable[str], stop: threading.Event | None = None) -> dict[str, str]:
    """Digests of a file, by name, read in pieces of 1 MiB.

    Args:
        path: The file.
        names: Of the digests.
        stop: Once set, the rest is not read.

    Raises:
        OSError: It cannot be read; InterruptedError where ``stop`` was set.
        ValueError: As ``Hasher``.
    """
    hasher = Hasher(names)
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            if stop is not None and stop.is_set():
                raise InterruptedError(f"reading {path} was given up")
            hasher.update(piece)
    return hasher.hexdigests()


def from_multihash(text: str) -> str:
    """``"<name>:<hex>"`` of a multihash in hexadecimal, as ``file:checksum`` of STAC has it.

    Raises:
        ValueError: No hexadecimal, an unknown code, or a length that is not the digest's.

    Source: https://multiformats.io/multihash/ and the STAC file extension 2.1.

    Example:
        >>> from_multihash("d50110d41d8cd98f00b204e9800998ecf8427e")
        'md5:d41d8cd98f00b204e9800998ecf8427e'
    """
    try:
        data = bytes.fromhex(text)
        code, rest = _varint(data)
        length, digest = _varint(rest)
    except (ValueError, IndexError) as error:
        raise ValueError(f'"{text}" is no multihash in hexadecimal.') from error
    name, wanted = _MULTIHASHES.get(code, ("", 0))
    if not name:
        raise ValueError(f'"{text}" is a multihash of the unknown kind 0x{code:x}.')
    if not length == len(digest) == wanted:
        raise ValueError(f'"{text}" is a {name} multihash of {len(digest)} bytes; {wanted} are wanted.')
    return f"{name}:{digest.hex()}"


def from_content_md5(value: str) -> str | None:
    """``"md5:<hex>"`` of a ``Content-MD5`` header's base64 (RFC 1864); None when it is malformed."""
    try:
        digest = binascii.a2b_base64(value.strip(), strict_mode=True)
    except ValueError:  # binascii.Error is one
        return None
    return f"md5:{digest.hex()}" if len(digest) == _MD5_BYTES else None


def _varint(data: bytes) -> tuple[int, bytes]:
    """An unsigned varint at the front of ``data``, and what follows it.

    Raises:
        IndexError: It does not end.

    Source: https://github.com/multiformats/unsigned-varint.
    """
    value = shift = position = 0
    while True:
        byte = data[position]
        value |= (byte & 0x7F) << shift
        position += 1
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the top bit says that more follow
            return value, data[position:]
