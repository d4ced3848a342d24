"""The command line, called in this process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub


@pytest.fixture
def run():
    """Run ``mlhub`` with these words; ``input`` is what a pipe brings."""

    def call(*words, **options):
        return CliRunner().invoke(mlhub, list(words), prog_name="mlhub", **options)

    return call


@pytest.fixture
def run_process():
    """Run ``mlhub`` as a process of its own, ``stdin`` from a pipe."""

    def call(*words, stdin=""):
        code = "from radiant_mlhub.cli import mlhub; mlhub(prog_name='mlhub')"
        return subprocess.run(
            [sys.executable, "-c", code, *words],
            input=stdin,
            text=True,
            capture_output=True,
            timeout=30,
            check=False,
        )

    return call


@pytest.fixture
def profiles():
    """The profiles file of this test; nothing is there yet."""
    return Path(os.environ["MLHUB_HOME"]) / "profiles"
