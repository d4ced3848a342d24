import shutil
import subprocess

import pytest
import requests

from support import fetching
from support.fault_server import FaultServer


@pytest.fixture
def server():
    with FaultServer() as server:
        yield server


@pytest.fixture(params=["libcurl", "a session"])
def each_carrier(request, monkeypatch):
    """The rules hold whoever carries the requests."""
    if request.param == "libcurl":
        pytest.importorskip("pycurl")
        yield
        return
    with requests.Session() as session:
        monkeypatch.setattr(fetching, "carried_by", session)
        yield


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for localhost that nobody but this test trusts."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificate")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    return folder
