"""The command in a terminal: what a person sees, and what they do not."""

import os
import select
import subprocess
import sys
import time

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")

# Whoever leads a session and opens a terminal has it as its own: Ctrl-C and getpass then find it.
CODE = (
    "import os; os.close(os.open(os.ttyname(0), os.O_RDWR))\n"
    "from radiant_mlhub.cli import mlhub; mlhub(['configure'], prog_name='mlhub')"
)
LIMIT_S = 20


class Terminal:
    """``mlhub configure`` with a pseudo-terminal on all three streams."""

    def __enter__(self):
        self.screen, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", CODE], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.seen = ""
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.screen)

    def wait_for(self, text):
        deadline_s = time.monotonic() + LIMIT_S
        while text not in self.seen:
            ready, _, _ = select.select([self.screen], [], [], 0.1)
            assert time.monotonic() < deadline_s, f"{text!r} did not come: {self.seen!r}"
            if ready:
                self.seen += os.read(self.screen, 4096).decode()

    def type(self, text):
        os.write(self.screen, text.encode())

    def exit_code(self):
        return self.process.wait(LIMIT_S)


def test_the_key_is_not_seen_while_it_is_typed(profiles):
    with Terminal() as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("typed-key\n")
        terminal.wait_for(f"Wrote profile to {profiles}")
        assert terminal.exit_code() == 0

    assert "typed-key" not in terminal.seen
    assert profiles.read_text() == "[default]\napi_key = typed-key\n"


def test_overwriting_is_asked_about(profiles):
    profiles.write_text("[default]\napi_key = 0123456789abcdef0123456789123456\n")

    with Terminal() as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("typed-key\n")
        terminal.wait_for("Overwrite existing API Key (****3456) [y/N]: ")
        terminal.type("n\n")
        terminal.wait_for("Aborted!")
        assert terminal.exit_code() == 1

    assert profiles.read_text() == "[default]\napi_key = 0123456789abcdef0123456789123456\n"


def test_ctrl_c_at_the_prompt(profiles):
    with Terminal() as terminal:
        terminal.wait_for("API Key: ")
        terminal.type("half a ke\x03")
        terminal.wait_for("Interrupted.")
        assert terminal.exit_code() == 130

    assert not profiles.exists()
