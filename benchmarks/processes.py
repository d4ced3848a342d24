"""Processes with a limit: none runs longer than told, none is left behind."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Command = Sequence[str | Path]

STOP_LIMIT_S = 10.0
POLL_S = 0.02
# Put before a command: the kernel ends it when this process is gone, however that came (util-linux).
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")
SHOWN_LINES = 5


@dataclass(frozen=True)
class Finished:
    """A process that ended: its time from start to end, and the processor time of all its parts.

    Attributes:
        status: Exit status; negative for a signal.
        said: The last lines it wrote to stderr.
    """

    status: int
    wall_s: float
    cpu_s: float
    said: str


def run(
    command: Command,
    *,
    env: Mapping[str, str],
    limit_s: float,
    log: Path,
    until: Callable[[], bool] | None = None,
) -> Finished:
    """Run a command to its end.

    Args:
        limit_s: After so many seconds its process group is killed; the status is then -9.
        log: Gets stdout and stderr.
        until: Asked every 20 ms; once true, the process group is killed.
    """
    with log.open("wb") as output:
        started = time.perf_counter()
        process = _start(command, env, output)
        watch = threading.Thread(target=_kill_when, args=(process, limit_s, until), daemon=True)
        try:
            watch.start()
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            _kill_group(process)
            watch.join(STOP_LIMIT_S)
    return Finished(process.returncode, wall_s, usage.ru_utime + usage.ru_stime, last_lines(log))


def last_lines(log: Path) -> str:
    """What a process said at its end, in one line."""
    lines = log.read_text(errors="replace").splitlines()
    return " | ".join(line.strip() for line in lines[-SHOWN_LINES:])


@contextmanager
def running(command: Command, *, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A server that runs as long as the block: asked to end then (SIGTERM), killed when it does not.

    Should this process be killed, the kernel ends the server.
    """
    with log.open("wb") as output:
        process = _start([*ENDS_WITH_US, *command], os.environ, output)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(STOP_LIMIT_S)
            finally:
                _kill_group(process)


def wait_until(is_so: Callable[[], bool], *, limit_s: float, what: str) -> None:
    """Raises TimeoutError when it is not so in time."""
    deadline = time.monotonic() + limit_s
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} took more than {limit_s:.0f} s.")
        time.sleep(POLL_S)


def _start(command: Command, env: Mapping[str, str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [str(word) for word in command],
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _kill_when(process: "subprocess.Popen[bytes]", limit_s: float, until: Callable[[], bool] | None) -> None:
    deadline = time.monotonic() + limit_s
    pause_s = POLL_S if until else POLL_S * 10
    while process.returncode is None:
        if time.monotonic() > deadline or (until and until()):
            _kill_group(process)
            return
        time.sleep(pause_s)


def _kill_group(process: "subprocess.Popen[bytes]") -> None:
    """The group outlives its leader while a helper runs, so this is sent after the leader's end, too."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
