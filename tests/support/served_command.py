"""``mlhub serve`` as a process of its own, over the demo's datasets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from radiant_mlhub.hub.demo.hub import publish_demo
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.serving.keys import make_key
from radiant_mlhub.hub.sqlite_store import open_store

CODE = "from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"


class Serving(NamedTuple):
    """A hub that runs.

    Attributes:
        root_url: As the command printed it.
        port: Of the process itself.
    """

    root_url: str
    port: int
    process: subprocess.Popen[str]


def demo_folder(folder: Path) -> str:
    """Publish the demo's datasets into a hub's folder; a key for it."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(open_store(folder)) as store:
        publish_demo(HubFolder(folder), store)
        return make_key(store, "tests")[1]


@contextmanager
def serve(folder: Path, *options: str, log: Path) -> Iterator[Serving]:
    """``mlhub serve`` over ``folder``; its words go to ``log``."""
    command = [sys.executable, "-u", "-c", CODE, "serve", "--hub", str(folder), "--port", "0", *options]
    with (
        log.open("w") as words,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=words, text=True) as process,
    ):
        try:
            root_url = process.stdout.readline().removeprefix("export MLHUB_ROOT_URL=").strip()
            yield Serving(root_url, _port_of(process.pid), process)
        finally:
            process.terminate()
            process.communicate(timeout=15)


def _port_of(pid: int) -> int:
    """The port that the process listens on, by the kernel's table (Linux)."""
    mine = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in mine:
            return int(fields[1].rpartition(":")[2], 16)
    raise LookupError(f"process {pid} listens on no port")
