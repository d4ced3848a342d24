"""Where the hub is reached is told by its operator, a trusted proxy or the socket, never by a stranger."""

import json

import pytest

from radiant_mlhub.hub.serving.base_url import checked_base_url, checked_networks
from radiant_mlhub.hub.settings import HubSettings
from support.served import exchange, get, served

PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.org"}


def told(origin, headers=None):
    return json.loads(exchange(origin, get("/where", headers)).partition(b"\r\n\r\n")[2])


@pytest.fixture(scope="module")
def behind_proxy(shelf):
    with served(shelf, HubSettings(trusted_proxies=("127.0.0.0/8", "10.0.0.1"))) as origin:
        yield origin


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Host": "evil.example", "Forwarded": "host=evil.example;proto=https"},
        PROXY,
        {**PROXY, "X-Forwarded-For": "203.0.113.7", "X-Forwarded-Prefix": "/evil"},
    ],
)
def test_a_stranger_tells_nothing(origin, headers):
    assert told(origin, headers) == {"base_url": origin, "client": "127.0.0.1"}


def test_localhost_may_be_called_so_from_this_machine(origin):
    port = origin.rpartition(":")[2]

    assert told(origin, {"Host": f"localhost:{port}"})["base_url"] == f"http://localhost:{port}"


def test_the_operator_decides(shelf):
    settings = HubSettings("https://hub.example.org/data", trusted_proxies=("127.0.0.1",))
    with served(shelf, settings) as origin:
        for headers in ({}, {"Host": "evil.example"}, {**PROXY, "X-Forwarded-Host": "other.example"}):
            assert told(origin, headers)["base_url"] == "https://hub.example.org/data"


@pytest.mark.parametrize(
    ("headers", "base_url"),
    [
        (PROXY, "https://hub.example.org"),
        ({**PROXY, "X-Forwarded-Host": "hub.example.org:8443"}, "https://hub.example.org:8443"),
        ({**PROXY, "X-Forwarded-Host": "[2001:db8::1]:8443"}, "https://[2001:db8::1]:8443"),
        ({**PROXY, "X-Forwarded-Prefix": "/data/"}, "https://hub.example.org/data"),
        ({**PROXY, "X-Forwarded-Host": "evil.example, hub.example.org"}, "https://hub.example.org"),
    ],
)
def test_a_trusted_proxy_tells(behind_proxy, headers, base_url):
    """The last value of a header is the one that the nearest proxy wrote."""
    assert told(behind_proxy, headers)["base_url"] == base_url


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "evil.example"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-Host": "hub.example.org"},
        {**PROXY, "X-Forwarded-Proto": "javascript"},
        {**PROXY, "X-Forwarded-Host": "hub.example.org/evil"},
        {**PROXY, "X-Forwarded-Host": "user@hub.example.org"},
        {**PROXY, "X-Forwarded-Host": 'hub.example.org"><script>'},
        {**PROXY, "X-Forwarded-Host": "h" * 5000},
        {**PROXY, "X-Forwarded-Prefix": "//evil.example"},
        {**PROXY, "X-Forwarded-Prefix": "/a b"},
    ],
)
def test_what_no_address_can_be_is_not_believed_from_a_proxy_either(behind_proxy, headers):
    assert told(behind_proxy, headers)["base_url"] == behind_proxy


@pytest.mark.parametrize(
    ("forwarded_for", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.0.0.1", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::1"),
        ("unknown", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_tells_who_the_client_is(behind_proxy, forwarded_for, client):
    """The last one that is no trusted proxy: what stands before it, the client wrote itself."""
    assert told(behind_proxy, {**PROXY, "X-Forwarded-For": forwarded_for})["client"] == client


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hub.example.org",
        "ftp://hub.example.org",
        "https://",
        "https://a b",
        "https://h/?x",
        "https://h/#x",
        "https://user:word@h",
        "https://h/a b",
    ],
)
def test_a_base_url_that_is_none_is_said_at_the_start(text):
    with pytest.raises(ValueError, match="is no address of a hub"):
        checked_base_url(text)


def test_a_base_url_is_kept_without_a_slash_behind():
    assert checked_base_url("https://hub.example.org/data/") == "https://hub.example.org/data"


def test_a_trusted_proxy_that_is_no_address_is_said_at_the_start():
    with pytest.raises(ValueError, match=r"proxy\.example"):
        checked_networks(["10.0.0.0/8", "proxy.example"])
