"""A hub's folder with files, and its server."""

import pytest

from support.served import served, shelf_in


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """For all tests of a file: each adds files under names of its own."""
    with shelf_in(tmp_path_factory.mktemp("hub")) as shelf:
        yield shelf


@pytest.fixture(scope="module")
def origin(shelf):
    """The server of a hub as it is by default; files are added while it runs."""
    with served(shelf) as origin:
        yield origin
