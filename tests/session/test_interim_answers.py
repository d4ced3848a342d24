"""Answers that come before the answer: 103 Early Hints and its like are read past."""

import socket
import threading
from contextlib import contextmanager

import pytest
import requests

from radiant_mlhub.session import Session
from radiant_mlhub.transfer import fetch_one, plain_request_for, pool, session_carrier
from support.fetching import IMPATIENT, attempt, transfer_to

HINTS = b'HTTP/1.1 103 Early Hints\r\nETag: "not this"\r\nLink: </style.css>; rel=preload\r\n\r\n'
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"


@contextmanager
def server_of(*answers):
    """A server that gives these answers in turn, on as many connections as it takes; its address."""
    left = list(answers)

    def serve(client):
        with client:
            while left and client.recv(65536):
                client.sendall(left.pop(0))

    def accept():
        while True:
            try:
                client = listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)


def whole(body, etag='"this"'):
    head = f"HTTP/1.1 200 OK\r\nETag: {etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize("interim", [HINTS, PROCESSING, PROCESSING + HINTS + HINTS])
def test_a_hub_may_send_them(interim, monkeypatch):
    with server_of(interim + whole(b'{"a": 1}'), whole(b'{"a": 2}')) as url:
        monkeypatch.setenv("MLHUB_ROOT_URL", url)
        with Session(api_key=None) as session:
            assert [session.get_json("x"), session.get_json("y")] == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("carrier", ["libcurl", "a session of ours"])
def test_a_server_of_files_may_send_them(carrier, tmp_path, monkeypatch):
    """Whoever carries the requests where the caller brought no session."""
    if carrier == "libcurl":
        pytest.importorskip("pycurl")
    else:
        monkeypatch.setattr(pool, "carrier_for", session_carrier.SessionCarrier)

    with server_of(HINTS + whole(b"content")) as url:
        outcome = fetch_one(
            transfer_to(tmp_path / "x", f"{url}/x"), request_for=plain_request_for(), patience=IMPATIENT
        )

    assert outcome.record.validator == '"this"'
    assert (tmp_path / "x").read_bytes() == b"content"


def test_through_a_proxy_too(tmp_path, monkeypatch):
    with server_of(HINTS + whole(b'{"a": 1}')) as url:
        monkeypatch.setenv("MLHUB_ROOT_URL", "http://hub.example.org")
        monkeypatch.setenv("http_proxy", url)
        with Session(api_key=None) as session:
            assert session.get_json("x") == {"a": 1}


def test_with_a_session_that_does_not_know_them_no_file_gets_another_ones_bytes(tmp_path):
    """Its own adapters are the caller's. It takes 103 for the answer: nothing more of that connection."""
    with server_of(HINTS + whole(b"of one"), whole(b"of two")) as url, requests.Session() as session:
        one = attempt(f"{url}/1", tmp_path / "1", session=session)
        two = attempt(f"{url}/2", tmp_path / "2", session=session)

    assert one.error == (
        f"{url}/1 could not be fetched: the server says 103 first, and this session takes it for the whole "
        "answer. Without a session of your own, it can be read"
    )
    assert two.state == "fetched"
    assert [path.name for path in tmp_path.iterdir()] == ["2"]
    assert (tmp_path / "2").read_bytes() == b"of two"
