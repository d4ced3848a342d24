"""``mlhub`` in a pseudo-terminal: what a person sees, and what they type."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time

# Whoever leads a session and opens a terminal has it as its own: Ctrl-C and getpass then find it.
CODE = (
    "import os, sys; os.close(os.open(os.ttyname(0), os.O_RDWR))\n"
    "from radiant_mlhub.cli import mlhub; mlhub(sys.argv[1:], prog_name='mlhub')"
)
LIMIT_S = 30


class Terminal:
    """One command with a pseudo-terminal on all three streams, until its ``with`` ends.

    Attributes:
        seen: Everything that was written so far, escape sequences too.
    """

    def __init__(self, *words: str) -> None:
        self.words = words
        self.seen = ""

    def __enter__(self) -> Terminal:
        self.screen, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE, *self.words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.screen)

    def wait_for(self, text: str) -> None:
        """Read until ``text`` has come."""
        deadline_s = time.monotonic() + LIMIT_S
        while text not in self.seen:
            assert time.monotonic() < deadline_s, f"{text!r} did not come: {self.seen!r}"
            self._read()

    def type(self, text: str) -> None:
        """Type ``text``."""
        os.write(self.screen, text.encode())

    def exit_code(self) -> int:
        """Its exit code, once everything was read."""
        deadline_s = time.monotonic() + LIMIT_S
        while self.process.poll() is None and time.monotonic() < deadline_s:
            self._read()
        self._read()
        return self.process.wait(1)

    def _read(self) -> None:
        ready, _, _ = select.select([self.screen], [], [], 0.1)
        try:
            self.seen += os.read(self.screen, 65536).decode(errors="replace") if ready else ""
        except OSError:  # the other end is closed
            time.sleep(0.01)
