"""The suite talks to loopback only, and to no configuration of the person who runs it."""

import ipaddress
import os
import signal
import socket
from typing import Any

import pytest

try:
    import pycurl
except ImportError:  # the original client knows nothing of it
    pycurl = None

# A shell without job control ignores Ctrl-C in what it starts in the background, and so would all
# programs that are told here to end by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


class _Handed:
    """A socket for libcurl, which takes a copy of its number and leaves this one behind."""

    def __init__(self, opened: socket.socket) -> None:
        self._opened = opened

    def fileno(self) -> int:
        return self._opened.fileno()

    def __del__(self) -> None:
        self._opened.close()


def _socket_to_loopback_only(_purpose: int, wanted: Any) -> Any:
    if not _is_loopback(wanted.addr):
        return pycurl.SOCKET_BAD
    return _Handed(socket.socket(wanted.family, wanted.socktype, wanted.protocol))


if pycurl is not None:

    class _LoopbackCurl(pycurl.Curl):
        """libcurl opens its sockets by itself; here it asks for them."""

        def __init__(self) -> None:
            super().__init__()
            self.setopt(pycurl.OPENSOCKETFUNCTION, _socket_to_loopback_only)

        def reset(self) -> None:
            super().reset()
            self.setopt(pycurl.OPENSOCKETFUNCTION, _socket_to_loopback_only)

    pycurl.Curl = _LoopbackCurl


@pytest.fixture(autouse=True)
def no_configuration_of_the_person_who_runs_it(monkeypatch, tmp_path_factory):
    """No key, profile, hub, cloud or proxy of the outside reaches a test."""
    for name in ("MLHUB_API_KEY", "MLHUB_PROFILE", "MLHUB_ROOT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in list(os.environ):
        if name.startswith(("AWS_", "AZURE_", "GOOGLE_", "PC_SDK_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path_factory.mktemp("mlhub_home")))
