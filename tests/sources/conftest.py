import pytest

from support.fault_server import FaultServer
from support.scripted_hub import ScriptedHub


@pytest.fixture
def web():
    """A server of files, on loopback."""
    with FaultServer() as server:
        yield server


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub with nothing in it yet that no variable names, and this test in an empty folder."""
    with ScriptedHub() as hub:
        monkeypatch.chdir(tmp_path)
        yield hub
