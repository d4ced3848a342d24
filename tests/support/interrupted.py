"""A process of Python that is sent a signal at a moment of its work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from support.time_limits import wait_until

AT_ONCE_S = 1.0
"""Within which Ctrl-C ends a process, as is promised."""


def interrupted(
    code: str,
    root_url: str,
    home: Path,
    until: Callable[[int], bool],
    number: int,
    *,
    before: Sequence[str] = (),
) -> tuple[int, str, float]:
    """Run ``code`` until something is so, send the signal; exit code, stderr, and seconds to the end.

    Args:
        code: What Python runs.
        root_url: Of the hub.
        home: A folder for profiles, of which there are none.
        until: Asked with the process's id.
        number: The signal.
        before: A command that becomes the process.
    """
    environment = {
        **os.environ,
        "MLHUB_ROOT_URL": root_url,
        "MLHUB_API_KEY": "a-key-of-the-tests",
        "MLHUB_HOME": str(home / "mlhub_home"),
        "PYTHONPATH": os.pathsep.join(
            [str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])]
        ),
    }
    # Where the tests run in the background of a shell, they and their children ignore Ctrl-C.
    heard = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    command = [*before, sys.executable, "-c", heard + code]
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        wait_until(lambda: process.poll() is not None or until(process.pid), seconds=30)
        began = time.monotonic()
        process.send_signal(number)
        said = process.communicate(timeout=20)[1].decode()
        return process.returncode, said, time.monotonic() - began
    finally:
        process.kill()
        process.wait()
