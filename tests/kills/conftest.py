import sys

import pytest

from support.downloads_apart import Interpreter
from support.scripted_hub import ScriptedHub

if sys.platform == "win32":
    collect_ignore_glob = ["test_*.py"]  # no fork there, and no signals that kill a group


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory):
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLHUB_HOME", str(tmp_path_factory.mktemp("mlhub_home")))
        with Interpreter() as interpreter:
            yield interpreter


@pytest.fixture
def hub():
    with ScriptedHub() as hub:
        yield hub
