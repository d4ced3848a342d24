"""What further processes would bring: the transfers of one row alone, shared out among one, two and three.

    python -m benchmarks.side_by_side many-loopback

No catalog and no manifest: each process calls ``fetch_all`` for its share of the files. The time is from
the first one's start to the last one's end, without imports; that of curl beside them is its process's.
"""

import argparse
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from benchmarks.clients import Contestant, Task
from benchmarks.measuring import Workplace
from benchmarks.preparation import one_row
from benchmarks.rows import CURL, ROWS, Row
from benchmarks.servers import Site, files_url
from radiant_mlhub.transfer import Transfer, fetch_all, plain_request_for

LIMIT_S = 300.0
PROCESSES = (1, 2, 3)
CURL_AT_16 = Contestant(CURL, ("--parallel-max", "16"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.side_by_side", description=__doc__)
    parser.add_argument("row", choices=[key for key, row in ROWS.items() if row.route == "loopback"])
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="tmpfs for data and downloads")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    row = ROWS[options.row]
    with one_row(row, options.folder) as (folder, served, running):
        _measure(row, running, Workplace(folder, served, folder, folder), options.rounds)
    return 0


def _measure(row: Row, running: Site, place: Workplace, rounds: int) -> None:
    def curl(folder: Path) -> float:
        return CURL_AT_16.run(Task(row, folder, place.scratch, place.served, running, LIMIT_S)).wall_s

    works: dict[str, Callable[[Path], float]] = {
        f"{count} of ours": lambda folder, count=count: _shared_out(row, running, folder, count)  # type: ignore[misc]
        for count in PROCESSES
    }
    works["curl at 16"] = curl
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            with place.fresh_folder(row) as folder:
                times[name].append(work(folder))
    peer_s = median(times["curl at 16"])
    for name, seconds in times.items():
        a_file_us = median(seconds) / row.data_set.file_count * 1e6
        print(
            f"{name}: {median(seconds):.3f} s ({min(seconds):.3f}-{max(seconds):.3f}),"
            f" {a_file_us:.0f} us a file, {median(seconds) / peer_s:.2f} times curl's"
        )


def _shared_out(row: Row, running: Site, folder: Path, count: int) -> float:
    """Seconds that so many processes take for the files of the row, to the end of the last."""
    address = files_url(row, running.ports)
    paths = list(row.data_set.asset_paths())
    transfers = [Transfer(f"{address}/{path}", str(folder / path), str(folder)) for path in paths]
    size = -(-len(transfers) // count)
    shares = [transfers[start : start + size] for start in range(0, len(transfers), size)]
    spawn = multiprocessing.get_context("spawn")
    pipes = [spawn.Pipe() for _ in shares]
    processes = [
        spawn.Process(target=_bring, args=(share, theirs), daemon=True)
        for share, (_, theirs) in zip(shares, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    for ours, _ in pipes:
        _hear(ours)
    began = time.monotonic()
    for ours, _ in pipes:
        ours.send("go")
    fetched = sum(_hear(ours) for ours, _ in pipes)
    seconds = time.monotonic() - began
    for process in processes:
        process.join(LIMIT_S)
    if fetched != len(transfers):
        raise RuntimeError(f"{fetched} of {len(transfers)} files came")
    return seconds


def _hear(ours: Connection) -> int:
    if not ours.poll(LIMIT_S):
        raise TimeoutError(f"a process said nothing for {LIMIT_S:.0f} s")
    said: int = ours.recv()
    return said


def _bring(transfers: list[Transfer], theirs: Connection) -> None:
    theirs.send(0)
    theirs.recv()
    outcomes = fetch_all(transfers, request_for=plain_request_for())
    theirs.send(sum(outcome.state == "fetched" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
