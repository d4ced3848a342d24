"""Which bytes of a file are here, and which are still to come."""

from collections.abc import Iterable


class Ranges:
    """Half-open ranges of bytes, sorted, apart from one another."""

    __slots__ = ("_ranges",)

    def __init__(self, ranges: Iterable[tuple[int, int]] = ()) -> None:
        self._ranges: list[tuple[int, int]] = []
        for start, end in ranges:
            self.add(start, end)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self._ranges)

    @property
    def size_bytes(self) -> int:
        """How many bytes they hold together."""
        if len(self._ranges) == 1:  # nearly always
            return self._ranges[0][1] - self._ranges[0][0]
        return sum(end - start for start, end in self._ranges)

    def add(self, start: int, end: int) -> None:
        """Take in ``[start, end)``, whatever it overlaps or touches."""
        if start >= end:
            return
        if not self._ranges:
            self._ranges.append((start, end))
            return
        if self._ranges[-1][1] == start:  # the next piece of a stream
            self._ranges[-1] = (self._ranges[-1][0], end)
            return
        apart = []
        for first, last in self._ranges:
            if last < start or end < first:
                apart.append((first, last))
            else:
                start, end = min(start, first), max(end, last)
        self._ranges = sorted([*apart, (start, end)])

    def gaps(self, total: int | None) -> list[tuple[int, int | None]]:
        """What is missing of ``[0, total)``; an end of None is not known yet."""
        gaps: list[tuple[int, int | None]] = []
        position = 0
        for start, end in self._ranges:
            if position < start:
                gaps.append((position, start))
            position = end
        if total is None or position < total:
            gaps.append((position, total))
        return gaps


class Stretch:
    """A part of the file that one request after the other fills, from its start on.

    Attributes:
        pos: The next byte that is missing.
        end: Where it ends; None while the length of the file is not known. Another stretch
            may take over its tail while bytes arrive: then ``end`` becomes smaller.
    """

    __slots__ = ("end", "pos")

    def __init__(self, pos: int, end: int | None) -> None:
        self.pos = pos
        self.end = end

    @property
    def is_filled(self) -> bool:
        """Nothing of it is missing."""
        return self.end is not None and self.pos >= self.end

    @property
    def missing_bytes(self) -> int:
        """How much of it is missing; 0 where its end is not known."""
        return 0 if self.end is None else max(self.end - self.pos, 0)

    def wanted(self, at: int, size: int) -> int:
        """How many of ``size`` bytes that begin at ``at`` belong to it."""
        return size if self.end is None else max(min(size, self.end - at), 0)

    def halve(self) -> "Stretch":
        """Give its second half to a new stretch."""
        if self.end is None:
            raise ValueError("a stretch without an end cannot be halved")
        middle = self.pos + (self.end - self.pos) // 2
        other = Stretch(middle, self.end)
        self.end = middle
        return other
