"""Too much at once, too much in one request, and a server that is asked to stop."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from radiant_mlhub.hub import asker
from radiant_mlhub.hub.queries import BadQuery, ItemQuery
from radiant_mlhub.hub.serving.limits import Limits
from support.served import connected, everything, exchange, get, left, memory_mib, served, status
from support.stored import item, publication

MIB = 1 << 20


def test_a_body_of_one_mib_is_read(origin):
    assert requests.post(f"{origin}/echo", b"x" * MIB, timeout=10).text == str(MIB)


@pytest.mark.parametrize("path", ["/echo", "/open"])
def test_a_larger_body_is_refused_before_it_is_sent(origin, path):
    head = f"POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Length: {MIB + 1}\r\n\r\n"

    with connected(origin) as connection:
        connection.sendall(head.encode())

        assert status(connection.recv(1000)) == 413


def _pieces(count):
    for _ in range(count):
        yield b"x" * MIB


def test_a_hundred_megabytes_without_a_length_are_refused_and_not_kept(origin):
    before_mib = memory_mib()

    answer = requests.post(f"{origin}/echo", _pieces(100), timeout=30)

    assert answer.status_code == 413
    assert memory_mib() - before_mib < 30


def test_a_hundred_megabytes_with_a_length_are_refused_and_not_kept(origin):
    body = b"x" * (100 * MIB)
    before_mib = memory_mib()

    answer = requests.post(f"{origin}/echo", body, timeout=30)

    assert answer.status_code == 413
    assert answer.json() == {"detail": "The body is larger than 1048576 bytes."}
    assert memory_mib() - before_mib < 30


def test_too_many_requests_at_once_are_told_to_come_back(shelf):
    with served(shelf, most_at_once=4) as origin, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: requests.get(f"{origin}/slow", timeout=10), range(12)))

        assert requests.get(f"{origin}/open", timeout=10).ok

    statuses = [answer.status_code for answer in answers]
    assert statuses.count(200) >= 4
    assert statuses.count(503) >= 1
    assert set(statuses) == {200, 503}
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.headers["Retry-After"] == "2"
    assert "busy" in refused.json()["detail"]


def test_files_on_their_way_to_slow_clients_keep_nobody_out(shelf):
    """They take no memory, and of connections there may be many more than requests in the making."""
    row = shelf.add("large.bin", bytes(MIB) * 16)
    shelf.publish()
    with served(shelf, most_at_once=4) as origin:
        slow = [connected(origin) for _ in range(8)]
        begun = []
        for connection in slow:
            connection.sendall(get(shelf.address(row)))
            begun.append(connection.recv(12))
        answer = requests.get(f"{origin}/open", timeout=10)
        for connection in slow:
            connection.close()

    assert begun == [b"HTTP/1.1 200"] * 8
    assert answer.status_code == 200


def test_too_many_connections_are_told_to_come_back(shelf):
    with served(shelf, limits=replace(Limits(), connections=3)) as origin:
        kept = [connected(origin) for _ in range(3)]
        refused = exchange(origin, b"")
        for connection in kept:
            connection.close()

        assert status(refused) == 503
        assert b"retry-after: 2\r\n" in refused
        assert requests.get(f"{origin}/open", timeout=10).ok


def test_a_thousand_downloads_at_once_take_little_memory(shelf):
    """Files go from the page cache to the socket; 1,000 slow clients are 1,000 descriptors."""
    row = shelf.add("large.bin", os.urandom(MIB) * 64)
    shelf.publish()
    with served(shelf, limits=replace(Limits(), connections=2000)) as origin:
        before_mib = memory_mib()
        slow = [connected(origin) for _ in range(1000)]
        for connection in slow:
            connection.sendall(get(shelf.address(row)))
        begun = [connection.recv(1) for connection in slow]
        used_mib = memory_mib() - before_mib
        for connection in slow:
            connection.close()

    assert begun == [b"H"] * 1000
    assert used_mib < 100


def test_what_is_being_answered_when_the_server_stops_is_answered(shelf):
    row = shelf.add("whole.bin", os.urandom(MIB) * 8)
    shelf.publish()
    answers = {}

    def keep(name, origin, path):
        begun.release()
        answers[name] = exchange(origin, get(path))

    begun = threading.Semaphore(0)
    with served(shelf, grace_s=10) as origin, connected(origin) as idle, connected(origin) as reading:
        reading.sendall(get(shelf.address(row)))
        first = reading.recv(1000)
        thread = threading.Thread(target=keep, args=("slow", origin, "/slow"))
        thread.start()
        begun.acquire()
        assert requests.get(f"{origin}/open", timeout=10).ok
        stopping = threading.Thread(target=lambda: answers.update(file=first + everything(reading)))
        stopping.start()
        idle.sendall(get("/open", close=False))
        idle.recv(1000)
        thread.join()
        stopping.join()

    assert answers["slow"].endswith(b"slow")
    assert answers["file"].endswith(shelf.file(row).read_bytes()[-1000:])


def _open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_client_that_leaves_costs_nothing_more(shelf, origin):
    row = shelf.add("left.bin", os.urandom(MIB) * 8)
    shelf.publish()
    files = _open_files()
    for _ in range(50):
        with connected(origin) as connection:
            connection.sendall(get(shelf.address(row)))
            connection.recv(1000)

    for _ in range(100):
        if _open_files() <= files:
            break
        requests.get(f"{origin}/open", timeout=10)
    assert _open_files() <= files + 2


def test_the_thread_that_answers_sees_that_nobody_listens_any_more(origin):
    """A search asks this while it searches."""
    left.clear()
    with connected(origin) as connection:
        connection.sendall(get("/waits", close=False))
        assert not left.wait(0.2)

    assert left.wait(2)


def test_a_search_for_nobody_ends(shelf):
    """Where nobody has left, it finds what there is."""
    items = [item(str(number), collection_id="many") for number in range(20_000)]
    shelf.store.publish(publication(items, dataset_id="many", collections=["many"]))
    hard = ItemQuery(filter={"op": "like", "args": [{"property": "crop"}, "%maize%"]})

    assert not shelf.store.items(hard).texts
    asker.told_by(lambda: True)
    with pytest.raises(BadQuery):
        shelf.store.items(hard)
    asker.told_by(lambda: False)
