"""The key goes to the hub's scheme, host and port, and nowhere else."""

import pytest

from radiant_mlhub.addresses import joined, origin, redirected, without_key
from radiant_mlhub.exceptions import MLHubException, RequestRefused, UnexpectedAnswer
from radiant_mlhub.session import get_session
from support.small_hub import ROOT, json_response
from support.wire import Response


def told(server, key):
    """Whether ``key`` reached ``server`` in any part of any request."""
    return [r for r in server.requests if key in f"{r.path}?{r.query} {dict(r.headers)} {r.body!r}"]


def test_a_redirect_to_another_origin_goes_without_the_key(hub, elsewhere, session, key):
    """Also where the hub repeats the key in the address it sends us to, plain or nested."""
    elsewhere.answers("blob", {"here": True})
    hub.redirects("plain", f"{elsewhere.root_url}/blob")
    hub.redirects("echo", f"{elsewhere.root_url}/blob?a=1&key={key}&b=2")
    hub.redirects("login", f"{elsewhere.root_url}/blob?back=http%3A%2F%2Fhub%2F%3Fkey%3D{key}")

    for path in ("plain", "echo", "login"):
        assert session.get(path).json() == {"here": True}

    assert told(elsewhere, key) == []
    assert elsewhere.requests[1].args == {"a": ["1"], "b": ["2"]}


def test_a_redirect_within_the_hub_keeps_what_the_hub_says(hub, session, key):
    hub.answers("there", {"here": True})
    hub.redirects("here", f"{hub.root_url}/there?key={key}", status=307)

    assert session.get("here").json() == {"here": True}
    assert hub.last.args == {"key": [key]}


def test_authorization_and_cookies_stay_behind(hub, elsewhere, session):
    elsewhere.answers("blob", {})
    hub.route("*", f"{ROOT}/x", lambda _: Response(302, {"Location": f"{elsewhere.root_url}/blob"}))
    session.headers["Authorization"] = "Bearer secret"

    session.get("x")
    session.own_request("GET", f"{elsewhere.root_url}/blob")

    assert all("Authorization" not in request.headers for request in elsewhere.requests)
    assert all("Cookie" not in request.headers for request in elsewhere.requests)


def test_the_packages_own_requests_tell_strangers_nothing(hub, elsewhere, session, key):
    """own_request: an href of a catalog gets the key only if it is the hub's."""
    for server in (hub, elsewhere):
        server.answers("x", {})

    session.own_request("GET", f"{elsewhere.root_url}/x?signed=1&key={key}", params={"key": key, "a": "b"})
    session.own_request("GET", f"{hub.root_url}/x")

    assert told(elsewhere, key) == []
    assert elsewhere.last.args == {"signed": ["1"], "a": ["b"]}
    assert hub.last.args == {"key": [key]}


def test_requests_for_the_engine(hub, session, key):
    """request_for: the address to ask and the headers, made anew for each try."""
    url, headers = session.request_for("catalog/a?b=c")
    assert url == f"{hub.root_url}/catalog/a?b=c&key={key}"
    assert headers == {"User-Agent": session.user_agent}

    assert session.request_for(f"{hub.root_url}/x?key=own")[0] == f"{hub.root_url}/x?key=own"
    assert session.request_for("https://blob.example/x?sig=1")[0] == "https://blob.example/x?sig=1"


@pytest.mark.parametrize(
    "url",
    [
        "https://hub.example/x",  # scheme
        "http://hub.example:8080/x",  # port
        "http://other.example/x",
        "http://hub.example.other.example/x",
        "http://hub.example@other.example/x",
        "http://other.example\\@hub.example/x",
        "http://other.example#@hub.example/x",
        "http://hub.example:80@other.example/",
        "ftp://hub.example/x",
        "//hub.example/x",
        "http://hub.example:port/x",
        "",
    ],
)
def test_what_is_not_the_hub(monkeypatch, url):
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://hub.example/mlhub/v1")
    assert not get_session(api_key="k").is_hub(url)


@pytest.mark.parametrize(
    "url",
    ["http://hub.example/x", "HTTP://HUB.example:80/", "http://hub.example?x", "http://user@hub.example/"],
)
def test_what_is_the_hub(monkeypatch, url):
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://hub.example/mlhub/v1")
    assert get_session(api_key="k").is_hub(url)


def test_origins():
    assert origin("https://[::1]/x") == ("https", "[::1]", 443)
    assert origin("http://b\u00fccher.example/x") == ("http", "xn--bcher-kva.example", 80)
    assert str(origin("https://hub.example:443")) == "https://hub.example"
    assert str(origin("https://hub.example:80")) == "https://hub.example:80"


def test_from_https_down_to_http_is_not_followed_with_a_key():
    """Not even to the same host: who listens in between would read along from there on."""
    with pytest.raises(UnexpectedAnswer) as error:
        redirected("https://hub.example/x?key=0123456789abcdef", "http://hub.example/y?k=0123456789abcdef")

    assert str(error.value) == (
        "https://hub.example/x?key=*** redirects to http://hub.example/y?k=****cdef, which is not "
        "encrypted; it was not followed. Is the root URL the hub's own address?"
    )
    assert redirected("https://hub.example/x", "http://hub.example/y") == "http://hub.example/y"
    assert redirected("http://hub.example/x?key=a", "https://hub.example/y?key=a") == "https://hub.example/y"


def test_from_https_to_a_store_on_https_without_the_key():
    """What every hub does with its archives."""
    sent = "https://hub.example/catalog/a?key=0123456789abcdef"

    assert redirected(sent, "https://blob.example/a.tar.gz?sv=1") == "https://blob.example/a.tar.gz?sv=1"
    assert redirected(sent, "https://blob.example/a?key=0123456789abcdef") == "https://blob.example/a"
    assert redirected(sent, "https://hub.example:8443/a?key=0123456789abcdef") == "https://hub.example:8443/a"


def test_a_redirect_to_another_scheme_is_an_error_of_ours(hub, session):
    hub.redirects("x", "file:///etc/passwd")

    with pytest.raises(UnexpectedAnswer, match="redirects to file:///etc/passwd, which is no http or https"):
        session.get("x")


def test_a_redirect_loop_ends(hub, session):
    hub.redirects("x", f"{hub.root_url}/x")

    with pytest.raises(UnexpectedAnswer, match=r"cannot be used: Exceeded 30 redirects"):
        session.get("x")


def test_a_refusal_after_a_redirect_is_the_other_hosts(hub, elsewhere, session):
    """A 401 of a blob store says nothing about the key of the hub."""
    elsewhere.route("*", ROOT, lambda _: json_response({}, 401))
    hub.redirects("x", f"{elsewhere.root_url}/blob")

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert type(error.value) is RequestRefused
    assert issubclass(RequestRefused, MLHubException)


def test_parameters_without_the_key_stay_as_written():
    assert without_key("http://a/x?b=%2F+c&key=k&d", "k") == "http://a/x?b=%2F+c&d"
    assert without_key("http://a/x?key=other", "k") == "http://a/x?key=other"
    assert without_key("http://a/x?file=k.tif", "k") == "http://a/x?file=k.tif"
    assert without_key("http://a/x?key=k", None) == "http://a/x?key=k"
    assert joined("http://a/b/", "/c") == joined("http://a/b", "c") == "http://a/b/c"
