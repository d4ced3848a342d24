"""What a hub promises about kills and about many at once, in full counts: docs/concepts/hub-soak.md.

``make soak-hub`` runs it; ``make soak-hub SEED=1`` repeats the moments of an earlier run.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from support.busy_store import DATASETS, ITEMS, READERS, Busy, keep_busy
from support.publication_kills import KilledPublication, PublicationKills

KILLS = 200
PLACES = 60
MINUTES = 10
RESULT = Path(__file__).parents[2] / "docs/concepts/hub-soak.md"

_PAGE = """# A hub killed, and written by many

Written by `make soak-hub`; `make soak-hub SEED={seed}` repeats the same moments.

{day}, seed {seed}, {machine}, Python {python}.

## kill -9 of a publication, at {kills} moments

A dataset of {places} chips with labels is published over and over, in two versions. The process group is
killed at moments spread over the time that one publication takes, and over nearly a third of it after the new
version has appeared, while what is left over is tidied away. Meanwhile a reader asks a hub that
serves the same folder for all items, counts those of each collection, and compares the sha256 of one file
each time: the old version whole, or the new one, and no answer but 200.
After each kill `mlhub hub check` must find nothing, and after the last one another publication must
leave nothing behind.

| the dataset was | kills | not as promised |
| --- | --- | --- |
{rows}

The reader read the dataset {rounds:,} times.

## {writers} writers and {readers} readers, {minutes} minutes

Two processes publish two datasets each, {items:,} items at a time, as often as they can; {readers} threads of
a third one read all items of one dataset after the other. Each read must see one publication whole, and
nobody may be told that something is locked.

| publications | of them seen | reads | not whole | errors |
| --- | --- | --- | --- | --- |
| {published:,} | {seen:,} | {reads:,} | {mixed:,} | {errors:,} |
"""


def main() -> int:
    seed = int(os.environ.get("SEED") or time.time())
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        with PublicationKills(Path(folder) / "kills", seed, PLACES) as test:
            killed, left = list(test.kills(KILLS)), test.ended()
        busy = keep_busy(Path(folder) / "busy", seconds=MINUTES * 60)
    RESULT.write_text(page(seed, killed, test.rounds, busy), encoding="utf-8")
    complaints: list[object] = [each for each in killed if each.complaints]
    complaints += [*left, *busy.wrong, *busy.said, *busy.problems]
    for each in complaints:
        print(each)
    is_thin = {each.was_over for each in killed} != {True, False} or not busy.reads
    print(f"{len(killed)} kills, {busy.reads} reads, {len(complaints)} complaints, too few: {is_thin}")
    return 1 if complaints or is_thin else 0


def page(seed: int, killed: list[KilledPublication], rounds: int, busy: Busy) -> str:
    """The page of the result, in Markdown."""
    rows = []
    for words, was_over in (("the old version", False), ("the new version", True)):
        some = [each for each in killed if each.was_over == was_over]
        rows.append(f"| {words} | {len(some)} | {sum(bool(each.complaints) for each in some)} |")
    errors = [each for each in busy.wrong if isinstance(each, Exception)]
    return _PAGE.format(
        day=datetime.datetime.now(datetime.UTC).date(),
        seed=seed,
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        python=platform.python_version(),
        kills=len(killed),
        places=PLACES,
        rows="\n".join(rows),
        rounds=rounds,
        writers=len(DATASETS),
        readers=READERS,
        minutes=MINUTES,
        items=ITEMS,
        published=busy.published,
        seen=len(busy.seen),
        reads=busy.reads,
        mixed=len(busy.wrong) - len(errors),
        errors=len(errors) + len(busy.said) + len(busy.problems),
    )


if __name__ == "__main__":
    sys.exit(main())
