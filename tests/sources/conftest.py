import pytest

from support import azurite, moto_server
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


@pytest.fixture(scope="session")
def s3(tmp_path_factory):
    """S3, as moto serves it."""
    with moto_server.running(tmp_path_factory.mktemp("moto")) as running:
        yield running


@pytest.fixture(scope="session")
def azure(tmp_path_factory):
    """Azure's blob storage, as azurite serves it."""
    with azurite.running(tmp_path_factory.mktemp("azurite")) as running:
        yield running
