"""From page to page: links of relation "next", as MLHub and STAC APIs write them."""

import json

import pytest

from radiant_mlhub.exceptions import RequestRefused, UnexpectedAnswer
from support.small_hub import ROOT, html_response, json_response


def page(number, *, following=None, **link):
    links = [{"rel": "self", "href": "x"}]
    if following is not None:
        links.append({"rel": "next", "href": following, **link})
    return {"number": number, "links": links}


def serve(server, *pages):
    server.answers_in_turn("items", *(json_response(page) for page in pages))


def numbers(pages):
    return [page["number"] for page in pages]


def test_pages_until_there_is_no_next_link(hub, session):
    serve(
        hub, page(1, following=f"{hub.root_url}/items?token=2"), page(2, following="items?token=3"), page(3)
    )

    assert numbers(session.paginate("items")) == [1, 2, 3]


def test_nothing_is_asked_before_it_is_needed(hub, session):
    serve(hub, page(1, following="items?token=2"), page(2))
    pages = session.paginate("items")
    assert hub.requests == []

    assert next(pages)["number"] == 1
    assert len(hub.requests) == 1


def test_parameters_are_not_repeated_on_next_links(hub, session, key):
    """What the link names is not sent twice; what it leaves out goes along, the key too."""
    serve(hub, page(1, following=f"{hub.root_url}/items?token=t&limit=1"), page(2))

    list(session.paginate("items", params={"limit": 1, "extensions": ["eo", "label"]}))

    assert hub.last.args == {"token": ["t"], "limit": ["1"], "extensions": ["eo", "label"], "key": [key]}


def test_a_key_in_the_next_link_is_not_repeated(hub, session, key):
    serve(hub, page(1, following=f"{hub.root_url}/items?token=t&key={key}"), page(2))

    list(session.paginate("items"))

    assert hub.last.args == {"token": ["t"], "key": [key]}


def test_a_key_by_call_stays_for_every_page(hub, session):
    serve(hub, page(1, following="items?token=t"), page(2))

    list(session.paginate("items", params={"key": "other"}))

    assert [request.args["key"] for request in hub.requests] == [["other"], ["other"]]


@pytest.mark.parametrize("following", ["items?token=2", "items", "items?token=3"])
def test_a_next_link_that_repeats_ends_with_an_error(hub, session, following):
    """The page itself, the one before, or a circle of several: never a loop without end."""
    circle = [page(n, following=f"items?token={n % 3 + 1}") for n in (1, 2, 3)]
    serve(hub, *circle, page(4, following=following))

    with pytest.raises(
        UnexpectedAnswer, match=r'The link "next" of http.* was followed before: http.*/items'
    ):
        list(session.paginate("items", params={"token": "1"}))

    assert len(hub.requests) <= 4


def test_a_post_link_sends_its_body(hub, session, key):
    serve(
        hub, page(1, following="items", method="POST", body={"token": "t"}, headers={"X-Page": "2"}), page(2)
    )

    assert numbers(session.paginate("items")) == [1, 2]

    assert (hub.last.method, json.loads(hub.last.body)) == ("POST", {"token": "t"})
    assert hub.last.headers["X-Page"] == "2"
    assert hub.last.args == {"key": [key]}


def test_a_post_link_that_merges_adds_to_the_first_body(hub, session):
    link = {"method": "POST", "merge": True, "body": {"token": "t"}}
    serve(hub, page(1, following="items", **link), page(2))

    list(session.paginate("items", json={"limit": 1, "token": "s"}, headers={"X-Mine": "1"}))

    assert json.loads(hub.last.body) == {"limit": 1, "token": "t"}
    assert hub.last.headers["X-Mine"] == "1"


def test_a_post_link_that_does_not_merge_sends_its_own_body_alone(hub, session):
    serve(hub, page(1, following="items", method="POST", body={"token": "t"}), page(2))

    list(session.paginate("items", json={"limit": 1}))

    assert json.loads(hub.last.body) == {"token": "t"}


def test_a_post_link_that_merges_with_nothing(hub, session):
    serve(hub, page(1, following="items", method="POST", merge=True, body={"token": "t"}), page(2))

    list(session.paginate("items"))

    assert json.loads(hub.last.body) == {"token": "t"}


def test_post_links_that_differ_in_their_body_are_no_repetition(hub, session):
    tokens = [page(n, following="items", method="POST", body={"token": n}) for n in (1, 2, 3)]
    serve(hub, *tokens, page(4))

    assert numbers(session.paginate("items")) == [1, 2, 3, 4]


def test_a_next_link_to_a_stranger_gets_nothing_of_the_callers(hub, elsewhere, session, key):
    """No key, no header, no parameter, no body of the caller: the link is sent as it is."""
    serve(elsewhere, page(2))
    link = {"method": "POST", "merge": True, "body": {"token": "t"}}
    serve(hub, page(1, following=f"{elsewhere.root_url}/items?a=1", **link))

    pages = session.paginate(
        "items",
        params={"key": key, "limit": 1},
        json={"mine": key},
        headers={"Authorization": "Bearer secret"},
        cookies={"sid": "secret"},
        auth=("me", "secret"),
    )
    assert numbers(pages) == [1, 2]

    assert elsewhere.last.args == {"a": ["1"]}
    assert json.loads(elsewhere.last.body) == {"token": "t"}
    assert not {"authorization", "cookie"} & set(elsewhere.last.headers)


def test_a_page_that_is_no_json(hub, session):
    hub.answers_in_turn("items", json_response(page(1, following="items?token=2")), html_response())

    with pytest.raises(UnexpectedAnswer, match=r"is no JSON \(text/html"):
        list(session.paginate("items"))


def test_a_page_that_is_refused(hub, session):
    hub.answers_in_turn("items", json_response(page(1, following="items?token=2")), json_response({}, 400))

    with pytest.raises(RequestRefused, match=r"An unknown error occurred: 400 \(Bad Request\)"):
        list(session.paginate("items"))


@pytest.mark.parametrize("following", ["", 5, "http://[::1/x"])
def test_a_next_link_without_an_address(hub, session, following):
    serve(hub, page(1, following=following))

    with pytest.raises(UnexpectedAnswer, match='has a link "next" without an address'):
        list(session.paginate("items"))


@pytest.mark.parametrize("body", [[], {}, {"links": None}, {"links": ["next", {"rel": "self"}]}])
def test_a_page_without_links_is_the_last(hub, session, body):
    hub.route("*", f"{ROOT}/items", lambda _: json_response(body))

    assert list(session.paginate("items")) == [body]
