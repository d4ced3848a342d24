"""What is tried again, how often, and how long that may take."""

import time
from email.utils import formatdate

import pytest
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import MaxRetryError
from urllib3.response import HTTPResponse

from radiant_mlhub import retry_config
from radiant_mlhub.exceptions import HubUnreachable, RequestRefused
from radiant_mlhub.retry_config import config
from support.small_hub import json_response
from support.wire import Response

CUT = Response(200, {"Content-Length": "99", "Connection": "close"}, b'{"a":')


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(hub, session, status):
    hub.answers_in_turn("x", json_response({}, status), json_response({}, status), json_response({"a": 1}))

    assert session.get_json("x") == {"a": 1}
    assert len(hub.requests) == 3


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT", "DELETE", "OPTIONS"])
def test_a_method_that_may_come_twice_is_tried_again(hub, session, method):
    """A hub's POST is a search."""
    hub.answers_in_turn("x", json_response({}, 503), json_response({}))

    assert session.request(method, "x").status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_breaks_off_is_asked_for_again(hub, session, method):
    hub.answers_in_turn("x", CUT, json_response({"a": 1}))

    assert session.request(method, "x").json() == {"a": 1}


@pytest.mark.parametrize("answer", [json_response({}, 503), CUT])
def test_a_patch_is_sent_once(hub, session, answer):
    """It may mean something else the second time."""
    hub.answers_in_turn("x", answer, json_response({}))

    with pytest.raises((RequestRefused, HubUnreachable)):
        session.patch("x", json={"count": "+1"})

    assert len(hub.requests) == 1


def test_an_adapter_of_the_callers_own_decides_for_its_address(hub, session):
    """For posts that must not come twice."""
    session.mount(f"{hub.root_url}/orders", HTTPAdapter())
    hub.answers("orders", {}, status=503)

    with pytest.raises(RequestRefused):
        session.post("orders", json={})

    assert len(hub.requests) == 1


def test_the_pages_of_a_search_survive_a_busy_hub(hub, session):
    """Its next links are POSTs."""
    link = {"rel": "next", "href": f"{hub.root_url}/search", "method": "POST", "body": {"token": "2"}}
    hub.answers("first", {"page": 1, "links": [link]})
    hub.answers_in_turn("search", json_response({}, 503), json_response({"page": 2, "links": []}))

    assert [page["page"] for page in session.paginate("first")] == [1, 2]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 423, 501, 505])
def test_what_stays_is_not(hub, session, status):
    """404 is an answer: a typo costs one request, not eleven."""
    hub.answers("x", {}, status=status)

    with pytest.raises(RequestRefused):
        session.get("x")

    assert len(hub.requests) == 1


def test_the_last_answer_is_the_error(hub, session):
    """Not a RetryError that hides status and words."""
    hub.answers("x", {"detail": "overloaded"}, status=503, Retry_After="0")

    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert str(error.value) == (
        f"An unknown error occurred: 503 (Service Unavailable). GET {hub.root_url}/x?key=***. "
        'The server says: "overloaded".'
    )
    assert "It asks to wait: 0" in error.value.__notes__[0]
    assert len(hub.requests) == 1 + retry_config.RETRIES


def test_retry_after_is_kept_to(hub, session):
    """A second asked for is a second waited, however short our own waits are."""
    hub.answers_in_turn("x", json_response({}, 429, Retry_After="1"), json_response({"a": 1}))

    started_s = time.monotonic()
    session.get("x")

    assert 1 <= time.monotonic() - started_s < 3


def test_a_wait_beyond_the_limit_is_told_instead_of_waited(hub, session):
    hub.answers("x", {}, status=503, Retry_After="3600")

    started_s = time.monotonic()
    with pytest.raises(RequestRefused) as error:
        session.get("x")

    assert time.monotonic() - started_s < 1
    assert "It asks to wait: 3600" in error.value.__notes__[0]
    assert len(hub.requests) == 1


def answer(**headers):
    return HTTPResponse(
        status=503, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def test_a_date_counts_against_the_servers_own_clock():
    """A server whose clock is an hour slow still means what it says."""
    now_s = 1_600_000_000
    date = formatdate(now_s, usegmt=True)
    later = formatdate(now_s + 5, usegmt=True)

    assert config().get_retry_after(answer(Retry_After=later, Date=date)) == 5
    assert config().get_retry_after(answer(Retry_After=date, Date=later)) == 0
    # Without a clock of its own, ours has to do: that date is long past.
    assert config().get_retry_after(answer(Retry_After=later)) == 0


@pytest.mark.parametrize("header", ["soon", "", "-1", "1.5", "\u0663"])
def test_a_retry_after_that_cannot_be_read_is_no_reason_to_fail(header):
    assert config().get_retry_after(answer(Retry_After=header)) is None


def test_waits_grow_and_differ(monkeypatch):
    """Each is drawn between a half and the whole of 0.3, 0.6, 1.2, 2.4 s: nobody is in lockstep."""
    monkeypatch.setattr(retry_config, "FIRST_WAIT_S", 0.3)

    for number in range(1, retry_config.RETRIES + 1):
        waits = {_wait_before_try(number) for _ in range(50)}
        longest = 0.3 * 2 ** (number - 1)
        assert longest / 2 <= min(waits)
        assert max(waits) <= longest
        assert len(waits) > 25


def _wait_before_try(number):
    retry = config()
    for _ in range(number):
        retry = retry.increment("GET", "/x", answer(), _pool=HTTPConnectionPool("127.0.0.1"))
    return retry.next_wait_s


def test_all_waits_together_are_bounded():
    """At most 15 s after the first failure, at the longest waits."""
    longest = [min(4.0, 0.3 * 2**n) for n in range(retry_config.RETRIES)]
    assert sum(longest) <= retry_config.GIVE_UP_AFTER_S == 15


def test_no_try_starts_after_the_limit():
    retry = config(retries=1000, give_up_after_s=0.05).increment("GET", "/x", answer())
    time.sleep(0.06)

    with pytest.raises(MaxRetryError):
        retry.increment("GET", "/x", answer())
