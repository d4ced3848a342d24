"""Who is let in, and what is kept and shown of a key."""

import hashlib
import logging
import time
from urllib.parse import quote

import pytest
import requests

from radiant_mlhub.hub.serving import tokens
from radiant_mlhub.hub.serving.access import PARAMETER, TOO_MANY, WRONG_KEY
from radiant_mlhub.hub.serving.failed_attempts import FailedAttempts
from radiant_mlhub.hub.serving.keys import make_key, revoke_key
from radiant_mlhub.hub.settings import HubSettings
from support.served import KEY, exchange, get, served, status

NO_KEY_BODY = "Must provide API key or Bearer token to access this route."


@pytest.fixture(scope="module")
def archive(shelf):
    row = shelf.add("archives/a b.tar.gz", b"archive", needs_token=True)
    shelf.add("assets/a.tif", b"asset")
    shelf.publish()
    return row


def ask(origin, path, key=None, **options):
    return requests.get(origin + path, params={"key": key} if key else None, timeout=10, **options)


def test_some_answers_want_a_key(origin):
    assert ask(origin, "/open").text == "open"
    refused = ask(origin, "/locked")
    assert (refused.status_code, refused.text) == (401, NO_KEY_BODY)
    assert ask(origin, "/locked", KEY).text == "locked"
    assert ask(origin, "/locked", headers={"Authorization": f"Bearer {KEY}"}).text == "locked"
    assert ask(origin, "/locked", headers={"Authorization": f"bearer  {KEY}"}).text == "locked"


@pytest.mark.parametrize("path", ["/open", "/locked"])
@pytest.mark.parametrize("key", ["wrong", KEY[:-1], KEY + "x", KEY.upper(), " " + KEY, "\u00fc\u0000"])
def test_a_wrong_key_is_refused_everywhere(origin, path, key):
    refused = ask(origin, path, key)

    assert (refused.status_code, refused.text) == (401, WRONG_KEY)


def test_a_header_of_broken_bytes_is_a_wrong_key(origin):
    answer = exchange(
        origin, b"GET /open HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Bearer \xff\r\n\r\n"
    )

    assert status(answer) == 401


def test_a_revoked_key_is_refused_from_the_next_request_on(shelf, origin):
    stored, key = make_key(shelf.store, "somebody")
    assert ask(origin, "/locked", key).ok

    assert revoke_key(shelf.store, stored.key_id)

    assert ask(origin, "/locked", key).status_code == 401
    assert not revoke_key(shelf.store, stored.key_id)


def test_a_key_is_256_random_bits_and_only_its_digest_is_kept(shelf):
    stored, key = make_key(shelf.store, "somebody")

    assert key.startswith("mlhub_")
    assert len(key) == len("mlhub_") + 43  # 32 bytes in base64
    assert stored.digest == hashlib.sha256(key.encode()).hexdigest()
    assert key != make_key(shelf.store, "somebody")[1]
    for file in shelf.path.rglob("*"):
        assert not file.is_file() or key.encode() not in file.read_bytes()


def test_a_public_hub_ignores_keys(shelf, archive):
    with served(shelf, HubSettings(access="public")) as origin:
        for path in ("/open", "/locked", quote(shelf.address(archive))):
            assert ask(origin, path).ok
            assert ask(origin, path, "wrong").ok


def test_a_private_hub_shows_nothing_without_a_key(shelf, archive):
    settings = HubSettings(access="private")
    asset = shelf.address(shelf.rows["assets/a.tif"])
    with served(shelf, settings) as origin:
        for path in ("/open", "/locked", asset, quote(shelf.address(archive)), "/files/v1/nothing"):
            assert ask(origin, path).status_code == 401
            assert ask(origin, path, "wrong").status_code == 401
        assert ask(origin, asset, KEY).text == "asset"
        assert ask(origin, asset, headers={"Authorization": f"Bearer {KEY}"}).text == "asset"
        assert ask(origin, tokens.signed_path(asset, settings)).text == "asset"


def test_many_wrong_keys_are_slowed_and_hurt_nobody_else(shelf):
    """Guesses beyond the first twenty are not looked at; whoever has a key and has used it goes on."""
    behind = {"X-Forwarded-For": "203.0.113.7"}  # another client of the same trusted proxy
    with served(shelf, HubSettings(trusted_proxies=("127.0.0.1",))) as origin, requests.Session() as session:
        assert ask(origin, "/locked", KEY).ok
        began = time.monotonic()
        statuses = [
            session.get(f"{origin}/locked?key={number}", timeout=10).status_code for number in range(1000)
        ]
        # One in five seconds is looked at: on a slow machine that is more than none.
        looked_at = 20 + (time.monotonic() - began) / 5
        throttled = session.get(f"{origin}/locked?key=x", timeout=10)

        assert statuses[0] == 401
        assert set(statuses) == {401, 429}
        assert statuses.count(401) <= looked_at
        assert throttled.text == TOO_MANY
        assert int(throttled.headers["Retry-After"]) in range(1, 6)
        assert ask(origin, "/locked", KEY).ok
        assert ask(origin, "/locked", KEY, headers=behind).ok
        assert ask(origin, "/locked", "wrong", headers=behind).status_code == 401


class TestFailedAttempts:
    """Twenty at once, then one in five seconds, by address."""

    def test_the_bucket_fills_again(self):
        now = [0.0]
        attempts = FailedAttempts(lambda: now[0])

        for _ in range(20):
            assert attempts.wait_s("192.0.2.1") == 0
            attempts.note("192.0.2.1")

        assert attempts.wait_s("192.0.2.1") == 5
        assert attempts.wait_s("192.0.2.2") == 0
        now[0] = 5.0
        assert attempts.wait_s("192.0.2.1") == 0

    def test_an_ipv6_network_is_one_address(self):
        attempts = FailedAttempts()
        for number in range(20):
            attempts.note(f"2001:db8::{number:x}")

        assert attempts.wait_s("2001:db8::ffff") > 0
        assert attempts.wait_s("2001:db8:0:1::1") == 0

    def test_ten_thousand_keys_from_one_address_take_half_a_day(self):
        now = [0.0]
        attempts = FailedAttempts(lambda: now[0])
        for _ in range(10_000):
            now[0] += attempts.wait_s("192.0.2.1")
            attempts.note("192.0.2.1")

        assert now[0] > 13 * 3600

    def test_a_hundred_thousand_addresses_are_not_all_remembered(self):
        attempts = FailedAttempts()
        for number in range(100_000):
            attempts.note(str(number))

        assert len(attempts._left) == 10_000


def test_the_log_shows_no_key_and_no_token(shelf, archive, caplog):
    settings = HubSettings()
    with served(shelf, settings) as origin, caplog.at_level(logging.DEBUG):
        ask(origin, "/locked", KEY)
        ask(origin, "/locked", "wrong-key-of-somebody")
        ask(origin, "/locked", headers={"Authorization": f"Bearer {KEY}"})
        ask(origin, tokens.signed_path(quote(shelf.address(archive)), settings))
        exchange(origin, get(f"/open?a=b&KEY={KEY}&%6Bey={KEY}"))

    lines = [record.getMessage() for record in caplog.records if record.name == "radiant_mlhub.hub.access"]
    assert f'127.0.0.1 "GET /locked?{PARAMETER}=***" 200' in lines
    assert len(lines) == 5
    assert not any(KEY in line or "wrong-key-of-somebody" in line for line in lines)
    assert any(line.endswith('?token=***" 200') for line in lines)
