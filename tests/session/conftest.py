"""A hub on loopback that MLHUB_ROOT_URL points at, and a key of the usual length."""

import pytest

from radiant_mlhub import retry_config
from radiant_mlhub.session import get_session
from support.small_hub import SmallHub

KEY = "0123456789abcdef0123456789abWXYZ"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Waits between tries are of no interest but where they are measured."""
    monkeypatch.setattr(retry_config, "FIRST_WAIT_S", 0.002)


@pytest.fixture
def hub(monkeypatch):
    with SmallHub() as server:
        monkeypatch.setenv("MLHUB_ROOT_URL", server.root_url)
        yield server


@pytest.fixture
def elsewhere():
    """Another origin: the same host, another port."""
    with SmallHub() as server:
        yield server


@pytest.fixture
def key():
    return KEY


@pytest.fixture
def session(hub, key):
    with get_session(api_key=key) as session:
        yield session
