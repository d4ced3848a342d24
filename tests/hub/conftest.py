"""The hub under test, and a plain way to ask it."""

from collections.abc import Callable

import pytest
import requests

from support.demo import hub, hub_folder

__all__ = ["hub", "hub_folder"]

Get = Callable[..., requests.Response]


@pytest.fixture
def get(hub) -> Get:
    """Ask the API without a key; redirects are answers."""

    def get(path: str, **query: object) -> requests.Response:
        return requests.get(hub.root_url + path, params=query, allow_redirects=False, timeout=10)

    return get


@pytest.fixture
def get_with_key(hub, get) -> Get:
    """Ask the API with its key."""

    def get_with_key(path: str, **query: object) -> requests.Response:
        return get(path, key=hub.key, **query)

    return get_with_key
