"""What a person sees who types the commands one after the other, in a terminal of some width."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyte

from radiant_mlhub.hub.demo import DemoHub
from screens.commands import ANSWERS, SCREENS
from screens.folder import fill

_LINES = 400
# Written instead of what differs from run to run; of the same length, since lines are cut and wrapped by it.
_HOME = "/home/amina/work---"
_ORIGIN = "http://127.0.0.1:48017"
_KEY_ID = re.compile(r"revoke ([0-9a-f]{8})")
_NOW = r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)(?=  | is|\r)"
_VOLATILE = (
    (re.compile(r"\b\d+\.\d s\b"), "0.2 s"),
    (re.compile(r"\b\d+ ms\b"), "12 ms"),
    (re.compile(_NOW), r"2026-11-27T09:30:00\1"),
    (re.compile(r"(?<=revoke )[0-9a-f]{8}|(?<=The key )[0-9a-f]{8}|(?<=\n)[0-9a-f]{8}(?=  )"), "3f0c2d1b"),
    (re.compile(r"mlhub_[\w-]{43}"), "mlhub_" + "A1b2C3d4E5f6" * 3 + "G7h8I9j"),
    (re.compile(r"\b[\d.]+ [MGT]B free\b"), "80.0 GB free"),
    # The catalog's archive is among it, whose times compress to a few bytes more or less.
    (re.compile(r"\b\d+\.\d kB read"), "154.1 kB read"),
    (re.compile(r"(?<=files/)20\d{6}T\d{6}-[0-9a-f]{8}"), "20261127T093000-3f0c2d1b"),
)


@dataclass(frozen=True)
class Screen:
    """One command on one screen.

    Attributes:
        words: What was typed after ``mlhub``.
        written: Everything that was written, escape sequences too.
        shown: What is seen then, volatile parts replaced.
        code: The exit code.
    """

    words: str
    written: str
    shown: str
    code: int


class Recorder:
    """A process that runs commands in terminals, and a hub for them to ask."""

    def __init__(self, hub: DemoHub, server: subprocess.Popen[str]) -> None:
        self._hub = hub
        self._server = server

    def record(
        self, columns: int, *, colour: bool = True, without: tuple[str, ...] = ()
    ) -> dict[str, list[Screen]]:
        """The screens of each command but those of ``without``, in a new folder."""
        folder = Path(tempfile.mkdtemp(prefix="mlhub-", dir="/tmp"))
        try:
            fill(folder, self._hub)
            key_id = ""
            recorded = {}
            for name, commands in SCREENS.items():
                if name in without:
                    continue
                recorded[name] = []
                for words in commands:
                    screen = self._screen(words.replace("KEY_ID", key_id), words, columns, folder, colour)
                    key_id = next(iter(_KEY_ID.findall(screen.written)), key_id)
                    recorded[name].append(screen)
            return recorded
        finally:
            shutil.rmtree(folder)

    def _screen(self, typed: str, words: str, columns: int, folder: Path, colour: bool) -> Screen:
        answer = self._ask(
            words=shlex.split(typed),
            columns=columns,
            folder=str(folder),
            environment=self._environment(folder, words, colour=colour),
            answers=ANSWERS.get(words, []),
        )
        # Replaced before lines are wrapped: what is wrapped cannot be found any more.
        shown = _emulated(self._plain(answer["written"], folder), columns)
        return Screen(words.replace("KEY_ID", "3f0c2d1b"), answer["written"], shown, answer["code"])

    def _ask(self, **wanted: object) -> dict:
        self._server.stdin.write(json.dumps(wanted) + "\n")
        self._server.stdin.flush()
        return json.loads(self._server.stdout.readline())

    def _environment(self, folder: Path, words: str, *, colour: bool) -> dict[str, str]:
        environment = {
            "HOME": str(folder),
            "MLHUB_HOME": str(folder / ".mlhub"),
            "MLHUB_HUB": str(folder / "hub"),
            "TERM": "xterm-256color",
            "PATH": os.environ["PATH"],
            "TZ": "UTC",
        }
        if not colour:
            environment["NO_COLOR"] = "1"
        if not words.startswith(("configure", "profiles")):
            environment |= {"MLHUB_ROOT_URL": self._hub.root_url, "MLHUB_API_KEY": self._hub.key}
        return environment

    def _plain(self, text: str, folder: Path) -> str:
        text = text.replace(str(folder), _HOME[: len(str(folder))]).replace(self._hub.origin, _ORIGIN)
        text = re.sub(r"127\.0\.0\.1:\d{5}", "127.0.0.1:48017", text)
        for pattern, instead in _VOLATILE:
            text = pattern.sub(instead, text)
        return text


@contextmanager
def recorder(hub: DemoHub) -> Iterator[Recorder]:
    """A recorder for as long as the ``with`` lasts."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-m", "screens.terminal_server"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as server:
        try:
            yield Recorder(hub, server)
        finally:
            server.stdin.close()
            server.wait(10)


def _emulated(written: str, columns: int) -> str:
    """The screen once everything was written, as a terminal shows it."""
    screen = pyte.Screen(columns, _LINES)
    pyte.Stream(screen).feed(written)
    return "\n".join(line.rstrip() for line in screen.display).rstrip("\n")
