"""Every example of the README and the guides runs, in order, and prints what the page shows.

A ``python`` block runs in the page's own interpreter, a ``bash`` block in a shell whose
``export`` lines hold for what follows. A ``text`` block right after one is its output, where
``...`` stands for anything.
"""

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]

ROOT = Path(__file__).parents[2]
PAGES = ["README.md", *sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs/guides").glob("*.md"))]
WRITTEN_ORIGIN = "http://127.0.0.1:8017"

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (\w+)=(\S+)$", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES)
def test_a_pages_examples_run_and_print_what_it_shows(page, hub, tmp_path, monkeypatch):
    text = (ROOT / page).read_text(encoding="utf-8").replace(WRITTEN_ORIGIN, hub.origin)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", hub.key)
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
            printed = run_shell(code)


def test_the_pages_have_examples():
    """A fence that is not recognised would be an example that nobody runs."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")

        assert {language for language, _ in _BLOCK.findall(text)} <= {"python", "bash", "text"}
        assert len(_BLOCK.findall(text)) * 2 == len(re.findall("^```", text, re.MULTILINE))
        assert "```python" in text


def run_python(code: str, namespace: dict[str, object]) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "example", "exec"), namespace)
    return printed.getvalue()


def run_shell(code: str) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-euc", code],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
