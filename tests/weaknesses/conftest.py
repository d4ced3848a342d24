"""Weaknesses of the original client, one test a line: red under 0.5.5, green here.

These tests know documented names only, so the same files run in the environment of the
original client (``make test-original``) and in ours.
"""

import os
import sys
from importlib import metadata

import pytest

from support.scripted_hub import ScriptedHub

KEY = "the-key-of-the-tests-0123456789"
IS_ORIGINAL = metadata.version("radiant-mlhub") == "0.5.5"
EXIT_STATUS = pytest.StashKey[int]()


def pytest_configure(config):
    config.addinivalue_line("markers", "weakness(*numbers): the lines of the table that a test is about")
    config.addinivalue_line("markers", "not_under_the_original(reason): why a test cannot run there")


def pytest_collection_modifyitems(items):
    for item in items:
        lines = item.get_closest_marker("weakness")
        if lines is None:
            continue
        item.user_properties += [("weakness", str(number)) for number in lines.args]
        absent = item.get_closest_marker("not_under_the_original")
        if absent and IS_ORIGINAL:
            item.add_marker(pytest.mark.skip(reason=absent.args[0]))


@pytest.fixture
def hub(monkeypatch):
    """A hub that is configured, with a key."""
    with ScriptedHub() as running:
        monkeypatch.setenv("MLHUB_ROOT_URL", running.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", KEY)
        yield running


@pytest.fixture
def hub_without_key(hub, monkeypatch):
    """A hub that is configured, without any key."""
    monkeypatch.delenv("MLHUB_API_KEY")
    return hub


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    session.config.stash[EXIT_STATUS] = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    """Under the original, threads that retry for minutes would hold the interpreter back."""
    if IS_ORIGINAL and EXIT_STATUS in config.stash:
        sys.stdout.flush()
        os._exit(config.stash[EXIT_STATUS])
