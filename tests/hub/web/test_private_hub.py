"""A private hub shows its pages to holders of a key alone."""

import time

import pytest
import requests

from radiant_mlhub.hub.serving import tokens
from radiant_mlhub.hub.settings import HubSettings
from support.web_hub import KEY, web_hub

PAGES = [
    "/",
    "/datasets/secret",
    "/datasets/secret/footprints.json",
    "/datasets/secret/previews/v-secret/0/image",
]


@pytest.fixture(scope="module")
def private(tmp_path_factory):
    settings = HubSettings(access="private")
    with web_hub(tmp_path_factory.mktemp("private") / "hub", settings) as hub:
        hub.add_key()
        with hub.publish("secret", title="Nobody may know") as shelf:
            picture = shelf.file("a.png", b"png", "image/png")
            shelf.item("source", "a", [0, 0, 1, 1], {"image": picture})
        yield hub


@pytest.fixture
def visitor():
    with requests.Session() as session:
        yield session


def sign_in(visitor: requests.Session, origin: str, key: str, then: str = "/") -> requests.Response:
    return visitor.post(
        f"{origin}/sign-in", data={"key": key, "then": then}, allow_redirects=False, timeout=10
    )


@pytest.mark.parametrize("path", PAGES)
def test_strangers_are_led_to_the_form_and_learn_nothing(private, visitor, path):
    answer = visitor.get(private.origin + path, timeout=10)

    assert answer.url == f"{private.origin}/sign-in?then={path}"
    assert "Nobody may know" not in answer.text
    assert "<h1>This hub is private</h1>" in answer.text


def test_asking_for_the_form_alone_is_no_attempt_to_sign_in(private, visitor):
    """Programs that look whether a site is up ask so, again and again."""
    assert visitor.head(f"{private.origin}/sign-in", timeout=10).status_code == 200


def test_a_key_opens_every_page_for_an_hour(private, visitor):
    answer = sign_in(visitor, private.origin, KEY, then="/datasets/secret")

    assert (answer.status_code, answer.headers["Location"]) == (303, "/datasets/secret")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Max-Age=3600" in cookie
    assert KEY not in cookie
    for path in PAGES:
        shown = visitor.get(private.origin + path, allow_redirects=False, timeout=30)
        assert shown.status_code == 200, path


def test_a_wrong_key_opens_nothing_and_is_not_repeated(private, visitor):
    answer = sign_in(visitor, private.origin, "not-a-key-<script>")

    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert "not-a-key" not in answer.text
    assert 'role="alert"' in answer.text


def test_a_cookie_made_elsewhere_or_too_old_opens_nothing(private, visitor, monkeypatch):
    settings = HubSettings(access="private")
    theirs = tokens.signed_path("/visits/k1", settings).rpartition("=")[2]
    sign_in(visitor, private.origin, KEY)
    ours = visitor.cookies["mlhub_visit"]
    later = time.time() + tokens.LIFETIME_S + 1

    for cookie in (f"k1.{theirs}", "k1", "k1.", ".", "k2" + ours[2:], ours[:-1]):
        answer = requests.get(private.origin, cookies={"mlhub_visit": cookie}, timeout=10)
        assert "This hub is private" in answer.text, cookie
    monkeypatch.setattr(time, "time", lambda: later)
    assert (
        "This hub is private" in requests.get(private.origin, cookies={"mlhub_visit": ours}, timeout=10).text
    )


def test_behind_https_the_cookie_travels_by_https_alone_and_below_its_prefix(tmp_path, visitor):
    settings = HubSettings(access="private", base_url="https://example.org/hub")
    with web_hub(tmp_path / "hub", settings) as hub:
        hub.add_key()
        answer = sign_in(visitor, hub.origin, KEY, then="/datasets/x")

    assert answer.headers["Location"] == "/hub/datasets/x"
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "Path=/hub;" in answer.headers["Set-Cookie"]


def test_signing_out_ends_the_visit_here(private, visitor):
    sign_in(visitor, private.origin, KEY)
    assert "Sign out" in visitor.get(private.origin, timeout=10).text

    answer = visitor.post(f"{private.origin}/sign-out", timeout=10)

    assert "This hub is private" in answer.text
    assert "Sign out" not in answer.text
    assert not visitor.cookies


def test_the_form_is_a_page_like_the_others(private):
    policy = requests.get(f"{private.origin}/sign-in", timeout=10).headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "form-action 'self'" in policy


def test_revoking_the_key_ends_the_visit(tmp_path, visitor):
    with web_hub(tmp_path / "hub", HubSettings(access="private")) as hub:
        hub.add_key()
        sign_in(visitor, hub.origin, KEY)
        assert "Training datasets" in visitor.get(hub.origin, timeout=10).text

        hub.store.revoke_key("k1", "2026-11-22T00:00:00Z")

        assert "This hub is private" in visitor.get(hub.origin, timeout=10).text


@pytest.mark.parametrize("then", ["https://evil.example", "//evil.example", "/\\evil.example", "", "/a\r\nb"])
def test_signing_in_leads_nowhere_else(private, visitor, then):
    assert sign_in(visitor, private.origin, KEY, then).headers["Location"] == "/"


def test_a_form_longer_than_any_key_is_not_read(private, visitor):
    assert sign_in(visitor, private.origin, "k" * 10_000).status_code == 413


def test_many_wrong_keys_are_slowed(tmp_path, visitor):
    with web_hub(tmp_path / "hub", HubSettings(access="private")) as hub:
        statuses = [sign_in(visitor, hub.origin, f"wrong-{number}").status_code for number in range(25)]

    assert statuses[0] == 401
    assert statuses[-1] == 429
