"""What stands in a tar archive's header blocks, in the dialects of POSIX, GNU and V7.

Sources: IEEE Std 1003.1-2017, pax, "pax Interchange Format" and "ustar Interchange Format"; the GNU
tar manual, "Basic Tar Format".
"""

import re
import struct
import zlib
from functools import lru_cache

from .unpacked import Damaged

BLOCK = 512
# Name, size, mtime, checksum, type, magic, first byte of the prefix: POSIX's "ustar" header.
_PLAIN = struct.Struct("100s24x12s12s8sc100x6s82xB166x")
_POSIX = b"ustar\0"
_PLAIN_TYPES = (b"0", b"5", b"L")  # a file, a folder, a long name
_LARGEST_NUMBER = 2**63 - 1  # of seconds and of bytes, in any system's and SQLite's own numbers
_DIGITS_BEYOND_BOUNDS = len(str(_LARGEST_NUMBER))
_PAX_RECORD = re.compile(rb"([1-9][0-9]{0,19}) ([^=]+)=")

PlainMember = tuple[str, bytes, int, int, int, int]
"""Name, type, size and time of a member, where its content starts, and how many headers it has."""


def name_of(header: bytes) -> bytes:
    """A header's name, with the prefix that POSIX has."""
    name = header[:100].partition(b"\0")[0]
    # GNU's magic is "ustar " and a version, and its header has times where POSIX has the prefix.
    if header[345] and header[257:263] == _POSIX:
        return header[345:500].partition(b"\0")[0] + b"/" + name
    return name


@lru_cache(maxsize=4096)  # an archive's sizes, times and checksums are few
def number(field: bytes, what: str) -> int:
    """A header's number: octal text, or GNU's base 256 (two's complement) where the first bit is set.

    Raises:
        Damaged: It is neither, or a negative size.
    """
    if field[0] & 0x80:
        bits = 8 * len(field) - 1
        value = int.from_bytes(field) - (1 << bits)
        value -= (value >> (bits - 1)) << bits
    else:
        try:
            value = int(field.partition(b"\0")[0].strip() or b"0", 8)
        except ValueError as error:
            raise Damaged(f"the {what} in a header is no number") from error
    if value < 0 and what == "size":
        raise Damaged("the size in a header is negative")
    return value if abs(value) <= _LARGEST_NUMBER else _beyond_bounds(what)


def plain_member(data: bytes, at: int) -> PlainMember | None:
    """What the headers at ``at`` say of a file or folder, where they are as nearly all are.

    Returns:
        None where a closer look is needed: they are not whole, not of ASCII alone, or of another dialect.

    Raises:
        Damaged: A number in them is none.
    """
    header = _plain_header(data, at)
    if header is None:
        return None
    name, kind, size, mtime = header
    at += BLOCK
    if kind != b"L":
        return name, kind, size, number(mtime, "mtime"), at, 1
    # GNU's way with a name of more than 100 bytes: it stands before the header proper.
    after = at + size + -size % BLOCK
    header = _plain_header(data, after)
    long_name = data[at : at + size].partition(b"\0")[0]
    if header is None or header[1] == b"L" or not long_name or not long_name.isascii():
        return None
    _, kind, size, mtime = header
    return long_name.decode(), kind, size, number(mtime, "mtime"), after + BLOCK, 2


def _plain_header(data: bytes, at: int) -> tuple[str, bytes, int, bytes] | None:
    if len(data) - at < BLOCK:
        return None
    raw, size, mtime, checksum, kind, magic, prefix = _PLAIN.unpack_from(data, at)
    if (
        _sum_of_block(data, at) != _total_named(checksum)
        or kind not in _PLAIN_TYPES
        or (prefix and magic == _POSIX)
    ):
        return None
    name = raw.partition(b"\0")[0]
    if not name.isascii():
        return None
    return name.decode(), kind, number(size, "size"), mtime  # of a header "L" nobody asks for its time


@lru_cache(maxsize=4096)
def _total_named(field: bytes) -> int:
    """The sum of all bytes of a header that has this checksum, its own field included."""
    return number(field, "checksum") - 8 * ord(" ") + sum(field)


def decimal(value: bytes, what: str) -> int:
    """A pax record's number, without the fraction that times may have.

    Raises:
        Damaged: It is none, or a negative size.
    """
    whole = value.partition(b".")[0] if what == "mtime" else value
    if not whole.removeprefix(b"-" if what == "mtime" else b"").isdigit():
        raise Damaged(f"the {what} in a pax header is no number")
    return int(whole) if len(whole) < _DIGITS_BEYOND_BOUNDS else _beyond_bounds(what)


def _beyond_bounds(what: str) -> int:
    """What to take for a number that no system keeps: no time costs an archive its files.

    Raises:
        Damaged: It is not a time.
    """
    if what != "mtime":
        raise Damaged(f"the {what} in a header is beyond all bounds")
    return 0


def pax_records(body: bytes) -> dict[str, bytes]:
    """``"30 mtime=1650999060.123456789\\n"``, ...: the length in bytes counts itself.

    Raises:
        Damaged: A length or a line end is not where it must be.
    """
    records: dict[str, bytes] = {}
    at = 0
    while at < len(body):
        found = _PAX_RECORD.match(body, at)
        end = at + int(found[1]) if found else 0
        if found is None or found.end() >= end or end > len(body) or body[end - 1] != ord("\n"):
            raise Damaged("a pax header in it is damaged")
        records[found[2].decode(errors="replace")] = body[found.end() : end - 1]
        at = end
    return records


def _sum_of_block(data: bytes, at: int) -> int:
    """The sum of a block's bytes, in C: Adler-32 of half a block is its sum (255 * 256 < 65521) plus one."""
    half, end = at + BLOCK // 2, at + BLOCK
    return (zlib.adler32(data[at:half]) & 0xFFFF) + (zlib.adler32(data[half:end]) & 0xFFFF) - 2


def checksums(header: bytes) -> tuple[int, ...]:
    """What a header's checksum may be: the sum of its bytes, its own field read as spaces."""
    spaced = header[:148] + b"        " + header[156:]
    unsigned = _sum_of_block(spaced, 0)
    if header.isascii():
        return (unsigned,)
    # Old tars summed signed bytes.
    return (unsigned, unsigned - 256 * sum(byte >> 7 for byte in spaced))
