"""Closed containers of blob storage, opened with tokens that the Planetary Computer's package asks for."""

import json
import socketserver
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest

from radiant_mlhub.sources.asking import request_for_hrefs
from radiant_mlhub.transfer import Transfer, fetch_all
from support.fetching import attempt

pytest.importorskip("planetary_computer", reason="planetary-computer is not installed (make .venv/.servers)")

HOST = "http://sentinel.blob.core.windows.net"


class Clouds:
    """The Planetary Computer and the blob storage it speaks for, behind a proxy of this machine.

    Attributes:
        token: What opens the container right now; a request for a token makes a new one.
        given: How many tokens were asked for.
        good_for: So many answers, after which only a new token opens it; None for ever.
        lasts_s: How long a token says it is good for.
        asked: Path and query of every request for a blob.
        refusal: Status and code of a refusal without a token.
    """

    def __init__(self):
        self.token, self.given, self.good_for, self.lasts_s = "", 0, None, 2700.0
        self.asked = []
        self.refusal = 409, "PublicAccessNotPermitted"
        self.lock = threading.Lock()

    def answer(self, target):
        parts = urlsplit(target)
        with self.lock:
            return self._token(parts.path) if parts.path.startswith("/token/") else self._blob(parts)

    def _token(self, path):
        if path != "/token/sentinel/l2a":
            return 404, {}, b"{}"
        self.given += 1
        self.token = f"se=later&sig=number{self.given}"
        expiry = datetime.now(UTC) + timedelta(seconds=self.lasts_s)
        return 200, {}, json.dumps({"msft:expiry": expiry.isoformat(), "token": self.token}).encode()

    def _blob(self, parts):
        self.asked.append((parts.path, parts.query))
        if not parts.query:
            return self.refusal[0], {"x-ms-error-code": self.refusal[1]}, b""
        if parts.query != self.token or self.good_for == 0:
            self.token = "ended"
            return 403, {"x-ms-error-code": "AuthenticationFailed"}, b""
        if self.good_for is not None:
            self.good_for -= 1
        return 200, {"ETag": '"a"'}, parts.path.encode()


@pytest.fixture
def clouds(monkeypatch):
    clouds = Clouds()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            status, headers, body = clouds.answer(self.path)
            if status == 403:
                clouds.good_for = None
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True
        request_queue_size = 256

    from planetary_computer.settings import Settings

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = f"http://127.0.0.1:{server.server_address[1]}"
        monkeypatch.setenv("http_proxy", here)
        monkeypatch.setenv("PC_SDK_SAS_URL", f"{here}/token")
        monkeypatch.setenv("PC_SDK_SUBSCRIPTION_KEY", "none")
        Settings.get.cache_clear()
        yield clouds
        server.shutdown()
    Settings.get.cache_clear()


@pytest.mark.parametrize(
    "refusal", [(409, "PublicAccessNotPermitted"), (404, "ResourceNotFound"), (403, "AuthorizationFailure")]
)
def test_a_closed_container_is_opened_with_a_token(clouds, tmp_path, refusal):
    clouds.refusal = refusal

    outcome = attempt(f"{HOST}/l2a/x.tif", tmp_path / "x", request_for=request_for_hrefs())

    assert outcome.error is None
    assert clouds.asked == [("/l2a/x.tif", ""), ("/l2a/x.tif", "se=later&sig=number1")]


def test_no_token_is_asked_for_what_is_open(clouds, tmp_path):
    """Most of blob storage has nothing to do with the Planetary Computer."""
    clouds.refusal = 404, "BlobNotFound"

    outcome = attempt(f"{HOST}/l2a/x.tif", tmp_path / "x", request_for=request_for_hrefs())

    assert outcome.error == f"{HOST}/l2a/x.tif could not be fetched: 404 Not Found"
    assert clouds.given == 0


def test_a_container_of_others_is_asked_about_once_and_said_in_one_sentence(clouds, tmp_path):
    hrefs = [f"{HOST}/others/{number}.tif" for number in range(50)]
    transfers = [Transfer(href, str(tmp_path / href[-6:].strip("/")), str(tmp_path)) for href in hrefs]

    outcomes = list(fetch_all(transfers, request_for=request_for_hrefs()))

    assert all(
        outcome.error
        == f"{outcome.transfer.href} could not be fetched: 409 Conflict: its container is closed, and the "
        "Planetary Computer has no token for it"
        for outcome in outcomes
    )


def test_a_token_that_ends_in_the_middle_of_a_run_is_asked_for_anew_once(clouds, tmp_path):
    """1,000 assets of one container; after 400 of them its token opens nothing any more."""
    request_for = request_for_hrefs()
    clouds.good_for = 400
    hrefs = [f"{HOST}/l2a/{number}.tif" for number in range(1000)]
    transfers = [Transfer(href, str(tmp_path / href.rpartition("/")[2]), str(tmp_path)) for href in hrefs]
    first = attempt(hrefs[0], tmp_path / "first", request_for=request_for)
    time.sleep(1.1)  # as long as a token is taken for new

    outcomes = list(fetch_all(transfers, request_for=request_for))

    assert {outcome.error for outcome in (first, *outcomes)} == {None}
    assert all(
        (tmp_path / f"{number}.tif").read_bytes() == f"/l2a/{number}.tif".encode() for number in range(1000)
    )
    assert clouds.given == 2
    signatures = {}
    for path, query in clouds.asked:
        signatures.setdefault(path, set()).update({query} - {""})
    assert max(len(shown) for shown in signatures.values()) <= 2


def test_a_token_that_is_about_to_end_is_renewed_before(clouds, tmp_path):
    clouds.lasts_s = 60.0
    request_for = request_for_hrefs()

    for number in range(3):
        assert (
            attempt(f"{HOST}/l2a/{number}.tif", tmp_path / str(number), request_for=request_for).error is None
        )

    assert clouds.given == 3
    assert [query for _, query in clouds.asked][1:] == [
        f"se=later&sig=number{number}" for number in (1, 2, 3)
    ]


def test_no_token_stands_in_an_error(clouds, tmp_path):
    request_for = request_for_hrefs()
    attempt(f"{HOST}/l2a/x.tif", tmp_path / "x", request_for=request_for)
    clouds.token = "revoked"

    outcome = attempt(f"{HOST}/l2a/y.tif", tmp_path / "y", request_for=request_for)

    assert "sig=" not in repr(outcome)
    assert outcome.error.endswith("403 Forbidden: its container refuses the Planetary Computer's token")
