"""A store in a folder of the test's own."""

from collections.abc import Iterator

import pytest

from radiant_mlhub.hub.sqlite_store import SqliteStore, open_store


@pytest.fixture
def store(tmp_path) -> Iterator[SqliteStore]:
    store = open_store(tmp_path / "hub")
    yield store
    store.close()


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory) -> Iterator[SqliteStore]:
    """One store for many examples."""
    store = open_store(tmp_path_factory.mktemp("hub"))
    yield store
    store.close()
