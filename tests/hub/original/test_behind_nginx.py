"""The guide's own configuration: nginx with TLS in front, every link right, the original client at home."""

import configparser
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
from http.client import HTTPSConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
import requests

from support.served_command import serve

PAGE = Path(__file__).parents[3] / "docs/guides/serving.md"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

pytestmark = pytest.mark.skipif(
    not (NGINX and shutil.which("openssl")), reason="nginx or openssl is not installed"
)


class Proxied(NamedTuple):
    """A hub behind nginx.

    Attributes:
        origin: Where clients reach it.
        port: Of the hub's own process.
        certificate: Of nginx, which signs itself.
        logs: Of nginx and of the hub.
    """

    origin: str
    port: int
    certificate: Path
    logs: Path

    @property
    def root_url(self) -> str:
        return f"{self.origin}/mlhub/v1/"

    def get(self, path, **query):
        address = path if path.startswith("https:") else self.root_url + path
        return requests.get(address, params=query, verify=str(self.certificate), timeout=10)


def block(language):
    """The one block of that language on the page."""
    [found] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return found


def options_of_the_unit(base_url):
    """How the page's unit starts the hub, at another address."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(block("ini"))
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[:6] == ["/opt/mlhub/bin/mlhub", "serve", "--hub", "/srv/hub", "--port", "8000"]
    assert words[6:8] == ["--base-url", "https://hub.example.org"]
    return ["--base-url", base_url, *(word for word in words[8:] if word != "--quiet")]


@pytest.fixture(scope="module")
def proxied(hub_folder, key, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    certificate = _certificate(folder)
    port = _free_port()
    origin = f"https://localhost:{port}"
    with serve(hub_folder, *options_of_the_unit(origin), log=folder / "hub.log") as serving:
        conf = _configuration(folder, certificate, port, serving.port)
        with subprocess.Popen([NGINX, "-c", str(conf)], stderr=subprocess.DEVNULL) as nginx:
            try:
                _wait_for(port)
                yield Proxied(origin, serving.port, certificate, folder)
            finally:
                nginx.terminate()


def _certificate(folder):
    certificate = folder / "fullchain.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", folder / "privkey.pem", "-out", certificate),
        ],
        check=True,
        capture_output=True,
    )
    return certificate


def _configuration(folder, certificate, port, hub_port):
    """The page's block with other names and ports, in the frame that nginx wants around it."""
    text = block("nginx")
    for written, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "hub.example.org;": "localhost;",
        "/etc/letsencrypt/live/hub.example.org/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/hub.example.org/privkey.pem": str(folder / "privkey.pem"),
        "/var/log/nginx": str(folder),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{hub_port}",
    }.items():
        assert written in text
        text = text.replace(written, here)
    temporary = "".join(
        f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;"
        f"events {{}} http {{ {temporary} {text} }}"
    )
    return conf


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def _wait_for(port):
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


def hrefs(body):
    """Every address in a JSON document."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name == "href":
                yield value
            else:
                yield from hrefs(value)
    elif isinstance(body, list):
        for value in body:
            yield from hrefs(value)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "conformance",
        "datasets",
        "collections",
        "collections/demo_crops_labels",
        "collections/demo_crops_source/items?limit=3",
        "search?limit=3",
        "models",
        "queryables",
    ],
)
def test_every_link_begins_with_the_address_that_clients_know(proxied, key, path):
    answer = proxied.get(path, key=key)

    assert answer.ok
    own = [href for href in hrefs(answer.json()) if "localhost" in href or "127.0.0.1" in href]
    assert own or path in ("conformance", "datasets", "queryables")
    assert [href for href in own if not href.startswith(f"{proxied.origin}/")] == []
    assert str(proxied.port) not in answer.text


def test_every_link_of_the_landing_page_leads_somewhere(proxied, key):
    for href in set(hrefs(proxied.get("").json())):
        if href.startswith(proxied.origin) and "{" not in href:
            assert proxied.get(href, key=key).ok, href


def test_a_redirect_and_what_lies_behind_it(proxied, key):
    answer = proxied.get("catalog/demo_crops", key=key)

    assert [step.status_code for step in answer.history] == [303]
    assert answer.url.startswith(f"{proxied.origin}/files/")
    assert answer.headers["Content-Length"] == str(len(answer.content))
    part = requests.get(
        answer.url, headers={"Range": "bytes=5-9"}, verify=str(proxied.certificate), timeout=10
    )
    assert (part.status_code, part.content) == (206, answer.content[5:10])


def test_client_0_5_5_is_at_home(original, run_script, proxied, key, tmp_path):
    trusted = {"REQUESTS_CA_BUNDLE": str(proxied.certificate)}

    found = run_script(original, proxied.root_url, key, tmp_path / "output", **trusted)

    assert found["looked_around"]["datasets"] == ["demo_crops", "demo_floods"]
    assert all(found["downloaded"].values())


def test_this_client_is_at_home(run_script, proxied, key, tmp_path):
    trusted = {"REQUESTS_CA_BUNDLE": str(proxied.certificate)}

    found = run_script(sys.executable, proxied.root_url, key, tmp_path / "output", **trusted)

    assert all(found["downloaded"].values())


def test_no_log_holds_a_key_or_a_token(proxied, key):
    proxied.get("catalog/demo_crops", key=key)
    proxied.get("collections/demo_crops_source/items", key=f"{key}-but-wrong")

    logs = {path.name: path.read_text() for path in proxied.logs.glob("*.log")}

    assert '"GET /mlhub/v1/catalog/demo_crops" 303' in logs["mlhub.log"]
    assert "catalog/demo_crops?key=*** 303" in logs["hub.log"].replace('"', "")
    assert "token=***" in logs["hub.log"]
    for text in logs.values():
        assert key not in text
        assert not re.search(r"token=\d", text)


def test_nginx_tells_who_the_client_is(proxied):
    """So that one client's wrong keys do not slow down another's."""
    context = ssl.create_default_context(cafile=proxied.certificate)
    connection = HTTPSConnection(
        urlsplit(proxied.origin).netloc, source_address=("127.0.0.9", 0), context=context, timeout=10
    )
    connection.request("GET", "/mlhub/v1/datasets?told=by-nginx", headers={"X-Forwarded-For": "203.0.113.1"})
    connection.getresponse().read()
    connection.close()

    log = (proxied.logs / "hub.log").read_text()

    assert ' 127.0.0.9 "GET /mlhub/v1/datasets?told=by-nginx" 200\n' in log


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_understands_the_unit(tmp_path):
    unit = tmp_path / "mlhub.service"
    unit.write_text(
        block("ini").replace("/opt/mlhub/bin/mlhub", sys.executable).replace("/srv/hub", str(tmp_path))
    )

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert str(unit) not in done.stderr, done.stderr
