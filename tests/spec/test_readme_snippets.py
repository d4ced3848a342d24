"""Every example of the README and the documentation runs, in order, and prints what the page shows.

A ``python`` block runs in the page's own interpreter, a ``bash`` block in a shell whose
``export`` lines hold for what follows. A ``text`` block right after one is its output, where
``...`` stands for anything. A server that a page starts in the background is waited for, and stopped
with the page.
"""

import contextlib
import doctest
import io
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from radiant_mlhub.hub.sqlite_store import open_store
from radiant_mlhub.log import logger
from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]

ROOT = Path(__file__).parents[2]
_RUNS = re.compile(r"^```(python|bash)$", re.MULTILINE)
PAGES = ["README.md"] + [
    str(path.relative_to(ROOT))
    for path in sorted((ROOT / "docs").rglob("*.md"))
    if _RUNS.search(path.read_text(encoding="utf-8"))
]
WRITTEN_ORIGIN = "http://127.0.0.1:8017"
WRITTEN_PORT = "8018"
"""Of the hub that a page starts itself."""

_GOES_ON_FROM_PUBLISHING = "docs/guides/serving.md"
"""A page for somebody who has a hub."""

_SERVES = re.compile(r"^mlhub serve .* &$", re.MULTILINE)

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^```\{.*?^```$", re.MULTILINE | re.DOTALL)
# Run by tests/hub/original/test_behind_nginx.py.
_CONFIGURATIONS = {"ini", "nginx"}
_EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_examples_run_and_print_what_it_shows(page, hub, shell, free_port, monkeypatch):
    text = (ROOT / page).read_text(encoding="utf-8").replace(WRITTEN_ORIGIN, hub.origin)
    text = text.replace(WRITTEN_PORT, str(free_port))
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", hub.key)
    if page == _GOES_ON_FROM_PUBLISHING:
        open_store(Path("hub")).close()
    namespace: dict[str, object] = {"__name__": "__main__"}
    printed = ""
    for language, code in _BLOCK.findall(text):
        if language == "text":
            assert doctest.OutputChecker().check_output(code, printed, doctest.ELLIPSIS), (code, printed)
        elif language == "python":
            printed = run_python(code, namespace)
        elif language == "bash":
            for name, value in _EXPORT.findall(code):
                monkeypatch.setenv(name, value)
            printed = shell(code)
            if _SERVES.search(code):
                wait_for_a_server(free_port)


def test_the_pages_have_examples():
    """A fence that is not recognised would be an example that nobody runs."""
    for page in PAGES:
        # Sphinx's own directives have braces, and show no example.
        text = _DIRECTIVE.sub("", (ROOT / page).read_text(encoding="utf-8"))

        assert {language for language, _ in _BLOCK.findall(text)} <= {
            "python",
            "bash",
            "text",
            *_CONFIGURATIONS,
        }
        assert len(_BLOCK.findall(text)) * 2 == len(re.findall("^```", text, re.MULTILINE))


def test_every_guide_has_examples():
    guides = {str(path.relative_to(ROOT)) for path in (ROOT / "docs/guides").glob("*.md")}

    assert guides - {"docs/guides/index.md"} <= set(PAGES)


def run_python(code: str, namespace: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "example", "exec"), namespace)
    return printed.getvalue()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def process_as_before():
    """A page may show what to do about a signal, or about the log."""
    before, level = signal.getsignal(signal.SIGTERM), logger.level
    yield
    signal.signal(signal.SIGTERM, before)
    logger.setLevel(level)


@pytest.fixture
def shell():
    """Run lines in a shell, and give what they print; what they leave running is stopped at the end."""
    groups = []

    def run_shell(code: str) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with subprocess.Popen(
            ["bash", "-euc", code],
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as started:
            printed, talk = started.communicate(timeout=60)
        if _SERVES.search(code):
            groups.append(started.pid)
        assert started.returncode == 0, talk
        return printed

    yield run_shell
    for group in groups:
        os.killpg(group, signal.SIGTERM)


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for_a_server(port: int, limit_s: float = 20) -> None:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nobody listens on port {port}")
