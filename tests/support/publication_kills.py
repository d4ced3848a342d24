"""Publications killed at moments spread over them, with a reader at work, and judged."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import requests

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.publishing.checking import check_hub
from radiant_mlhub.hub.publishing.staging import leftovers, strays
from radiant_mlhub.hub.sqlite_store import open_store
from support.published import PublishedHub, published_hub
from support.training_dataset import TrainingDataset

PAGE = 1000
"""More than the dataset has items."""

REACH = 1.3
"""How far the kills reach, in times of what a publication takes; beyond 1, its dataset has been replaced."""

LONGEST_S = 60.0
"""More than any publication takes."""


@dataclass(frozen=True)
class KilledPublication:
    """What came of one kill.

    Attributes:
        after: When it was killed, as a part of what a publication takes with a reader at work; what is
            more than 1 was waited after the dataset had been seen to be replaced.
        was_over: Whether the dataset had been replaced by then.
        complaints: Everything that is not as promised.
    """

    after: float
    was_over: bool
    complaints: list[str]


@dataclass
class Reader:
    """Asks a hub for the whole dataset over and over, and for one file of it each time.

    Attributes:
        counts: How many items each collection may have.
        rounds: How often it has read.
    """

    hub: PublishedHub
    counts: set[int]
    seed: int
    rounds: int = 0
    complaints: list[str] = field(default_factory=list)

    def __enter__(self) -> Reader:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read_on)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=30)

    def _read_on(self) -> None:
        chance = random.Random(self.seed)
        while not self._stop.is_set():
            self.complaints += judged(self.hub, self.counts, chance)
            self.rounds += 1
            self._stop.wait(0.001)


def judged(hub: PublishedHub, counts: set[int], chance: random.Random) -> list[str]:
    """What is wrong with one answer about the dataset, and with one file that it names."""
    try:
        page = hub.get("search", params={"limit": PAGE})
        page.raise_for_status()
        items = page.json()["features"]
        found = Counter(item["collection"] for item in items)
        if len(found) != 2 or len(set(found.values())) != 1 or not set(found.values()) <= counts:
            return [f"the dataset has {dict(found)} items; {counts} are whole ones"]
        key, asset = chance.choice(sorted(chance.choice(items)["assets"].items()))
        file = requests.get(asset["href"], timeout=30)
        file.raise_for_status()
    except Exception as error:
        return [f"the reader met {error!r}"]
    if asset["file:checksum"] != "1220" + hashlib.sha256(file.content).hexdigest():
        return [f"{key} at {asset['href']} has another digest"]
    return []


class PublicationKills:
    """Publishes one dataset over and over, in two versions of different size, and kills it.

    Args:
        folder: Of the hub and the two sources.
        seed: Of the moments, and of what the reader looks at.
        places: How many chips the smaller version has.

    Attributes:
        rounds: How often the reader has read the dataset, once all is over.
    """

    def __init__(self, folder: Path, seed: int, places: int = 25) -> None:
        self.hub = HubFolder(folder / "hub")
        self._sources = [TrainingDataset(folder / f"version_{more}", places + more).folder for more in (0, 1)]
        self.counts = {places, places + 1}
        self._random = random.Random(seed)
        self._seed = seed
        self.rounds = 0
        with closing(open_store(self.hub.path)) as store:
            publish(self.hub, store, self._sources[0], dataset_id="crops")

    def __enter__(self) -> PublicationKills:
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        self._interpreter = subprocess.Popen(
            [sys.executable, "-m", "support.forked_publications"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._interpreter.stdin and self._interpreter.stdout:
            self._interpreter.stdin.close()
            self._interpreter.wait(timeout=20)
            self._interpreter.stdout.close()

    def kills(self, count: int) -> Iterator[KilledPublication]:
        """Kill ``count`` publications; their moments are spread over the time that one takes."""
        with published_hub(self.hub.path) as served, Reader(served, self.counts, self._seed) as reader:
            self._takes_s = sorted(self._undisturbed() for _ in range(3))[1]
            for number in range(count):
                after = REACH * (number + self._random.random()) / count
                yield self._kill(after, self._sources[number % 2], served, reader)
            self.rounds = reader.rounds

    def ended(self) -> list[str]:
        """What is wrong after one more publication, which nobody disturbs."""
        self._undisturbed()
        with closing(open_store(self.hub.path)) as store:
            wrong = check_hub(self.hub, store, with_digests=True).problems
            wrong += [f"{each} is left" for each in (*leftovers(self.hub, store), *strays(self.hub, store))]
            folders = {each.name for each in self.hub.publications.iterdir() if each.is_dir()}
            if folders != store.known_versions():
                wrong.append(f"the folders {folders} are not the versions {store.known_versions()}")
        return wrong

    def _kill(self, after: float, source: Path, served: PublishedHub, reader: Reader) -> KilledPublication:
        store = served.store
        before = store.version("crops")
        pid = self._start(source)
        time.sleep(min(after, 1) * self._takes_s)
        if after > 1:
            self._wait_until(lambda: store.version("crops") != before)
            time.sleep((after - 1) * self._takes_s)
        os.killpg(pid, signal.SIGKILL)
        self._ask({"wait": pid})
        complaints, reader.complaints = reader.complaints, []
        complaints += judged(served, self.counts, self._random)
        complaints += check_hub(self.hub, store).problems
        return KilledPublication(after, store.version("crops") != before, complaints)

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + LONGEST_S
        while not is_so():
            if time.monotonic() > deadline:
                raise RuntimeError(f"the dataset was not replaced within {LONGEST_S:.0f} s")
            time.sleep(0.001)

    def _undisturbed(self) -> float:
        """Publish to the end; how long it took, in seconds."""
        began = time.monotonic()
        status = self._ask({"wait": self._start(self._sources[0])})
        if status:
            raise RuntimeError(f"a publication that nobody disturbed ended with status {status}")
        return time.monotonic() - began

    def _start(self, source: Path) -> int:
        return self._ask({"hub": str(self.hub.path), "source": str(source)})

    def _ask(self, task: dict[str, object]) -> int:
        if self._interpreter.stdin is None or self._interpreter.stdout is None:
            raise RuntimeError("the interpreter has no pipes")
        self._interpreter.stdin.write(json.dumps(task) + "\n")
        self._interpreter.stdin.flush()
        return int(self._interpreter.stdout.readline())
