"""Pages of thousands of items: memory stays bounded, whoever asks and however slowly he reads."""

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from support.published import PublishedHub, chip, collection_of, publish_dataset, published_hub

MOST = 8
ITEMS = 3_000


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHub]:
    """A hub whose items are so large that a page of them fits into no socket's buffers."""
    items = [
        chip(
            "wide", f"item_{n:04}", (n % 300 - 150, n % 100 - 50), "2019-01-01T00:00:00Z", note=f"{n}" * 1_500
        )
        for n in range(ITEMS)
    ]
    with published_hub(tmp_path_factory.mktemp("wide")) as hub:
        publish_dataset(hub.store, {"id": "wide", "collections": []}, [collection_of("wide", items)], items)
        yield hub


@pytest.fixture
def slow_readers(hub) -> Iterator[list[socket.socket]]:
    """As many large pages on their way as may be, each to somebody who reads nothing."""
    parts = urlsplit(hub.root_url)
    path = f"{parts.path}collections/wide/items?limit=10000&key={hub.key}"
    request = f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: identity\r\n\r\n"
    readers = [socket.create_connection((parts.hostname, parts.port), timeout=30) for _ in range(MOST)]
    for reader in readers:
        reader.sendall(request.encode())
    for reader in readers:
        assert reader.recv(15) == b"HTTP/1.1 200 OK"
    yield readers
    for reader in readers:
        reader.close()


def test_a_large_page_comes_whole(hub):
    page = hub.get("collections/wide/items", params={"limit": 10_000})

    assert len(page.json()["features"]) == ITEMS
    assert page.json()["context"] == {"limit": 10_000, "matched": ITEMS, "returned": ITEMS}


def test_one_too_many_is_told_to_come_back(hub, slow_readers):
    refused = hub.get("search", params={"limit": 10_000})
    small = hub.get("search", params={"limit": 1_000, "fields": "id"})

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    assert "1,000 items at a time" in refused.json()["detail"]
    assert small.status_code == 200


def test_a_client_that_leaves_makes_room(hub, slow_readers):
    slow_readers[0].close()

    deadline = time.monotonic() + 20
    while hub.get("search", params={"limit": 10_000, "ids": "item_0001"}).status_code == 503:
        assert time.monotonic() < deadline
        time.sleep(0.05)
