"""The interpreter behind ``downloads_apart``: forks a download for every line of its input."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import gc
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pycurl  # noqa: F401 - imported here once, and not in every fork

import radiant_mlhub
from radiant_mlhub import Dataset
from radiant_mlhub.client import catalog_downloader  # noqa: F401
from radiant_mlhub.download.report import DownloadReport
from radiant_mlhub.sources import tree, unpacking
from radiant_mlhub.transfer import curl_carrier  # noqa: F401
from support.downloads_apart import ASSET_SUFFIX
from support.left_open import open_files, other_threads
from support.places import Place, Places
from support.syscalls import follow


def main() -> None:
    """Fork a download for every line of stdin."""
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
        told: dict[str, Any] = {"pid": pid}
        if task["traced"] is not None:
            followed = follow(pid, task["folder"], **task["traced"])
            told |= {"status": followed.status, "operations": followed.operations}
        print(json.dumps(told), flush=True)


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
    if not task["locks"]:
        fcntl.lockf = _no_locks_here
    if task["beside"]:
        unpacking.WORTH_A_PROCESS_BYTES = 0
    os.environ["MLHUB_ROOT_URL"] = task["root_url"]
    os.environ["MLHUB_API_KEY"] = "a-key-of-the-tests"
    dataset = Dataset.fetch(task["dataset_id"])
    before = open_files()
    if task["traced"] is not None:
        ask_to_be_traced()
    teller.listen()
    told: dict[str, Any] = {}
    try:
        report = _downloaded(dataset, task)
        told = {"fetched": report.fetched, "kept": report.kept, "failed": report.failed}
        del report
    except BaseException as error:
        told = {"error": type(error).__name__, "text": str(error), "trace": traceback.format_exc()}
    told["at"] = time.monotonic()
    gc.collect()  # as any program does in time; a cycle may hold a connection of SQLite's
    told["threads"] = other_threads()
    told["open"] = sorted(open_files() - before)
    return told


def _downloaded(dataset: Dataset, task: Mapping[str, Any]) -> DownloadReport:
    if task["places"] is None:
        return dataset.download(task["folder"], progress=False, **task["options"])
    file, place, nth = task["places"]
    followed = Places(str(Path(radiant_mlhub.__file__).parent), place and Place(*place), nth)
    try:
        with followed:
            return dataset.download(task["folder"], progress=False, **task["options"])
    finally:
        Path(file).write_text(json.dumps(list(followed.seen.items())))


def ask_to_be_traced() -> None:
    import ctypes

    ctypes.CDLL(None).ptrace(0, 0, None, None)  # PTRACE_TRACEME
    os.kill(os.getpid(), signal.SIGSTOP)


def _no_locks_here(*_: object) -> None:
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


class _Teller:
    """Tells how far the download has come, from the files and folders that it opens, makes and renames."""

    def __init__(self, marks: int, task: Mapping[str, Any]) -> None:
        self._marks = marks
        self._last_name = task["last_name"]
        self._die_at_name = task["die_at_name"]
        self._names = 0
        self._said: set[str] = set()

    def listen(self) -> None:
        self._say("catalog")
        sys.addaudithook(self._audited)

    def _audited(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "open" and str(args[0]).endswith(".tar.gz"):
            self._say("index")
        elif event == "open" and f"{ASSET_SUFFIX}." in str(args[0]):
            self._say("transfers")
        elif event == "subprocess.Popen" or (event == "os.mkdir" and tree.STAGE in str(args[0])):
            self._say("unpack")
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
