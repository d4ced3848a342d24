"""The interpreter behind ``publication_kills``: forks a publication for every line of its input.

Everything is imported once; each publication is a fork in a process group of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.sqlite_store import open_store


def main() -> None:
    """Fork a publication for every line of stdin, or wait for one."""
    for line in sys.stdin:
        task = json.loads(line)
        if "wait" in task:
            print(os.waitpid(task["wait"], 0)[1], flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            os.setpgid(0, 0)
            _publish(task["hub"], task["source"])
        with contextlib.suppress(OSError):  # whoever of the two is first
            os.setpgid(pid, pid)
        print(pid, flush=True)


def _publish(hub: str, source: str) -> None:
    """Publish, and end this process without tidying up."""
    status = 1
    with contextlib.suppress(BaseException):
        folder = HubFolder(Path(hub))
        store = open_store(folder.path)
        publish(folder, store, Path(source), dataset_id="crops")
        store.close()
        status = 0
    os._exit(status)


if __name__ == "__main__":
    main()
