"""Which bytes a ``Range`` header asks for (RFC 9110, section 14.1.2 and 14.2)."""

import re
from itertools import pairwise
from typing import NamedTuple

MOST_RANGES = 100

_RANGE = re.compile(r"([0-9]{0,19})-([0-9]{0,19})")


class ByteRange(NamedTuple):
    """From the first byte up to the one before ``end``."""

    start: int
    end: int

    @property
    def size_bytes(self) -> int:
        """How many bytes it holds."""
        return self.end - self.start


class RangeNotSatisfiable(ValueError):
    """The header asks for nothing that the file has, or for what no server needs to send (416)."""


def byte_ranges(header: str, size_bytes: int) -> list[ByteRange]:
    """The ranges asked for, in the order asked for; empty when the header is to be ignored.

    Another unit than bytes is ignored, as it must be. What cannot be read, ends before it begins,
    overlaps or comes in more than 100 pieces is refused: a client that sends this would take the
    whole file for something else.

    Raises:
        RangeNotSatisfiable: To be answered with 416.
    """
    unit, _, listed = header.partition("=")
    if unit.strip().lower() != "bytes":
        return []
    specs = [spec.strip(" \t") for spec in listed.split(",")]
    if len(specs) > MOST_RANGES:
        raise RangeNotSatisfiable(f"More than {MOST_RANGES} ranges are asked for at once.")
    ranges = [found for spec in specs if spec and (found := _one(spec, size_bytes))]
    if not ranges:
        raise RangeNotSatisfiable("The range lies behind the end of the file.")
    in_order = sorted(ranges)
    if any(later.start < earlier.end for earlier, later in pairwise(in_order)):
        raise RangeNotSatisfiable("The ranges overlap.")
    return ranges


def _one(spec: str, size_bytes: int) -> ByteRange | None:
    """The bytes of one ``first-last``, ``first-`` or ``-length``; None when the file has none of them."""
    read = _RANGE.fullmatch(spec)
    if read is None or spec == "-":
        raise RangeNotSatisfiable(f'"{spec[:50]}" is no range of bytes.')
    first, last = read.groups()
    if not first:
        start, end = max(size_bytes - int(last), 0), size_bytes
    else:
        start, end = int(first), min(int(last) + 1, size_bytes) if last else size_bytes
        if last and int(last) < start:
            raise RangeNotSatisfiable(f'"{spec}" ends before it begins.')
    return ByteRange(start, end) if start < end else None
