"""A store with four writers of two processes and sixteen readers, all at work at once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from radiant_mlhub.hub.queries import ItemQuery
from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.hub.store import Store

TESTS = Path(__file__).parents[1]
# Two batches of rows, so that half a publication could be seen if it were to be seen.
ITEMS = 6000
DATASETS = [f"d{number}" for number in range(4)]
READERS = 16
_END_S = 60


@dataclass
class Busy:
    """What came of it.

    Attributes:
        reads: How often a reader read all items of a dataset.
        published: How many publications were made.
        seen: The publications that readers saw, by their marks.
        wrong: What readers saw that is no whole publication, and every error of theirs.
        said: What the writers had to complain of.
        problems: What is wrong with the database afterwards.
    """

    reads: int = 0
    published: int = 0
    seen: set[str] = field(default_factory=set)
    wrong: list[object] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def writer(hub: Path, *dataset_ids: str) -> subprocess.Popen[str]:
    """A process that publishes these datasets until its stdin is closed; it has begun when this returns."""
    process = subprocess.Popen(
        [sys.executable, "-m", "support.store_writer", hub, f"{ITEMS}", *dataset_ids],
        env={**os.environ, "PYTHONPATH": f"{TESTS}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if process.stdout is None or process.stdout.readline() != "begins\n":
        raise RuntimeError(f"the writer of {dataset_ids} has not begun")
    return process


def marks(store: Store, dataset_id: str) -> set[str]:
    """The publications that the items of a dataset are of; a lack of items is one of its own."""
    page = store.items(ItemQuery(collections=[f"{dataset_id}_labels"], limit=10_000))
    found = {text.partition('"mark":"')[2].partition('"')[0] for *_, text in page.texts}
    return {f"{len(page.texts)} items of {mark}" for mark in found}


def keep_busy(hub: Path, *, seconds: float, is_enough: Callable[[Busy], bool] = lambda _: False) -> Busy:
    """Write and read for ``seconds``, or until ``is_enough``."""
    busy = Busy()
    lock = threading.Lock()
    deadline = time.monotonic() + seconds

    def read(store: Store, chance: random.Random) -> None:
        try:
            while not is_enough(busy) and time.monotonic() < deadline:
                found = marks(store, chance.choice(DATASETS))
                with lock:
                    busy.reads += 1
                    busy.seen |= found
                    if len(found) > 1 or not all(mark.startswith(f"{ITEMS} items") for mark in found):
                        busy.wrong.append(found)
        except Exception as error:
            busy.wrong.append(error)

    with closing(open_store(hub)) as store:
        processes = [writer(hub, *DATASETS[:2]), writer(hub, *DATASETS[2:])]
        readers = [threading.Thread(target=read, args=[store, random.Random(n)]) for n in range(READERS)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        for process in processes:
            published, complaints = process.communicate(timeout=_END_S)
            busy.published += int(published or 0)
            busy.said += [complaints] if complaints else []
        busy.problems = store.problems()
    return busy
