"""The suite talks to loopback only, and to no configuration of the person who runs it."""

import ipaddress
import socket

import pytest

_connect = socket.socket.connect


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a unix socket
    host = str(address[0])
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _connect_to_loopback_only(self: socket.socket, address: object) -> None:
    if not _is_loopback(address):
        raise OSError(f"the test suite talks to loopback only, not to {address!r}")
    return _connect(self, address)


socket.socket.connect = _connect_to_loopback_only  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def no_configuration_of_the_person_who_runs_it(monkeypatch, tmp_path_factory):
    """No key, profile, hub or proxy of the outside reaches a test."""
    for name in ("MLHUB_API_KEY", "MLHUB_PROFILE", "MLHUB_ROOT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path_factory.mktemp("mlhub_home")))
