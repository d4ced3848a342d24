"""Measure an index of items: ``python -m benchmarks.item_index 1000000 --write docs/concepts/search.md``.

So many items, one a line, are written from one seed; indexed as ``mlhub index`` does; and searched
by a box and a month, twenty times, and by words. Each answer is compared with what looking at every
item finds. With ``--write``, the table between two comments of the page is made anew, dated.
"""

import argparse
import datetime as dt
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.machine import machine
from benchmarks.worker import peak_mib
from radiant_mlhub import Dataset

QUESTIONS = 20
YEARS = range(2000, 2020)
BEGIN, END = "<!-- measured by benchmarks.item_index -->", "<!-- end of what was measured -->"


class Question(NamedTuple):
    """A box of 10 degrees and a month of one year."""

    bbox: list[float]
    first_day: str
    last_day: str


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.item_index", description=__doc__)
    parser.add_argument("items", type=int)
    parser.add_argument("--folder", type=Path, help="where the files are made; a temporary folder without")
    parser.add_argument("--write", type=Path, help="a page to write the figures into")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="mlhub-item-index-", dir=options.folder) as folder:
        rows = list(_measured(Path(folder), options.items))
    for name, value in rows:
        print(f"{name:<58} {value}", flush=True)
    if options.write:
        _write(options.write, rows)
    return 0


def _measured(folder: Path, items: int) -> Iterator[tuple[str, str]]:
    chance = random.Random(20261127)
    lines = folder / "items.ndjson"
    with lines.open("w") as file:
        for number in range(items):
            file.write(json.dumps(_item(number, chance)) + "\n")
    yield "items", f"{items:,} ({lines.stat().st_size / 1e6:,.0f} MB of JSON)"
    began = time.perf_counter()
    index = Dataset.from_stac(lines).index(folder / "items.db", progress=False)
    seconds = time.perf_counter() - began
    yield "index written", f"{seconds:.1f} s, {items / seconds:,.0f} items a second"
    yield "size of the index", f"{index.stat().st_size / 1e6:,.0f} MB"
    yield "peak memory of it, imports included", f"{peak_mib():.0f} MiB"
    dataset = Dataset.from_stac(index)
    questions = [_question(chance) for _ in range(QUESTIONS)]
    answers, spent = [], []
    for question in questions:
        began = time.perf_counter()
        answers.append(_found(dataset, question))
        spent.append(time.perf_counter() - began)
    yield (
        f"items of a box of 10 degrees and a month, {QUESTIONS} times",
        f"median {statistics.median(spent) * 1000:.0f} ms, worst {max(spent) * 1000:.0f} ms",
    )
    expected = _by_looking(lines, questions)
    if answers != expected:
        sys.exit("The index gives another answer than looking at every item.")
    yield (
        "answers equal to looking at every item",
        f"{len(answers)} of {len(answers)} ({sum(map(len, answers)):,} items)",
    )
    began = time.perf_counter()
    said = sum(1 for _ in dataset.search(text="farm 77 of kenya"))
    yield "items that say three words", f"{(time.perf_counter() - began) * 1000:.0f} ms ({said:,} items)"


def _item(number: int, chance: random.Random) -> dict[str, object]:
    west, south = chance.uniform(-179, 178), chance.uniform(-89, 88)
    east, north = west + 0.5, south + 0.5
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    when = f"{chance.choice(YEARS)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}T10:00:00Z"
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"item_{number:07}",
        "collection": f"collection_{number % 4}",
        "bbox": [west, south, east, north],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": when, "title": f"Farm {number % 1000} of Kenya"},
        "links": [],
        "assets": {key: {"href": f"https://example.org/{number}/{key}.tif"} for key in ("image", "labels")},
    }


def _question(chance: random.Random) -> Question:
    west, south = chance.uniform(-175, 165), chance.uniform(-85, 75)
    first = dt.date(chance.choice(YEARS), chance.randint(1, 12), 1)
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    return Question([west, south, west + 10, south + 10], first.isoformat(), last.isoformat())


def _found(dataset: Dataset, asked: Question) -> set[str]:
    return {
        str(item["id"])
        for item in dataset.search(bbox=asked.bbox, datetime=(asked.first_day, asked.last_day))
    }


def _by_looking(lines: Path, questions: list[Question]) -> list[set[str]]:
    """What comparing the numbers of every item finds, without anything of the package."""
    found: list[set[str]] = [set() for _ in questions]
    with lines.open() as file:
        for line in file:
            item = json.loads(line)
            west, south, east, north = item["bbox"]
            day = item["properties"]["datetime"][:10]
            for answer, (bbox, first, last) in zip(found, questions, strict=True):
                meets = west <= bbox[2] and east >= bbox[0] and south <= bbox[3] and north >= bbox[1]
                if meets and first <= day <= last:
                    answer.add(item["id"])
    return found


def _write(page: Path, rows: list[tuple[str, str]]) -> None:
    text = page.read_text()
    before, after = text.index(BEGIN) + len(BEGIN), text.index(END)
    facts = machine(page.parent, page.parent)
    here = "; ".join(facts[name] for name in ("date", "processor", "memory", "system"))
    table = "\n".join(f"| {name} | {value} |" for name, value in [("---", "---"), *rows])
    measured = f"\n\n{here}; Python {facts['python']}.\n\n| what | figure |\n{table}\n\n"
    page.write_text(text[:before] + measured + text[after:])


if __name__ == "__main__":
    sys.exit(main())
