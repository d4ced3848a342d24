"""Terminals for what a program shows to people."""

import io
import os
import struct
import subprocess
import sys
import time
from pathlib import Path


class Terminal(io.StringIO):
    """Keeps what is written to it, and says that somebody is looking."""

    encoding = "utf-8"

    def isatty(self):
        return True


def screen_of(script, columns, *, environment=None, seconds=30):
    """What the Python program ``script`` writes to a terminal of so many columns, redrawn lines and all."""
    import fcntl  # not on Windows
    import pty
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=its,
        stdout=its,
        stderr=its,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **(environment or {})},
        close_fds=True,
    )
    os.close(its)
    written = b""
    deadline = time.monotonic() + seconds
    try:
        while piece := _read(ours):
            written += piece
            if time.monotonic() > deadline:
                process.kill()
    finally:
        os.close(ours)
        process.wait()
    return written.decode()


def _read(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: the other end is closed
        return b""
