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
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PHASES = ("catalog", "index", "unpack", "transfers", "names", "close")
"""What a download is at: the archive comes, is read, is unpacked; assets come, are recorded and
get their names; what follows the last name."""

_LOG_LINES = {"create stac asset list": "index", "unarchive ": "unpack"}
ASSET_SUFFIX = ".bin"
"""Of every asset in these tests, so that a file tells what it is."""

Settle = Callable[[], None]


class Interpreter:
    """An interpreter that starts downloads; ended, with all of them, when its ``with`` ends."""

    def __enter__(self) -> Interpreter:
        self._marks, theirs = os.pipe()
        paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "support.downloads_apart", str(theirs)],
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
        traced: bool = False,
        locks: bool = True,
        **options: Any,
    ) -> Run:
        """Begin a download.

        Args:
            root_url: Of the hub.
            folder: ``output_dir``.
            dataset_id: What to download.
            last_name: How many assets get names: the last of them begins the phase "close".
            die_at_name: The asset, counted from 1, just before whose name the process group is killed.
            traced: Stop before the download begins, for a tracer to take over.
            locks: False for a file system on which no lock can be had.
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
            "options": options,
        }
        run = Run(self._ask(task)["pid"], self._marks, self._ask)
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
    """

    pid: int
    marks: int
    ask: Callable[[Mapping[str, Any]], Any]
    began: dict[str, float] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    status: int | None = None
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
            self.status = os.waitstatus_to_exitcode(self.ask({"wait": self.pid})["status"])
            while select.select([self.marks], [], [], 0)[0]:
                self._hear()
        return self.status

    @property
    def phase(self) -> str:
        """The last phase that began, as far as it has been heard of."""
        return max(self.began, key=lambda name: self.began[name], default="catalog")

    def _hear(self) -> None:
        *lines, self._unread = (self._unread + os.read(self.marks, 65536)).split(b"\n")
        for line in map(json.loads, lines):
            if line["pid"] != self.pid:
                continue  # the last words of one that was killed
            if "phase" in line:
                self.began.setdefault(line["phase"], line["at"])
            else:
                self.told = line


def main() -> None:
    """Fork a download for every line of stdin."""
    import pycurl  # noqa: F401 - imported here once, and not in every fork

    from radiant_mlhub import Dataset  # noqa: F401
    from radiant_mlhub.client import catalog_downloader  # noqa: F401
    from radiant_mlhub.transfer import curl_carrier  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for the tests
    marks = int(sys.argv[1])
    for line in sys.stdin:
        task = json.loads(line)
        if "wait" in task:
            print(json.dumps({"status": os.waitpid(task["wait"], 0)[1]}), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            _download(task, marks)
        with contextlib.suppress(OSError):  # whoever of the two is first
            os.setpgid(pid, pid)
        print(json.dumps({"pid": pid}), flush=True)


def _download(task: Mapping[str, Any], marks: int) -> None:
    """Run a download, say what came of it, and end this process without tidying up."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
    try:
        told = _outcome(task, _Teller(marks, task))
    except BaseException as error:
        told = {"error": type(error).__name__, "text": str(error), "trace": traceback.format_exc()}
    os.write(marks, json.dumps({"pid": os.getpid(), **told}).encode() + b"\n")
    os._exit(0)


def _outcome(task: Mapping[str, Any], teller: _Teller) -> dict[str, Any]:
    import fcntl

    from radiant_mlhub import Dataset

    if not task["locks"]:
        fcntl.lockf = _no_locks_here
    os.environ["MLHUB_ROOT_URL"] = task["root_url"]
    os.environ["MLHUB_API_KEY"] = "a-key-of-the-tests"
    dataset = Dataset.fetch(task["dataset_id"])
    before = open_files()
    if task["traced"]:
        ask_to_be_traced()
    teller.listen()
    told: dict[str, Any] = {}
    try:
        report = dataset.download(task["folder"], progress=False, **task["options"])
        told = {"fetched": report.fetched, "kept": report.kept, "failed": report.failed}
        del report
    except BaseException as error:
        told = {"error": type(error).__name__, "text": str(error), "trace": traceback.format_exc()}
    told["threads"] = [
        thread.name for thread in threading.enumerate() if thread is not threading.main_thread()
    ]
    told["open"] = sorted(open_files() - before)
    return told


def open_files() -> set[str]:
    """The files and sockets that this process has open, where the system tells."""
    found = set()
    for each in Path("/proc/self/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(f"{each.name} {each.readlink()}")
    return {each for each in found if "/proc/" not in each}


def ask_to_be_traced() -> None:
    import ctypes

    ctypes.CDLL(None).ptrace(0, 0, None, None)  # PTRACE_TRACEME
    os.kill(os.getpid(), signal.SIGSTOP)


def _no_locks_here(*_: object) -> None:
    import errno

    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


class _Teller:
    """Tells how far the download has come, from what it logs and which files it opens and renames."""

    def __init__(self, marks: int, task: Mapping[str, Any]) -> None:
        self._marks = marks
        self._last_name = task["last_name"]
        self._die_at_name = task["die_at_name"]
        self._names = 0
        self._said: set[str] = set()

    def listen(self) -> None:
        import logging

        self._say("catalog")
        logger = logging.getLogger("radiant_mlhub.client.catalog_downloader")
        logger.setLevel(logging.INFO)
        logger.addFilter(self._logged)
        sys.addaudithook(self._audited)

    def _logged(self, record: Any) -> bool:
        for start, phase in _LOG_LINES.items():
            if record.getMessage().startswith(start):
                self._say(phase)
        return True

    def _audited(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and f"{ASSET_SUFFIX}." in str(args[0]):
            self._say("transfers")
        elif event == "os.rename" and str(args[1]).endswith(ASSET_SUFFIX):
            self._names += 1
            if self._names == self._die_at_name:
                os.killpg(0, signal.SIGKILL)
            self._say("names")
            if self._names == self._last_name:
                self._say("close")

    def _say(self, phase: str) -> None:
        if phase not in self._said:
            self._said.add(phase)
            line = {"pid": os.getpid(), "phase": phase, "at": time.monotonic()}
            os.write(self._marks, json.dumps(line).encode() + b"\n")


if __name__ == "__main__":
    main()
