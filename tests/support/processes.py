"""Servers of others, each a process of its own at a free port of loopback, while a ``with`` lasts."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import requests

LONGEST_START_S = 60


def free_port() -> int:
    """A port nobody listens at right now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


@contextlib.contextmanager
def process(command: Sequence[str], url: str, folder: Path, **environment: str) -> Iterator[None]:
    """Run ``command`` until the ``with`` ends; it begins once something answers at ``url``."""
    log = folder / "log.txt"
    with log.open("w") as told:
        started = subprocess.Popen(
            command, cwd=folder, stdout=told, stderr=told, env={**os.environ, **environment}
        )
    try:
        _wait_for(url, started, log)
        yield
    finally:
        started.terminate()
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


def _wait_for(url: str, started: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_S
    while time.monotonic() < deadline:
        if started.poll() is not None:
            break
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=5)
            return
        time.sleep(0.1)
    raise RuntimeError(f"{started.args} does not answer at {url}:\n{log.read_text()[-2000:]}")


def opened(pid: int) -> set[str]:
    """The files that a process has open; Linux tells."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # it was closed a moment ago
            found.add(str(link.readlink()))
    return found
