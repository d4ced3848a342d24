"""One call of ``Dataset.download()`` in a process of its own; runs under this client and under the original.

Run as a script, with a JSON object: ``dataset_id``, ``output_dir``, ``collection_filter`` (or null) and
``result``, the file that gets what was measured: before the call its moment, after it all figures.
"""

import cProfile
import json
import os
import resource
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from radiant_mlhub import Dataset, __version__

subprocess._USE_VFORK = False  # see peak_mib; the documentation of subprocess names this switch


def main(task: dict[str, Any]) -> None:
    dataset = Dataset.fetch(task["dataset_id"])
    result = {"version": __version__, "called_at": time.time()}
    Path(task["result"]).write_text(json.dumps(result))
    cpu_before = sum(os.times()[:4])
    started = time.perf_counter()

    profiler = cProfile.Profile() if "profile" in task else None
    with profiler or nullcontext():
        dataset.download(output_dir=task["output_dir"], collection_filter=task["collection_filter"])
    if profiler:
        profiler.dump_stats(task["profile"])

    result["wall_s"] = time.perf_counter() - started
    result["cpu_s"] = sum(os.times()[:4]) - cpu_before
    result["peak_mib"] = peak_mib()
    Path(task["result"]).write_text(json.dumps(result))


def peak_mib() -> float:
    """Most memory this process had, imports included, and the most that any one of its children had.

    VmHWM, since ru_maxrss of a fresh process starts at the peak of the one that started it: with
    ``vfork``, to the last page. After a real ``fork`` it starts at what that one has right now
    besides its libraries, so that of a child is the greater of this and its own: never too little.
    """
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            own_kib = int(line.split()[1])
    return (own_kib + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
