"""Whoever sends or takes too slowly is let go, and costs the others nothing."""

import socket
import threading
import time
from dataclasses import replace

import pytest
import requests

from radiant_mlhub.hub.serving.limits import Limits
from support.served import connected, everything, get, served, status

QUICK = Limits(headers_s=0.2, body_s=0.3, stall_s=0.3, idle_s=1, linger_s=0.2, check_every_s=0.05)


@pytest.fixture(scope="module")
def quick(shelf):
    """A server whose deadlines are fractions of a second."""
    with served(shelf, limits=QUICK) as origin:
        yield origin


def test_the_deadlines_are_those_that_are_promised():
    assert (Limits().headers_s, Limits().body_s, Limits().stall_s) == (10, 60, 60)


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /open HT", b"GET /open HTTP/1.1\r\nHost: hub\r\nX: ", get("/open", close=False)[:-2]],
)
def test_a_head_that_does_not_come_ends_the_connection(quick, sent):
    with connected(quick) as connection:
        connection.sendall(sent)
        started_s = time.monotonic()
        answer = everything(connection)

    assert status(answer) == 408
    assert time.monotonic() - started_s < 2


def test_a_byte_now_and_then_does_not_lengthen_the_deadline(quick):
    with connected(quick) as connection:
        started_s = time.monotonic()
        connection.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() - started_s < 5:
            try:
                connection.sendall(b"G" if time.monotonic() == started_s else b"X")
                answer = connection.recv(4096)
            except TimeoutError:
                continue

    assert status(answer) in (400, 408)
    assert time.monotonic() - started_s < 2


@pytest.mark.parametrize("first", [b"", get("/open", close=False)])
def test_blank_lines_before_a_request_do_not_keep_the_connection(quick, first):
    """They are skipped, as RFC 9112 has it, and are no request."""
    with connected(quick) as connection:
        connection.sendall(first)
        started_s = time.monotonic()
        connection.settimeout(0.05)
        answer = b""
        while b" 408 " not in answer and time.monotonic() - started_s < 5:
            try:
                connection.sendall(b"\r\n")
                answer += connection.recv(4096)
            except TimeoutError:
                continue

    assert time.monotonic() - started_s < 2


def test_a_body_that_does_not_come_ends_the_connection(quick):
    with connected(quick) as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: hub\r\nContent-Length: 10\r\n\r\nhello")
        answer = everything(connection)

    assert status(answer) == 408


def test_a_second_request_has_its_own_deadline(quick):
    with connected(quick) as connection:
        for _ in range(3):
            connection.sendall(get("/open", close=False))
            answer = b""
            while not answer.endswith(b"open"):
                answer += connection.recv(4096)
            time.sleep(0.1)
        connection.sendall(b"GET ")
        answer = everything(connection)

    assert status(answer) == 408


def test_a_connection_on_which_nothing_is_asked_is_closed(shelf):
    with served(shelf, limits=replace(QUICK, idle_s=0)) as origin, connected(origin) as connection:
        connection.sendall(get("/open", close=False))

        assert everything(connection).endswith(b"open")


@pytest.mark.parametrize("what", ["file", "bytes"])
def test_a_client_that_takes_nothing_is_cut_off(shelf, what):
    """What it was being sent is let go: an open file, or bytes that waited in memory."""
    row = shelf.add(f"large.{what}", b"x" * 20_000_000)
    shelf.publish()
    path = shelf.address(row) if what == "file" else "/many"
    with served(shelf, limits=QUICK) as origin, _small_window(origin) as connection:
        connection.sendall(get(path))
        time.sleep(1)
        taken = everything(connection)

        assert requests.get(f"{origin}/open", timeout=5).text == "open"

    assert len(taken) < 20_000_000


@pytest.mark.parametrize("what", ["file", "bytes"])
def test_a_client_that_takes_little_by_little_gets_all(shelf, what):
    """Slow is not stalled: a byte taken now and then is enough."""
    row = shelf.add(f"small.{what}", b"x" * 2_000_000)
    shelf.publish()
    path = shelf.address(row) if what == "file" else "/many"
    with served(shelf, limits=QUICK) as origin, _small_window(origin) as connection:
        connection.sendall(get(path))
        answer = b""
        while piece := connection.recv(100_000):
            answer += piece
            time.sleep(0.03)

    assert len(answer.partition(b"\r\n\r\n")[2]) == 2_000_000


def _small_window(origin: str) -> socket.socket:
    host, port = origin.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
    connection.settimeout(10)
    connection.connect((host, int(port)))
    return connection


def test_a_thousand_trickling_connections_cost_an_honest_client_little(shelf):
    """Its slowest answers take no more than twice their time without them.

    A few milliseconds are granted: on two cores the trickling itself takes time from both.
    """
    row = shelf.add("a.tif", b"x" * 10_000)
    shelf.publish()
    with served(shelf, limits=replace(QUICK, headers_s=60, connections=2000)) as origin:
        alone_s = _p99_s(origin + shelf.address(row))
        trickling = [connected(origin) for _ in range(1000)]
        stopped = threading.Event()
        feeder = threading.Thread(target=_trickle, args=(trickling, stopped))
        feeder.start()
        beside_s = _p99_s(origin + shelf.address(row))
        stopped.set()
        feeder.join()
        for connection in trickling:
            connection.close()

    assert beside_s < 2 * alone_s + 0.02


def _p99_s(url: str) -> float:
    with requests.Session() as session:
        return sorted(_timed(session, url) for _ in range(300))[-3]


def _timed(session: requests.Session, url: str) -> float:
    started_s = time.perf_counter()
    assert session.get(url, timeout=10).ok
    return time.perf_counter() - started_s


def _trickle(connections: list[socket.socket], stopped: threading.Event) -> None:
    for connection in connections:
        connection.sendall(b"GET /open HTTP/1.1\r\nX: ")
    while not stopped.wait(0.01):
        for connection in connections[::50]:
            connection.sendall(b"x")
        connections.append(connections.pop(0))
