"""The kills and failing file operations in full counts; the result goes to docs/concepts/soak.md.

``make soak`` runs it; ``make soak SEED=1`` repeats the moments of an earlier run.
"""

from __future__ import annotations

import datetime
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

from support.downloads_apart import PHASES, Interpreter
from support.failing_operations import Failed, FailingOperations
from support.kills import RESENT_AT_MOST, Killed, KillTest
from support.scripted_hub import ScriptedHub
from support.syscalls import IS_POSSIBLE
from support.whole_downloads import PublishedDataset

KILLS = 200
PLACES = 60
FEWEST_IN_A_PHASE = 20
SMALL_ITEMS = 300
BARE_ITEMS = 2000
LARGE_BYTES = (1_500_000, 3_000_000, 5_000_000, 6_000_000, 8_000_000)
RESULT = Path(__file__).parents[2] / "docs/concepts/soak.md"

_SAID = {
    "catalog": "the catalog archive comes",
    "index": "it is read, and assets come already",
    "unpack": "it is unpacked, here or by a process beside",
    "transfers": "assets come, none has its name yet",
    "names": "assets are recorded and get their names",
    "close": "after the last name",
}

_HEAD = """# Downloads killed and continued

Written by `make soak`; `make soak SEED={seed}` repeats the same moments.

{day}, seed {seed}, {machine}, Python {python}, {minutes:.0f} minutes.

## kill -9 at {kills} moments

A dataset of {assets} assets, 2 KB to {largest} MB, together {megabytes:.0f} MB, in a catalog of {items:,}
items, comes over 8 connections; in every other download, a process beside unpacks the catalog. The process
group is killed. What it was at, which can be more than one thing, is seen from what lies on disk. The same
call again must end with the sha256 of every file equal to the source's, nothing besides, an empty
`err_report.csv` and a manifest that knows every file. Sent again, as the server counts it over both runs, may
be {share:.0%} of all bytes and one buffer a connection: a file below 1 MiB that was not finished counts
whole; of a larger one, what came since its last note (1 MiB, or a 64th of it) and what its socket holds
(256 KiB).

| killed while | kills | not as promised | sent again at most |
| --- | --- | --- | --- |"""

_OPERATIONS = """
## Every file operation fails once

Each `write`, `rename`, `mkdir`, `open`, `fsync` and `truncate` of a small download, SQLite's included, at
the system call: the process is killed just before it, or it finds no space left (ENOSPC); then the same call
once more.

| how | operations | not as promised |
| --- | --- | --- |"""


def main() -> int:
    seed = int(os.environ.get("SEED") or time.time())
    print(f"seed {seed}", flush=True)
    began = time.monotonic()
    for name in ("MLHUB_API_KEY", "MLHUB_PROFILE"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder, Interpreter() as interpreter:
        dataset, killed = kill_downloads(interpreter, Path(folder), seed)
        operations = fail_operations(interpreter, Path(folder)) if IS_POSSIBLE else {}
    minutes = (time.monotonic() - began) / 60
    RESULT.write_text(page(seed, dataset, killed, operations, minutes), encoding="utf-8")
    complaints: list[object] = [each for each in killed if each.complaints]
    complaints += [each for failed in operations.values() for each in failed if each.wrong]
    for each in complaints:
        print(each)
    thin = [phase for phase in PHASES if len(caught(killed, phase)) < FEWEST_IN_A_PHASE]
    print(f"{len(killed)} kills, {len(complaints)} complaints, too few in {thin}, {minutes:.1f} minutes")
    return 1 if complaints or thin else 0


def kill_downloads(
    interpreter: Interpreter, folder: Path, seed: int
) -> tuple[PublishedDataset, list[Killed]]:
    with ScriptedHub() as hub:
        dataset = PublishedDataset(hub, small=SMALL_ITEMS, large_bytes=LARGE_BYTES, bare=BARE_ITEMS)
        test = KillTest(interpreter, hub, dataset, folder / "kills", seed)
        return dataset, list(test.kills(KILLS))


def fail_operations(interpreter: Interpreter, folder: Path) -> dict[str, list[Failed]]:
    with ScriptedHub() as hub:
        dataset = PublishedDataset(hub, small=2, large_bytes=[1_500_000])
        operations = FailingOperations(interpreter, hub, dataset, folder / "operations")
        return {
            how: [operations.fail(number, how) for number in operations.numbers(how)]
            for how in ("kill", "full")
        }


def caught(killed: list[Killed], phase: str) -> list[Killed]:
    """The kills that hit while the download was at ``phase``."""
    return [each for each in killed if phase in each.phases]


def page(
    seed: int,
    dataset: PublishedDataset,
    killed: list[Killed],
    operations: dict[str, list[Failed]],
    minutes: float,
) -> str:
    """The page of the result, in Markdown."""
    rows = []
    for phase in PHASES:
        hits = caught(killed, phase)
        most = 100 * max((each.resent_bytes for each in hits), default=0) / dataset.total_bytes
        wrong = sum(bool(each.complaints) for each in hits)
        rows.append(f"| {_SAID[phase]} | {len(hits)} | {wrong} | {most:.1f} % |")
    lines = [
        _HEAD.format(
            day=datetime.datetime.now(datetime.UTC).date(),
            seed=seed,
            machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            python=platform.python_version(),
            minutes=minutes,
            kills=len(killed),
            assets=dataset.assets,
            items=SMALL_ITEMS + len(LARGE_BYTES) + BARE_ITEMS,
            largest=max(LARGE_BYTES) // 1_000_000,
            megabytes=dataset.total_bytes / 1e6,
            share=RESENT_AT_MOST,
        ),
        *rows,
        _OPERATIONS,
    ]
    names = {"kill": "killed before it", "full": "ENOSPC"}
    for how, failed in operations.items():
        lines.append(f"| {names[how]} | {len(failed)} | {sum(bool(each.wrong) for each in failed)} |")
    if not operations:
        lines.append("| not run | system calls are followed on Linux x86-64 only | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
