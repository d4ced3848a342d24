"""A hub on loopback, configured with a key."""

import pytest

from support.scripted_hub import ScriptedHub


@pytest.fixture
def hub(monkeypatch):
    """A hub with nothing in it yet, which ``MLHUB_ROOT_URL`` names."""
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub
