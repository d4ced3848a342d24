"""Fixtures for tests that stand before the recorded hub."""

import pytest

from support import recorded_hub
from support.recorded_hub import RecordedHub

needs_recordings = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)


@pytest.fixture
def hub(monkeypatch):
    """The recorded hub, which ``MLHUB_ROOT_URL`` names; no key is configured."""
    with RecordedHub() as running:
        monkeypatch.setenv("MLHUB_ROOT_URL", running.root_url)
        yield running


@pytest.fixture
def no_sockets(monkeypatch):
    """Whoever asks for a socket or a name fails the test."""

    def refuse(*_, **__):
        raise AssertionError("the network was touched")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
