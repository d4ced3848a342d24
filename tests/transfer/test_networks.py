"""Proxies, certificates and logins: what requests makes of the environment, libcurl is told."""

import base64
import contextlib
import socket
import ssl
import threading
import time

import pytest

from radiant_mlhub.transfer import Patience
from support.fetching import attempt, fetch

pytestmark = pytest.mark.usefixtures("each_carrier")

CONTENT = b"what was asked for" * 1000


class Proxy:
    """Takes CONNECT and addresses in absolute form, and connects everything with one port."""

    def __init__(self, port):
        self.heads = []
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self._listener.accept()[0],), daemon=True).start()

    def _serve(self, client):
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self._port)) as there,
        ):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65536)
            self.heads.append(head.decode())
            if head.startswith(b"CONNECT"):
                client.sendall(b"HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
            else:
                there.sendall(head.replace(b"http://data.example", b"", 1))
            back = threading.Thread(target=_pump, args=(there, client), daemon=True)
            back.start()
            _pump(client, there)
            back.join(5)


def _pump(source, target):
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy(server):
    proxy = Proxy(int(server.url.rsplit(":", 1)[1]))
    yield proxy
    proxy.close()


@pytest.fixture
def secure(certificate):
    """A server that answers CONTENT over TLS; the port it listens on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                try:
                    client = listener.accept()[0]
                except OSError:
                    return
                client.settimeout(5)
                with context.wrap_socket(client, server_side=True) as secured:
                    secured.recv(65536)
                    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(CONTENT)}\r\nConnection: close\r\n\r\n"
                    secured.sendall(head.encode() + CONTENT)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()


def test_http_goes_through_the_proxy_of_the_environment(server, proxy, tmp_path, monkeypatch):
    """HTTP_PROXY in capitals too, as requests reads it; libcurl alone would not."""
    server.add("scene.tif", CONTENT)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)

    fetch("http://data.example/scene.tif", tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == CONTENT
    assert proxy.heads[0].startswith("GET http://data.example/scene.tif HTTP/1.1\r\n")


def test_a_proxy_that_is_not_there_is_named(server, tmp_path, monkeypatch):
    """The host itself may well be there."""
    monkeypatch.setenv("HTTP_PROXY", "http://name:secret@127.0.0.1:9")
    href = server.add("scene.tif").href

    outcome = attempt(href, tmp_path / "scene.tif", patience=Patience(tries=1))

    said = outcome.error.replace(" http://***@127.0.0.1:9", "")  # which only libcurl's carrier knows
    assert "the connection to the proxy failed: Connection refused" in said
    assert "secret" not in said


def test_a_host_of_no_proxy_is_asked_directly(server, proxy, tmp_path, monkeypatch):
    scene = server.add("scene.tif", CONTENT)
    monkeypatch.setenv("HTTP_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    fetch(scene.href, tmp_path / "scene.tif")

    assert proxy.heads == []


def test_the_login_in_a_proxys_address_goes_to_the_proxy_and_into_no_error(
    server, proxy, tmp_path, monkeypatch
):
    server.add("scene.tif", status=404)
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("://", "://somebody:a-long-password@"))

    outcome = attempt("http://data.example/scene.tif", tmp_path / "scene.tif")

    login = base64.b64encode(b"somebody:a-long-password").decode()
    assert f"proxy-authorization: basic {login.lower()}" in proxy.heads[0].lower()
    assert outcome.error == "http://data.example/scene.tif could not be fetched: 404 Not Found"


def test_https_goes_through_a_tunnel_and_its_head_is_not_the_answers(
    secure, certificate, tmp_path, monkeypatch
):
    proxy = Proxy(secure)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))

    fetch(f"https://localhost:{secure}/scene.tif", tmp_path / "scene.tif")
    proxy.close()

    assert (tmp_path / "scene.tif").read_bytes() == CONTENT
    assert proxy.heads[0].startswith(f"CONNECT localhost:{secure} HTTP/1.")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_certificate_that_the_environment_trusts_is_trusted(
    secure, certificate, tmp_path, monkeypatch, variable
):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(variable, str(certificate / "cert.pem"))

    fetch(f"https://localhost:{secure}/scene.tif", tmp_path / "scene.tif")

    assert (tmp_path / "scene.tif").read_bytes() == CONTENT


def test_any_other_certificate_is_refused_at_once(secure, tmp_path):
    """Trying again would not make it better."""
    began = time.monotonic()

    outcome = attempt(f"https://localhost:{secure}/scene.tif", tmp_path / "scene.tif")

    assert outcome.state == "failed"
    assert "no secure connection" in outcome.error
    assert "without progress" not in outcome.error
    assert time.monotonic() - began < 2
    assert list(tmp_path.iterdir()) == []


def test_a_certificate_for_another_name_is_refused(secure, certificate, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate / "cert.pem"))
    monkeypatch.setenv("HTTPS_PROXY", (proxy := Proxy(secure)).url)

    outcome = attempt("https://elsewhere.example/scene.tif", tmp_path / "scene.tif")
    proxy.close()

    assert "no secure connection" in outcome.error
    assert not (tmp_path / "scene.tif").exists()


def test_a_connection_that_nobody_takes_is_given_up_in_time(tmp_path):
    """A full backlog: the connection is neither refused nor made."""
    with contextlib.ExitStack() as open_sockets:
        listener = open_sockets.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filler = open_sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        began = time.monotonic()
        patience = Patience(connect_s=0.3, silence_s=5, tries=2, first_wait_s=0.01)
        href = f"http://127.0.0.1:{listener.getsockname()[1]}/scene.tif"

        outcome = attempt(href, tmp_path / "scene.tif", patience=patience)

    assert "no connection in time, 2 times without progress" in outcome.error
    assert time.monotonic() - began < 3
