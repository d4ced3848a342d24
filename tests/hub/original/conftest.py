"""A hub that ``mlhub serve`` serves, and a script of 2022 that uses it."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.served_command import demo_folder, serve

ROOT = Path(__file__).parents[3]
ORIGINAL_PYTHON = ROOT / ".venv-original/bin/python"
SCRIPT = Path(__file__).with_name("script_of_2022.py")


@pytest.fixture(scope="session")
def hub_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="session")
def key(hub_folder):
    """Of the hub in ``hub_folder``, whose datasets are there then."""
    return demo_folder(hub_folder)


@pytest.fixture(scope="module")
def hub(hub_folder, key, tmp_path_factory):
    with serve(hub_folder, log=tmp_path_factory.mktemp("log") / "log") as serving:
        yield serving


@pytest.fixture(scope="session")
def run_script():
    """Run the script under an interpreter; what it found."""

    def run(python, root_url, key, output, **environment):
        output.mkdir()
        done = subprocess.run(
            [python, SCRIPT, output],
            env={**os.environ, "MLHUB_ROOT_URL": root_url, "MLHUB_API_KEY": key, **environment},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def original():
    """The interpreter of client 0.5.5."""
    if not ORIGINAL_PYTHON.is_file():
        pytest.skip("client 0.5.5 is not installed; `make test-original` installs it")
    return ORIGINAL_PYTHON
