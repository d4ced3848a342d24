"""Runs ``mlhub`` in pseudo-terminals, each in a fork of a process that has loaded everything once.

A process of its own, without threads, so that forking is safe. Reads a JSON object a line on stdin,
answers with one a line on stdout: ``{"words", "columns", "folder", "environment", "answers"}`` to
``{"written", "code"}``. An answer is what is waited for on the screen, what is typed then, and, where
it takes longer, after how many seconds.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from importlib import import_module

import radiant_mlhub.cli
from radiant_mlhub.cli.commands import COMMANDS

LINES = 60
LIMIT_S = 60


def main() -> None:
    """Serve until stdin ends."""
    for listed in COMMANDS.values():
        import_module(listed.module, "radiant_mlhub.cli")
    for late in ("app", "demo", "making", "publishing", "publishing.checking", "serving.server"):
        import_module(f"radiant_mlhub.hub.{late}")
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), flush=True)


def run(
    words: list[str], columns: int, folder: str, environment: dict[str, str], answers: list[list[str]]
) -> dict:
    """Everything one command writes to its terminal, and its exit code."""
    pid, screen = pty.fork()
    if pid == 0:
        call(words, columns, folder, environment)
    try:
        written = read(screen, answers)
    finally:
        os.close(screen)
    _, status = os.waitpid(pid, 0)
    return {"written": written, "code": os.waitstatus_to_exitcode(status)}


def call(words: list[str], columns: int, folder: str, environment: dict[str, str]) -> None:
    """The command, in the forked process."""
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    code = 70
    with contextlib.suppress(BaseException):
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            radiant_mlhub.cli.mlhub(words, prog_name="mlhub")
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
    os._exit(code)


def read(screen: int, answers: list[list]) -> str:
    """What is written until the other end is closed; answers are typed when they are due."""
    written = b""
    deadline_s = time.monotonic() + LIMIT_S
    due = list(answers)
    while time.monotonic() < deadline_s:
        if due and due[0][0].encode() in written:
            _, typed, *pause_s = due.pop(0)
            time.sleep(pause_s[0] if pause_s else 0)
            os.write(screen, typed.encode())
        if not select.select([screen], [], [], 0.05)[0]:
            continue
        try:
            written += os.read(screen, 65536)
        except OSError:  # the other end is closed
            return written.decode()
    raise TimeoutError(f"it did not end: {written!r}")


if __name__ == "__main__":
    main()
