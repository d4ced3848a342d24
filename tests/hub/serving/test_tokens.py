"""Archives are for whoever was let in, by an address that is good for a while; assets are for anybody."""

import os
import stat
import time
from urllib.parse import quote

import pytest
import requests

from radiant_mlhub.hub.serving import tokens
from radiant_mlhub.hub.settings import HubSettings
from support.served import KEY, served


def ask(origin, path, key=None, **options):
    return requests.get(origin + path, params={"key": key} if key else None, timeout=10, **options)


@pytest.fixture(scope="module")
def archive(shelf):
    row = shelf.add("archives/a b.tar.gz", b"archive", needs_token=True)
    shelf.add("assets/a.tif", b"asset")
    shelf.publish()
    return row


@pytest.fixture(scope="module")
def settings():
    return HubSettings()


@pytest.fixture(scope="module")
def origin(shelf, settings):
    with served(shelf, settings) as origin:
        yield origin


@pytest.fixture
def path(shelf, archive):
    return quote(shelf.address(archive))


def test_an_archive_wants_a_token_or_a_key(origin, settings, path):
    assert ask(origin, path).status_code == 401
    assert ask(origin, path, "wrong").status_code == 401
    assert ask(origin, path, KEY).text == "archive"
    assert ask(origin, tokens.signed_path(path, settings)).text == "archive"


def test_a_part_wants_it_too(origin, settings, path):
    part = {"Range": "bytes=0-2"}

    assert ask(origin, path, headers=part).status_code == 401
    assert ask(origin, tokens.signed_path(path, settings), headers=part).text == "arc"


def test_an_asset_wants_none(origin, shelf, archive):
    asset = shelf.address(shelf.rows["assets/a.tif"])

    assert ask(origin, asset).text == "asset"
    assert ask(origin, asset, "wrong").text == "asset"


def test_a_token_is_good_for_its_file_and_its_hub_alone(origin, settings, path):
    other_file = tokens.signed_path("/files/v1/other", settings).partition("?")[2]
    other_hub = tokens.signed_path(path, HubSettings()).partition("?")[2]

    for query in (
        other_file,
        other_hub,
        "token=",
        "token=1.2",
        "token=" + "9" * 5000 + ".ab",
        "token=\u0663.a",
    ):
        assert ask(origin, f"{path}?{query}").status_code == 401


def test_a_token_with_another_time_is_none(origin, settings, path):
    signed = tokens.signed_path(path, settings)
    expiry = int(signed.partition("token=")[2].partition(".")[0])

    assert ask(origin, signed.replace(str(expiry), str(expiry + 1))).status_code == 401


def test_a_token_ends(origin, settings, path, monkeypatch):
    then = time.time() - tokens.LIFETIME_S - 1
    monkeypatch.setattr(tokens.time, "time", lambda: then)
    signed = tokens.signed_path(path, settings)
    monkeypatch.undo()

    refused = ask(origin, signed)

    assert refused.status_code == 401
    assert "Ask for the catalog or archive again" in refused.text


def test_a_start_that_was_killed_keeps_no_later_one_from_starting(tmp_path):
    """In a container the next start has the same process id."""
    (tmp_path / f".token.secret.{os.getpid()}").write_bytes(b"")

    assert len(tokens.secret_in(tmp_path)) == 32


def test_the_secret_stays_and_is_its_owners(tmp_path):
    """What was signed before a restart is good after it."""
    secret = tokens.secret_in(tmp_path)

    [file] = tmp_path.iterdir()
    assert tokens.secret_in(tmp_path) == secret
    assert len(secret) == 32
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(b"short")
    with pytest.raises(ValueError, match="Delete it"):
        tokens.secret_in(tmp_path)
