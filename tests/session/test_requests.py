"""What a session sends, and what it makes of the answers."""

import platform
import shutil
import socket
import ssl
import subprocess
import threading

import pytest
import requests

from radiant_mlhub import __version__
from radiant_mlhub.exceptions import (
    AuthenticationError,
    HubUnreachable,
    InvalidArgument,
    MLHubException,
    RequestRefused,
    UnexpectedAnswer,
)
from radiant_mlhub.session import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Session, get_session
from support.faults import Fault
from support.small_hub import ROOT, html_response, json_response
from support.wire import Response


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("datasets", "/mlhub/v1/datasets?key=k"),
        ("/datasets", "/mlhub/v1/datasets?key=k"),
        ("datasets?tags=a&text=b#part", "/mlhub/v1/datasets?tags=a&text=b&key=k"),
        ("collections/a:b", "/mlhub/v1/collections/a:b?key=k"),
        ("a:b", "/mlhub/v1/a:b?key=k"),
        ("//other.example/x", "/mlhub/v1/other.example/x?key=k"),
        ("", "/mlhub/v1/?key=k"),
        ("?page=2", "/mlhub/v1/?page=2&key=k"),
    ],
)
def test_a_path_is_below_the_root_url(hub, monkeypatch, slash, url, asked):
    """With or without a slash at the end of MLHUB_ROOT_URL or the start of the path."""
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url + slash)
    hub.answers("", {})

    get_session(api_key="k").get(url)

    assert f"{hub.last.path}?{hub.last.query}" == asked


def test_a_root_without_a_path(hub, monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.url)
    hub.route("*", "/", lambda _: json_response({}))

    get_session(api_key="k").get("")

    assert (hub.last.path, hub.last.query) == ("/", "key=k")


def test_an_absolute_address_asked_by_hand_gets_the_key_too(hub, elsewhere, session, key):
    """As documented, and not recommended there."""
    elsewhere.answers("x", {})

    session.get(f"{elsewhere.root_url}/x")

    assert elsewhere.last.args == {"key": [key]}


def test_the_headers(hub, session):
    hub.answers("x", {})

    session.get("x")

    assert hub.last.headers["Accept"] == "application/json"
    assert hub.last.headers["User-Agent"] == f"radiant_mlhub/{__version__} ({platform.version()})"
    assert session.user_agent == hub.last.headers["User-Agent"]


@pytest.mark.parametrize(
    "params",
    [
        {"key": "other", "tags": ["a", "b"]},
        [("key", "other"), ("tags", "a"), ("tags", "b")],
        "key=other&tags=a&tags=b",
    ],
)
def test_a_key_by_call_goes_before_the_sessions(hub, session, params):
    """Whichever way requests allows parameters to be given; the key is never sent twice."""
    hub.answers("x", {})

    session.get("x", params=params)

    assert hub.last.args == {"key": ["other"], "tags": ["a", "b"]}


@pytest.mark.parametrize("params", [{"tags": "a"}, [("tags", "a")], "tags=a", b"tags=a"])
def test_the_sessions_key_joins_parameters_of_every_form(hub, session, key, params):
    hub.answers("x", {})

    session.get("x", params=params)

    assert hub.last.args == {"tags": ["a"], "key": [key]}


def test_a_key_in_the_address_is_not_joined_by_another(hub, session):
    hub.answers("x", {})

    session.get("x?key=in_address")

    assert hub.last.args == {"key": ["in_address"]}


def test_anonymously_no_key_is_sent(hub):
    hub.answers("x", {})

    get_session(profile="__anonymous__").get("x")

    assert hub.last.args == {}


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_an_authentication_error(hub, session, key, status):
    """The documented text, the key by its last 4, the hub's own words as a note."""
    hub.answers("x", {"detail": "No such key."}, status=status)

    with pytest.raises(AuthenticationError) as error:
        session.get("x")

    assert str(error.value) == "Authentication failed. API Key: ****WXYZ"
    assert error.value.__notes__ == [
        "The hub says: No such key.",
        f"GET {hub.root_url}/x?key=***",
        "Check that the key belongs to this hub, or store another one: mlhub configure",
    ]
    assert isinstance(error.value, MLHubException)
    assert isinstance(error.value, requests.HTTPError)
    assert error.value.response.status_code == status


def test_a_key_too_short_to_be_one_is_shown_whole(hub):
    hub.answers("x", {}, status=401)

    with pytest.raises(AuthenticationError) as error:
        get_session(api_key="not-a-valid-key").get("x")

    assert str(error.value) == "Authentication failed. API Key: not-a-valid-key"


def test_a_key_that_is_wanted(hub):
    hub.answers("x", {"detail": "Must provide API key or Bearer token to access this route."}, status=401)

    with pytest.raises(AuthenticationError) as error:
        get_session(profile="__anonymous__").get("x")

    assert str(error.value) == "Authentication failed. No API key provided."
    assert "Store a key: mlhub configure (or set MLHUB_API_KEY, or pass api_key=)" in error.value.__notes__


def test_an_overruled_profile_is_named_where_the_key_fails(hub, monkeypatch, key):
    monkeypatch.setenv("MLHUB_API_KEY", key)
    hub.answers("x", {}, status=401)

    with pytest.raises(AuthenticationError) as error:
        get_session(profile="mine").get("x")

    assert any(
        'MLHUB_API_KEY is set and goes before profile="mine"' in note for note in error.value.__notes__
    )


def test_a_refusal_of_another_host_is_no_authentication_error(hub, elsewhere, session):
    elsewhere.answers("x", {}, status=401)

    with pytest.raises(RequestRefused) as error:
        session.get(f"{elsewhere.root_url}/x")

    assert not isinstance(error.value, AuthenticationError)
    assert str(error.value).startswith("An unknown error occurred: 401 (Unauthorized). GET ")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (400, "An unknown error occurred: 400 (Bad Request)"),
        (404, "An unknown error occurred: 404 (Not Found)"),
        (409, "An unknown error occurred: 409 (Conflict)"),
        (501, "An unknown error occurred: 501 (Not Implemented)"),
    ],
)
def test_every_other_refusal_tells_status_address_and_the_servers_words(hub, session, status, text):
    """At once: none of these is tried again, 404 above all."""
    hub.answers("x", {"detail": "these   words"}, status=status)

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert str(error.value) == f'{text}. GET {hub.root_url}/x?key=***. The server says: "these words".'
    assert error.value.response.json() == {"detail": "these   words"}
    assert len(error.value.__notes__) == 1
    assert len(hub.requests) == 1


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (400, "does not accept this request; trying it again as it is will not help"),
        (404, "Nothing is at this address. Is the root URL"),
        (429, "It asks to wait: 3600 (seconds, or until then). Try again later"),
        (503, "could not do it now, also when asked again. It asks to wait: 3600"),
    ],
)
def test_a_refusal_says_what_to_do(hub, session, status, told):
    hub.answers("x", {}, status=status, Retry_After="3600")

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert told in "\n".join(error.value.__notes__)


def test_a_page_of_html_is_not_quoted(hub, session):
    hub.route("*", ROOT, lambda _: html_response(404))

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert "Welcome" not in str(error.value)


def test_no_server_writes_to_the_terminal(hub, session):
    """Escape sequences and ends of lines are taken out of its words, and they are kept short."""
    hub.answers("x", {"detail": "\x1b[2J red\r\n" + "a" * 1000}, status=400)

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert str(error.value).endswith(f'The server says: "[2J red {"a" * 292}".')


def test_a_streamed_refusal_is_read_too(hub, session):
    """Its words are wanted, and nobody else would close the connection."""
    hub.answers("x", {"detail": "words"}, status=404)

    with pytest.raises(RequestRefused, match='The server says: "words"') as error:
        session.get("x", stream=True)

    assert error.value.response.json() == {"detail": "words"}
    hub.answers("x", {})
    session.get("x")
    assert hub.connections == 1


def test_a_streamed_refusal_that_breaks_off_is_a_refusal(hub, session):
    hub.route(
        "*", f"{ROOT}/x", lambda _: Response(404, {"Content-Length": "99", "Connection": "close"}, b"words")
    )

    with pytest.raises(RequestRefused, match=r"An unknown error occurred: 404 \(Not Found\)"):
        session.get("x", stream=True)


@pytest.mark.parametrize(
    ("response", "what"),
    [
        (html_response(), "is no JSON (text/html; charset=utf-8, "),
        (Response(200, {}, b"hello"), "is no JSON (no content type, 5 bytes)"),
        (Response(200, {"Content-Type": "application/json"}, b"[" * 200_000), "is nested too deeply"),
    ],
)
def test_an_answer_that_is_no_json_names_host_type_and_what_to_check(hub, session, response, what):
    hub.answers_in_turn("x", response)

    with pytest.raises(UnexpectedAnswer) as error:
        session.get_json("x")

    assert str(error.value).startswith(f"The answer to GET {hub.root_url}/x?key=*** {what}")
    assert "MLHUB_ROOT_URL" in error.value.__notes__[0]
    assert isinstance(error.value, ValueError)


def test_nobody_listening_is_told_in_words(key, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but not listening: connections are refused
        root_url = f"http://127.0.0.1:{taken.getsockname()[1]}/mlhub/v1"
        monkeypatch.setenv("MLHUB_ROOT_URL", root_url)

        with pytest.raises(HubUnreachable) as error:
            get_session(api_key=key).get("x")

    assert str(error.value) == f"No answer to GET {root_url}/x: connection refused"
    assert "does the hub run?" in error.value.__notes__[0]
    assert isinstance(error.value, requests.ConnectionError)


def test_a_name_that_does_not_resolve(key, monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://hub.invalid/mlhub/v1")

    with pytest.raises(
        HubUnreachable, match=r"GET http://hub.invalid/mlhub/v1/x: the host's name does not resolve"
    ):
        get_session(api_key=key).get("x")


def test_every_request_has_time_limits(hub, session, monkeypatch):
    """10 s for a connection, 60 s for the next byte, also where None is passed on."""
    seen = []
    monkeypatch.setattr(requests.Session, "send", _noting(seen, requests.Session.send))
    hub.answers("x", {"links": []})

    session.get("x")
    session.get("x", timeout=None)
    list(session.paginate("x"))
    session.get("x", timeout=3)

    assert (CONNECT_TIMEOUT_S, READ_TIMEOUT_S) == (10, 60)
    assert seen == [(10, 60)] * 3 + [3]


def _noting(seen, send):
    def noting(self, request, **kwargs):
        seen.append(kwargs["timeout"])
        return send(self, request, **kwargs)

    return noting


def test_a_server_that_says_nothing_is_given_up(hub, session):
    scene = hub.add(f"{ROOT}/x", b"{}", stall_after=0)

    with pytest.raises(HubUnreachable) as error:
        session.get(scene.href, timeout=0.05)

    assert "no answer in time" in str(error.value)


def test_a_body_that_breaks_off_is_asked_for_again(hub, session):
    """Not half an answer, and no error for what passes."""
    hub.add(f"{ROOT}/x", b'{"whole": true}', faults=[Fault(cut_after=5), Fault(reset_after=5)])

    assert session.get_json("x") == {"whole": True}
    assert len(hub.requests) == 3


def test_a_body_that_always_breaks_off_is_an_error(hub, session):
    hub.add(f"{ROOT}/x", b'{"whole": true}', cut_after=5)

    with pytest.raises(HubUnreachable, match="the answer broke off before its end"):
        session.get_json("x")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a b/", "http://127.0.0.1:99999/"])
def test_what_cannot_be_an_address_is_an_argument_error(hub, session, url):
    with pytest.raises(InvalidArgument, match="cannot be sent"):
        session.get(url)


def test_a_redirect_to_no_address_is_an_error_of_ours(hub, session):
    hub.redirects("x", "http://[::1/y")

    with pytest.raises(MLHubException, match="Invalid IPv6 URL"):
        session.get("x")


def test_one_connection_serves_all_requests_of_a_session(hub, session):
    hub.answers("x", {})

    for _ in range(5):
        session.get("x")

    assert hub.connections == 1


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_certificates_are_checked(tmp_path, key, monkeypatch):
    """A certificate nobody vouches for ends the request, with the way to vouch for it."""
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    files = f"-keyout {tmp_path}/key.pem -out {tmp_path}/cert.pem -addext subjectAltName=IP:127.0.0.1"
    made = subprocess.run(["openssl", *f"{options} {files}".split()], capture_output=True, check=False)
    assert made.returncode == 0, made.stderr
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_shake_hands, args=(listener, context), daemon=True).start()
        monkeypatch.setenv("MLHUB_ROOT_URL", f"https://127.0.0.1:{listener.getsockname()[1]}/mlhub/v1")

        with pytest.raises(HubUnreachable) as error:
            get_session(api_key=key).get("x")

    assert "certificate verify failed" in str(error.value)
    assert "REQUESTS_CA_BUNDLE" in error.value.__notes__[0]


def _shake_hands(listener, context):
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def test_proxies_of_the_environment_are_honoured(hub, monkeypatch):
    """And NO_PROXY names hosts that are reached without."""
    hub.route("*", "/", lambda _: json_response({"by": "proxy"}))
    hub.answers("x", {"by": "hub"})
    monkeypatch.setenv("HTTP_PROXY", hub.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    session = get_session(api_key="k")

    assert session.get_json("http://elsewhere.invalid/x") == {"by": "proxy"}
    assert session.get_json("x") == {"by": "hub"}


def test_the_documented_names_of_variables():
    assert Session.API_KEY_ENV_VARIABLE == "MLHUB_API_KEY"
    assert Session.PROFILE_ENV_VARIABLE == "MLHUB_PROFILE"
    assert Session.MLHUB_HOME_ENV_VARIABLE == "MLHUB_HOME"
    assert Session.ROOT_URL_ENV_VARIABLE == "MLHUB_ROOT_URL"
    assert Session.DEFAULT_ROOT_URL == "https://api.radiant.earth/mlhub/v1/"
