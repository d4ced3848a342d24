"""Under a server that takes no descriptors, the same files come in pieces."""

import os
import threading
import time

import pytest
import requests
import uvicorn
from starlette.applications import Starlette

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.serving.files import file_routes
from radiant_mlhub.hub.serving.middleware import wrapped
from radiant_mlhub.hub.serving.server import listener
from radiant_mlhub.hub.settings import HubSettings

CONTENT = os.urandom(3_000_000)


@pytest.fixture(scope="module")
def origin(shelf):
    """uvicorn as it is, with the hub's files behind it."""
    settings = HubSettings()
    routes = file_routes(shelf.store, HubFolder(shelf.path), settings)
    app = wrapped(Starlette(routes=routes), settings, store=shelf.store)
    server = uvicorn.Server(uvicorn.Config(app, http="httptools", log_config=None, lifespan="off", ws="none"))
    opened = listener()
    thread = threading.Thread(target=server.run, args=([opened],))
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"http://127.0.0.1:{opened.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.mark.parametrize(
    ("asked_for", "parts"),
    [
        (None, [(0, 3_000_000)]),
        ("bytes=1000-2999999", [(1000, 3_000_000)]),
        ("bytes=0-99,2000000-2999998", [(0, 100), (2_000_000, 2_999_999)]),
    ],
)
def test_the_same_bytes_come(origin, shelf, asked_for, parts):
    row = shelf.add("large.bin", CONTENT)
    shelf.publish()

    answer = requests.get(origin + shelf.address(row), headers={"Range": asked_for}, timeout=10)

    assert answer.status_code == (206 if asked_for else 200)
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    rest = answer.content
    for start, end in parts:
        _, found, rest = rest.partition(CONTENT[start:end])
        assert found


def test_a_file_cut_while_it_is_sent_is_seen_by_the_client(origin, shelf):
    row = shelf.add("cut.bin", CONTENT * 10)
    shelf.publish()

    with requests.get(origin + shelf.address(row), stream=True, timeout=10) as answer:
        os.truncate(shelf.file(row), 1000)
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            answer.content  # noqa: B018 - reading it is the act
