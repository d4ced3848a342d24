"""Random boxes and months: the same questions for every store."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from benchmarks.hub.items import BEGIN, MONTHS, SEED, written

_SMALLEST, _LARGEST = 0.25, 64.0


@dataclass(frozen=True)
class Question:
    """A box in degrees and a month, both ends belonging to it."""

    bbox: tuple[float, float, float, float]
    start: datetime
    end: datetime

    @property
    def interval(self) -> str:
        """As the parameter ``datetime`` has it."""
        return f"{written(self.start)}/{written(self.end)}"


def questions(count: int) -> Iterator[Question]:
    """Boxes of a quarter to 64 degrees a side, each size as likely as any other; one month each."""
    chance = random.Random(SEED + 1)
    for _ in range(count):
        side = _SMALLEST * (_LARGEST / _SMALLEST) ** chance.random()
        west, south = chance.uniform(-180, 180 - side), chance.uniform(-90, 90 - side)
        month = chance.randrange(MONTHS)
        start, following = _month(month), _month(month + 1)
        bbox = (round(west, 4), round(south, 4), round(west + side, 4), round(south + side, 4))
        yield Question(bbox, start, following - timedelta(milliseconds=1))


def _month(number: int) -> datetime:
    return BEGIN.replace(year=BEGIN.year + number // 12, month=number % 12 + 1)
