"""Downloads in processes of their own, which may be killed: an interpreter that forks them.

The package is imported once, in an interpreter without threads; each download is a fork of it,
in a process group of its own, and says through a pipe how far it has come::

    with Interpreter() as interpreter:
        run = interpreter.start(hub.root_url, tmp_path)
        run.wait_for("transfers")
        run.kill()
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.places import Place

PHASES = ("catalog", "index", "unpack", "transfers", "names", "close")
"""What a download is at: the archive comes, is read, is unpacked; assets come, are recorded and
get their names; what follows the last name. All but the first and the last overlap."""

ASSET_SUFFIX = ".bin"
"""Of every asset in these tests, so that a file tells what it is."""


class Interpreter:
    """An interpreter that starts downloads; ended, with all of them, when its ``with`` ends."""

    def __enter__(self) -> Interpreter:
        self._marks, theirs = os.pipe()
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "support.forked_downloads", str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[theirs],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            text=True,
        )
        os.close(theirs)
        self._runs: list[Run] = []
        return self

    def __exit__(self, *_: object) -> None:
        for run in self._runs:
            run.kill()
        if self._process.stdin and self._process.stdout:
            self._process.stdin.close()
            self._process.wait(timeout=20)
            self._process.stdout.close()
        os.close(self._marks)

    def start(
        self,
        root_url: str,
        folder: Path,
        *,
        dataset_id: str = "ds",
        last_name: int = 0,
        die_at_name: int = 0,
        traced: Mapping[str, Any] | None = None,
        locks: bool = True,
        beside: bool = False,
        places: tuple[Path, Place | None, int] | None = None,
        **options: Any,
    ) -> Run:
        """Begin a download.

        Args:
            root_url: Of the hub.
            folder: ``output_dir``.
            dataset_id: What to download.
            last_name: How many assets get names: the last of them begins the phase "close".
            die_at_name: The asset, counted from 1, just before whose name the process group is killed.
            traced: Follow its file operations to its end: arguments of ``syscalls.follow``.
            locks: False for a file system on which no lock can be had.
            beside: Whether a process beside unpacks the archive, however small it is.
            places: Follow where the interpreter looks for signals: a file that gets the places and how
                often each was come to, the place to raise KeyboardInterrupt at, and at which time.
            options: Further arguments of ``Dataset.download``; paths as text.
        """
        task = {
            "root_url": root_url,
            "folder": str(folder),
            "dataset_id": dataset_id,
            "last_name": last_name,
            "die_at_name": die_at_name,
            "traced": traced,
            "locks": locks,
            "beside": beside,
            "places": places and [str(places[0]), *places[1:]],
            "options": options,
        }
        answer = self._ask(task)
        run = Run(answer["pid"], self._marks, self._ask)
        if traced is not None:
            run.end(answer["status"], answer["operations"])
        self._runs.append(run)
        return run

    def _ask(self, message: Mapping[str, Any]) -> Any:
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the interpreter has no pipes")
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@dataclass
class Run:
    """A download under way.

    Attributes:
        pid: Its process, which leads a group of its own.
        began: When each phase began, seconds by ``time.monotonic``.
        told: What it said at its end; empty where it was killed before.
        operations: What it did to files, where it was traced.
    """

    pid: int
    marks: int
    ask: Callable[[Mapping[str, Any]], Any]
    began: dict[str, float] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
    operations: list[str] = field(default_factory=list)
    _unread: bytes = b""

    def wait_for(self, phase: str, timeout_s: float = 20) -> bool:
        """Come back when ``phase`` has begun; False when the download ended without it."""
        deadline = time.monotonic() + timeout_s
        while phase not in self.began and not self.told:
            if not select.select([self.marks], [], [], max(deadline - time.monotonic(), 0))[0]:
                raise TimeoutError(f"the download did not come to {phase!r} within {timeout_s} s")
            self._hear()
        return phase in self.began

    def kill(self, number: int = signal.SIGKILL) -> None:
        """End the process group, if it still runs."""
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, number)
            self.wait()

    def signal(self, number: int) -> None:
        """Send a signal to the process."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code, or the signal that ended it, negative."""
        if self.status is None:
            self.end(self.ask({"wait": self.pid})["status"])
        return self.status or 0

    def end(self, status: int, operations: list[str] | None = None) -> None:
        """Take in how it ended."""
        self.status = os.waitstatus_to_exitcode(status)
        self.operations = operations or []
        while select.select([self.marks], [], [], 0)[0]:
            self._hear()

    @property
    def ended(self) -> float:
        """When it came to its end, by the clock of ``began``; 0 where it was killed."""
        return float(self.told.get("at", 0.0))

    def _hear(self) -> None:
        *lines, self._unread = (self._unread + os.read(self.marks, 65536)).split(b"\n")
        for line in map(json.loads, lines):
            if line["pid"] != self.pid:
                continue  # the last words of one that was killed
            if "phase" in line:
                self.began.setdefault(line["phase"], line["at"])
            else:
                self.told = line
