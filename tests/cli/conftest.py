"""The command line, called in this process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub
from support.scripted_hub import ScriptedHub


@pytest.fixture
def run():
    """Run ``mlhub`` with these words; ``input`` is what a pipe brings."""

    def call(*words, **options):
        return CliRunner().invoke(mlhub, list(words), prog_name="mlhub", **options)

    return call


@pytest.fixture
def run_process():
    """Run ``mlhub`` as a process of its own, ``stdin`` from a pipe."""

    def call(*words, stdin="", env=None, before=""):
        code = before + "\nfrom radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            input=stdin,
            env=env,
            text=True,
            capture_output=True,
            timeout=30,
            check=False,
        )

    return call


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub with nothing in it yet, configured with a key, and this test in an empty folder."""
    with ScriptedHub() as hub:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub


@pytest.fixture
def profiles():
    """The profiles file of this test; nothing is there yet."""
    return Path(os.environ["MLHUB_HOME"]) / "profiles"
