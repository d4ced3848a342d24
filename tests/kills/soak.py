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
from collections import Counter
from pathlib import Path

from support.downloads_apart import PHASES, Interpreter
from support.failing_operations import Failed, FailingOperations
from support.kills import RESENT_AT_MOST, Killed, KillTest
from support.scripted_hub import ScriptedHub
from support.syscalls import IS_POSSIBLE
from support.whole_downloads import PublishedDataset

KILLS = 200
FEWEST_IN_A_PHASE = 20
SMALL_ITEMS = 300
LARGE_BYTES = (1_500_000, 3_000_000, 5_000_000, 6_000_000, 8_000_000)
RESULT = Path(__file__).parents[2] / "docs/concepts/soak.md"

_SAID = {
    "catalog": "the catalog archive comes",
    "index": "it is read",
    "unpack": "it is unpacked",
    "transfers": "assets come, none has its name yet",
    "names": "assets are recorded and get their names",
    "close": "after the last name",
}

_HEAD = """# Downloads killed and continued

Written by `make soak`; `make soak SEED={seed}` repeats the same moments.

{day}, seed {seed}, {machine}, Python {python}, {minutes:.0f} minutes.

## kill -9 at {kills} moments

A dataset of {assets} assets, 2 KB to {largest} MB, together {megabytes:.0f} MB, comes over 8 connections. The
process group is killed; the same call again must end with the sha256 of every file equal to the source's,
nothing besides, an empty `err_report.csv` and a manifest that knows every file. Sent again, as the server
counts it over both runs, may be {share:.0%} of all bytes and one buffer a connection: a file below 1 MiB
that was not finished counts whole; of a larger one, what came since its last note (1 MiB, or a 64th of it)
and what its socket holds (256 KiB).

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
    complaints = [each for each in killed if each.complaints]
    complaints += [each for failed in operations.values() for each in failed if each.wrong]
    for each in complaints:
        print(each)
    thin = [phase for phase, count in phases_of(killed).items() if count < FEWEST_IN_A_PHASE]
    print(f"{len(killed)} kills, {len(complaints)} complaints, seed {seed}: see {RESULT.name}")
    return 1 if complaints or thin else 0


def kill_downloads(
    interpreter: Interpreter, folder: Path, seed: int
) -> tuple[PublishedDataset, list[Killed]]:
    with ScriptedHub() as hub:
        dataset = PublishedDataset(hub, small=SMALL_ITEMS, large_bytes=LARGE_BYTES)
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


def phases_of(killed: list[Killed]) -> Counter[str]:
    counts = Counter(dict.fromkeys(PHASES, 0))
    counts.update(each.phase for each in killed)
    return counts


def page(
    seed: int,
    dataset: PublishedDataset,
    killed: list[Killed],
    operations: dict[str, list[Failed]],
    minutes: float,
) -> str:
    """The page of the result, in Markdown."""
    counts = phases_of(killed)
    rows = []
    for phase in PHASES:
        most = max((each.resent_bytes for each in killed if each.phase == phase), default=0)
        wrong = sum(bool(each.complaints) for each in killed if each.phase == phase)
        rows.append(
            f"| {_SAID[phase]} | {counts[phase]} | {wrong} | {100 * most / dataset.total_bytes:.1f} % |"
        )
    lines = [
        _HEAD.format(
            day=datetime.datetime.now(datetime.UTC).date(),
            seed=seed,
            machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            python=platform.python_version(),
            minutes=minutes,
            kills=len(killed),
            assets=dataset.assets,
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
