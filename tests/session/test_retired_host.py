"""The documented default host is no more: said within seconds, with what works now."""

import json
import re
import socket
import time

import click
import pytest
import requests

from radiant_mlhub.answers import RETIRED_HINTS
from radiant_mlhub.cli import mlhub
from radiant_mlhub.exceptions import AuthenticationError, HubRetired, MLHubException
from radiant_mlhub.session import Session, get_session
from support.small_hub import ROOT, SmallHub, html_response, json_response
from support.wire import Response


@pytest.fixture
def default_host(monkeypatch):
    """A server that stands where api.radiant.earth stood; no MLHUB_ROOT_URL is set."""
    with SmallHub() as server:
        monkeypatch.setattr(Session, "DEFAULT_ROOT_URL", f"{server.root_url}/")
        yield server


def the_error(key):
    started_s = time.monotonic()
    with pytest.raises(HubRetired) as error:
        get_session(api_key=key).get("datasets")
    assert time.monotonic() - started_s < 5
    return error.value


def test_a_name_that_no_longer_resolves(key, monkeypatch):
    monkeypatch.setattr(Session, "DEFAULT_ROOT_URL", "https://api.radiant.invalid/mlhub/v1/")

    error = the_error(key)

    assert str(error) == (
        "api.radiant.invalid does not answer as a hub any more: the hosted Radiant MLHub was switched "
        "off in October 2023. Set MLHUB_ROOT_URL to the address of a hub that runs."
    )
    notes = "\n".join(error.__notes__)
    assert "MLHUB_ROOT_URL" in notes
    assert "mlhub serve" in notes
    assert "https://source.coop" in notes
    assert isinstance(error, MLHubException)
    assert isinstance(error, requests.ConnectionError)


@pytest.mark.parametrize("hint", RETIRED_HINTS)
def test_a_hint_names_only_commands_that_exist(hint):
    for command in re.findall(r"mlhub ([a-z]+)", hint):
        assert command in mlhub.list_commands(click.Context(mlhub))


def test_nobody_listening(key, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setattr(
            Session, "DEFAULT_ROOT_URL", f"http://127.0.0.1:{taken.getsockname()[1]}/mlhub/v1/"
        )
        the_error(key)


@pytest.mark.parametrize(
    "response",
    [
        html_response(),
        html_response(404),
        html_response(503),
        Response(403, {"Content-Type": "application/xml"}, b"<Error/>"),
        Response(404, {}, b""),
    ],
)
def test_an_answer_that_no_hub_gives(default_host, key, response):
    """A parked name, a storage service, a load balancer with nothing behind it: one try tells."""
    default_host.route("*", ROOT, lambda _: response)

    the_error(key)

    assert len(default_host.requests) == 1


def test_a_redirect_to_a_page_of_somebody_else(default_host, elsewhere, key):
    elsewhere.route("*", "/", lambda _: html_response())
    default_host.redirects("datasets", f"{elsewhere.url}/mlhub")

    the_error(key)

    assert key not in str(elsewhere.requests)


def test_json_is_taken_as_an_answer(default_host, key):
    """Should somebody run the service again, nothing stands in the way."""
    default_host.answers("datasets", [])
    default_host.route("*", f"{ROOT}/items", lambda _: json_response({}, 401))

    assert get_session(api_key=key).get_json("datasets") == []
    with pytest.raises(AuthenticationError) as error:
        get_session(api_key=key).get("items")
    assert any("October 2023" in note for note in error.value.__notes__)


def test_a_hub_of_ones_own_is_never_called_retired(hub, session):
    hub.route("*", f"{ROOT}/x", lambda _: html_response())

    assert session.get("x").text.startswith("<html>")
    with pytest.raises(MLHubException) as error:
        session.get_json("x")
    assert "October 2023" not in json.dumps([str(error.value), *error.value.__notes__])
