"""Where the time of one row goes: calls of Python a file, and the functions that take most time.

    python -m benchmarks.profile small-loopback

The profiler itself makes Python's part two to three times as long: read shares, not times.
"""

import argparse
import json
import pstats
import sys
from pathlib import Path

from benchmarks.clients import WORKER, Task, environment_for, filter_of
from benchmarks.preparation import one_row
from benchmarks.processes import Command, run
from benchmarks.rows import ROWS, Row

LIMIT_S = 300.0
SHOWN = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("row", choices=[key for key, row in ROWS.items() if row.walk != "first asset"])
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="tmpfs for data and downloads")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the files")
    options = parser.parse_args()
    row = ROWS[options.row].scaled(options.scale)
    _print(_profiled(row, options.folder), row.data_set.file_count)
    return 0


def _profiled(row: Row, above: Path) -> pstats.Stats:
    """The profile of one call of ``Dataset.download()``, in a process of its own."""
    with one_row(row, above) as (folder, served, running):
        task = Task(row, folder / "downloads", folder, served, running, LIMIT_S)
        work = {
            "dataset_id": row.dataset_id,
            "output_dir": str(task.folder),
            "collection_filter": filter_of(row),
            "result": str(folder / "result.json"),
        }
        if row.walk == "again":
            _run(task, work)
        _run(task, work | {"profile": str(folder / "profile")})
        return pstats.Stats(str(folder / "profile"))


def _run(task: Task, work: dict[str, object]) -> None:
    command: Command = [sys.executable, "-I", WORKER, json.dumps(work)]
    log = task.scratch / "client.log"
    finished = run(command, env=environment_for(task), limit_s=LIMIT_S, log=log)
    if finished.status:
        raise RuntimeError(f"The download ended with {finished.status}: {finished.said}")


def _print(stats: pstats.Stats, files: int) -> None:
    # Of each function: (calls without recursion, calls, own seconds, seconds with all it called, callers).
    functions = vars(stats)["stats"].items()
    calls = sum(numbers[1] for _, numbers in functions)
    seconds = sum(numbers[2] for _, numbers in functions)
    print(f"{files} files: {calls / files:.0f} calls and {seconds / files * 1e6:.0f} us a file, profiled")
    print("  calls  us own   share  function")
    for (path, _, name), numbers in sorted(functions, key=lambda item: -item[1][2])[:SHOWN]:
        own_s = numbers[2]
        place = Path(path).name
        print(f"{numbers[1] / files:7.1f} {own_s / files * 1e6:7.2f} {own_s / seconds:6.1%}  {place} {name}")


if __name__ == "__main__":
    sys.exit(main())
