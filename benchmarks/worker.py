"""One call of ``Dataset.download()`` in a process of its own; runs under this client and under the original.

Run as a script, with a JSON object: ``dataset_id``, ``output_dir``, ``collection_filter`` (or null) and
``result``, the file that gets what was measured: before the call its moment, after it all figures.
"""

import cProfile
import json
import os
import sys
import threading
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from radiant_mlhub import Dataset, __version__

LOOKED_EVERY_S = 0.25


def main(task: dict[str, Any]) -> None:
    dataset = Dataset.fetch(task["dataset_id"])
    result = {"version": __version__, "called_at": time.time()}
    Path(task["result"]).write_text(json.dumps(result))
    cpu_before = sum(os.times()[:4])
    started = time.perf_counter()

    profiler = cProfile.Profile() if "profile" in task else None
    with ChildrenWatched() as children, profiler or nullcontext():
        dataset.download(output_dir=task["output_dir"], collection_filter=task["collection_filter"])
    if profiler:
        profiler.dump_stats(task["profile"])

    result["wall_s"] = time.perf_counter() - started
    result["cpu_s"] = sum(os.times()[:4]) - cpu_before
    result["peak_mib"] = peak_mib() + children.peak_mib
    Path(task["result"]).write_text(json.dumps(result))


def peak_mib(pid: int | str = "self") -> float:
    """The most memory that a process had until now, its libraries included; 0 where it is gone.

    ru_maxrss would tell of a child what the process had that started it, if that was more.
    """
    lines = _read(Path(f"/proc/{pid}/status")).splitlines()
    sizes = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(sizes[0]) / 1024 if sizes else 0.0


def _read(file: Path) -> str:
    """What a file of /proc says; nothing once its process or thread is gone."""
    try:
        return file.read_text()
    except OSError:
        return ""


class ChildrenWatched:
    """Looks at this process's children as long as it is entered.

    Attributes:
        peak_mib: The most memory that any one of them had when it was looked at last: at most
            LOOKED_EVERY_S before its end. One that lives for less may be overlooked.
    """

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._is_over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "ChildrenWatched":
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._watcher.join()

    @property
    def peak_mib(self) -> float:
        return max(self._seen.values(), default=0.0)

    def _watch(self) -> None:
        while not self._is_over.wait(LOOKED_EVERY_S):
            for children in Path("/proc/self/task").glob("*/children"):
                for pid in _read(children).split():
                    # The last look counts: before a child becomes a program of its own it has our memory.
                    self._seen[pid] = peak_mib(pid) or self._seen.get(pid, 0.0)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
