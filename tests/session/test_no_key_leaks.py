"""A key of usual length stands in no text: error, note, traceback, repr, log record."""

import copy
import logging
import pickle
import socket
import traceback
from urllib.parse import quote_plus

import pytest

from radiant_mlhub.exceptions import MLHubException
from radiant_mlhub.session import get_session
from support.small_hub import ROOT, html_response, json_response
from support.wire import Response

KEYS = ["0123456789abcdef0123456789abcdef", "with/odd+chars&in=it%20#and%more"]


def failing_calls(session, hub, elsewhere, key):
    """Calls that fail, each in a way of its own, by name."""
    hub.answers("echo", {"detail": f"key {key} is unknown, see http://h/?key={key}"}, status=401)
    hub.answers("forbidden", {"detail": key}, status=403)
    hub.answers("missing", {"detail": f"{hub.url}/x?key={key}"}, status=404)
    hub.route("*", f"{ROOT}/text", lambda _: Response(400, {"Content-Type": "text/plain"}, key.encode()))
    hub.answers("broken", {"detail": key}, status=500)
    hub.answers("busy", {}, status=503, Retry_After="3600")
    hub.route("*", f"{ROOT}/html", lambda _: html_response())
    hub.add(f"{ROOT}/refused", b"{}", refuse=True)
    hub.add(f"{ROOT}/cut", b"{}", cut_after=1)
    hub.add(f"{ROOT}/stalled", b"{}", stall_after=0)
    hub.add(f"{ROOT}/reset", b'{"a": 1}', reset_after=1)
    hub.redirects("loop", f"{hub.root_url}/loop?key=KEY")
    hub.route("*", f"{ROOT}/away", lambda r: Response(302, {"Location": f"file:///x?{r.query}"}))
    hub.route("*", f"{ROOT}/far", lambda r: Response(302, {"Location": f"{elsewhere.url}/x?{r.query}"}))
    hub.route(
        "*", f"{ROOT}/next", lambda r: json_response({"links": [{"rel": "next", "href": f"next?{r.query}"}]})
    )
    renamed = f"renamed?k={quote_plus(key)}"
    hub.answers("renamed", {"links": [{"rel": "next", "href": renamed}]})
    hub.redirects("gone", f"{hub.root_url}/missing?k={quote_plus(key)}")
    hub.redirects("page", f"{hub.root_url}/html?k={quote_plus(key)}")
    hub.redirects("lost", f"{hub.root_url}/lost-here?k={quote_plus(key)}")
    hub.answers("lost-here", {"links": [{"rel": "next", "href": ""}]})
    refused = ["echo", "forbidden", "missing", "text", "broken", "busy"]
    paths = [*refused, "refused", "cut", "reset", "loop", "away", "far"]
    calls = {path: lambda path=path: session.get(path) for path in paths}
    return calls | {
        "html": lambda: session.get_json("html"),
        "stalled": lambda: session.get("stalled", timeout=0.02),
        "next": lambda: list(session.paginate("next")),
        "next with a key of another name": lambda: list(session.paginate("renamed")),
        "refusal at a key of another name": lambda: session.get("gone"),
        "nobody at a key of another name": lambda: session.get(
            f"http://127.0.0.1:{closed_port()}/x?k={quote_plus(key)}"
        ),
        "page that is none": lambda: list(session.paginate("page")),
        "next that is none": lambda: list(session.paginate("lost")),
        "streamed": lambda: session.get("missing", stream=True),
        "unresolved": lambda: session.get("http://hub.invalid/x"),
        "unheard": lambda: session.get(f"http://127.0.0.1:{closed_port()}/x"),
        "no address": lambda: session.get(f"http://[::1/x?key={key}"),
        "no scheme": lambda: session.own_request("GET", f"http://?key={key}"),
        "by hand": lambda: session.get(f"{elsewhere.root_url}/x"),
        "proxy": lambda: session.get("echo", proxies={"http": f"http://127.0.0.1:{closed_port()}"}),
        "no bundle": lambda: session.get("https://127.0.0.1:9/x", verify="/no/such/file"),
    }


def closed_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def everything_said(error):
    """All text an error can bring before somebody's eyes, hidden contexts included."""
    said = []
    seen = error
    while seen is not None:
        said += [str(seen), repr(seen), repr(seen.args), *getattr(seen, "__notes__", ())]
        seen = seen.__cause__ or seen.__context__
    said.append("".join(traceback.format_exception(error)))
    response = getattr(error, "response", None)
    if response is not None:
        answers = [*response.history, response]
        said += [answer.url for answer in answers] + [answer.request.url for answer in answers]
    return "\n".join(said)


@pytest.mark.parametrize("key", KEYS)
def test_no_error_and_no_log_tells_the_key(hub, elsewhere, caplog, key):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests", "radiant_mlhub"):
        caplog.set_level(logging.DEBUG, logger=name)
    said = {}

    session = get_session(api_key=key)
    for name, call in failing_calls(session, hub, elsewhere, key).items():
        with pytest.raises(MLHubException) as error:
            call()
        said[name] = everything_said(error.value)
        error.value.response = None  # an error is copied and sent to other processes without its answer
        said[f"{name}, copied"] = repr(copy.copy(error.value)) + repr(pickle.loads(pickle.dumps(error.value)))
    session.close()
    said["log"] = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)

    for name, text in said.items():
        assert key not in text, f"{name}: {text}"
        assert quote_plus(key) not in text, name
    assert "urllib3.connectionpool" in {record.name for record in caplog.records}


def test_the_session_does_not_show_its_key(session, key):
    assert key not in repr(session)
    assert key not in str(session)


def test_one_line_a_request_at_debug(hub, session, caplog):
    """Method, address, status, bytes, milliseconds; under the documented name."""
    hub.answers("x", {"a": 1})
    caplog.set_level(logging.DEBUG, logger="radiant_mlhub.client.catalog_downloader")

    session.get("x", params={"b": "c"})
    session.get("x", stream=True).close()

    lines = [r.getMessage() for r in caplog.records if r.name == "radiant_mlhub.client.catalog_downloader"]
    assert len(lines) == 2
    assert lines[0].startswith(f"GET {hub.root_url}/x?b=c&key=*** -> 200, 8 bytes, ")
    assert lines[0].endswith(" ms")
    assert lines[1].startswith(f"GET {hub.root_url}/x?key=*** -> 200, 8 bytes, ")
