"""Whatever is asked, the answer is one of the documented ones: a 4xx with a sentence, never a 500."""

import http.client
import json
import os
from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

LONG = "x" * 10_000
ODD_IDS = [
    *("../../etc/passwd", "a/b", "%2e%2e%2f", "\0", "a\0b", "\N{SNOWMAN}", "'; DROP TABLE items; --"),
    *("*", "%", "_", LONG, "\x7f", "a\nb", "NaN", "-1", "doi"),
]
LIMITS = [
    "0",
    "-1",
    "1000001",
    "1000000000",
    "9" * 400,
    "ten",
    "",
    "1.5",
    "1e3",
    "0x10",
    "\N{SUPERSCRIPT TWO}",
    " 5",
    "+5",
]


def refused(answer: requests.Response, status: int = 400) -> str:
    """The one sentence of the refusal."""
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert body.keys() == {"detail"}
    assert isinstance(body["detail"], str)
    return body["detail"]


@pytest.mark.parametrize(
    ("path", "largest"),
    [("search", 1_000_000), ("collections/fields/items", 10_000), ("collections", 10_000)],
)
@pytest.mark.parametrize("limit", LIMITS)
def test_a_limit_is_a_number_within_bounds(crops, path, largest, limit):
    sentence = f"limit must be a number from 1 to {largest}."

    assert refused(crops.get(path, params={"limit": limit})) == sentence
    assert refused(crops.get(path, params={"limit": largest + 1})) == sentence


@pytest.mark.parametrize("limit", [0, -1, 1_000_001, 10**30])
def test_a_limit_in_a_body_likewise(crops, limit):
    refused(crops.ask("POST", "search", json={"limit": limit}))


def test_both_ends_of_the_limits_are_possible(crops):
    assert len(crops.get("search", params={"limit": 1}).json()["features"]) == 1
    assert len(crops.get("search", params={"limit": 1_000_000}).json()["features"]) == 18
    assert len(crops.get("collections/fields/items", params={"limit": 10_000}).json()["features"]) == 12


@pytest.mark.parametrize("path", ["search", "collections/fields/items"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("bbox", value)
            for value in ("", "1,2,3", "nan,0,1,1", "0,1,0,0", "0,0,1,inf", "a,b,c,d", "1" * 9_000)
        ),
        *(
            ("datetime", value)
            for value in ("", "2019", "2019-01-01", "../..", "yesterday", "2019-01-01T00:00Z")
        ),
        *(("token", value) for value in ("next:x", "", "AAAA", "\0", LONG, "W10", "eyJhIjoxfQ")),
        *(("sortby", value) for value in ('a"b', "\0", ",".join("abcdefghijkl"), "properties.")),
        *(
            ("filter", value)
            for value in ("id =", "", "\0", "id = 'a", "(" * 5_000, "no_such_function(1) = 2")
        ),
        ("filter-crs", "EPSG:3857"),
        ("fields", ",".join(map(str, range(200)))),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_parameter_that_cannot_be_meant_is_refused(crops, path, name, value):
    assert len(refused(crops.get(path, params={name: value}))) < 1_000


@pytest.mark.parametrize("filter_text", ['{"op":"="', '{"op":"nothing","args":[]}', "[" * 50_000, "null"])
def test_a_filter_in_json_that_is_none_is_refused(crops, filter_text):
    body = b'{"filter":' + filter_text.encode() + b"}"
    answers = [crops.ask("POST", "search", data=body)] if filter_text != "null" else []
    if len(filter_text) < 1_000:
        answers.append(crops.get("search", params={"filter": filter_text, "filter-lang": "cql2-json"}))

    for answer in answers:
        refused(answer)


@pytest.mark.parametrize(
    "body",
    [
        *(
            b"{",
            b"[]",
            b"1",
            b'"a"',
            b"null",
            b"\xff\xfe",
            b'{"ids": [1]}',
            b'{"ids": "a"}',
            b'{"limit": "5"}',
        ),
        *(
            b'{"bbox": [1, 2]}',
            b'{"bbox": "1,2,3,4"}',
            b'{"bbox": [NaN, 0, 1, 1]}',
            b'{"bbox": [0, 0, 1e999, 1]}',
        ),
        *(b'{"intersects": {}}', b'{"intersects": "x"}', b'{"intersects": {"type": "Point"}}'),
        *(b'{"query": {"x": {"eq": 1}}}', b'{"datetime": 5}', b'{"datetime": "now"}', b'{"token": 1}'),
        *(b'{"sortby": "id"}', b'{"sortby": [{"field": "id", "direction": "up"}]}', b'{"sortby": [{}]}'),
        *(b'{"fields": []}', b'{"fields": {"include": "id"}}', b'{"filter": []}', b'{"filter-lang": "sql"}'),
        b'{"bbox": [0, 0, 1, 1], "intersects": {"type": "Point", "coordinates": [0, 0]}}',
        b'{"ids": ["\\ud800"]}',
        b"[" * 100_000,
        b'{"intersects":{"type":"Polygon","coordinates":' + b"[" * 500 + b"]" * 500 + b"}}",
    ],
    ids=lambda body: repr(body[:40]),
)
def test_a_body_that_is_no_search_is_refused(crops, body):
    refused(crops.ask("POST", "search", data=body))


@pytest.mark.parametrize("coordinates", [[[0, 0]], [[0, 0], [1, 1]], [[0, 0], [1, 1], [0, 0]], [[0, 0]] * 4])
def test_a_ring_that_is_none_is_no_fault_of_the_server(crops, coordinates):
    body = {"intersects": {"type": "Polygon", "coordinates": [coordinates]}}

    assert crops.ask("POST", "search", json=body).status_code in (200, 400)


def test_a_geometry_of_more_than_ten_thousand_points_is_refused(crops):
    body = {"intersects": {"type": "MultiPoint", "coordinates": [[n / 100, 0] for n in range(10_001)]}}

    assert "10,000 points" in refused(crops.ask("POST", "search", json=body))


def test_a_geometry_of_ten_thousand_points_is_answered(crops):
    body = {"intersects": {"type": "MultiPoint", "coordinates": [[n / 100, 0] for n in range(10_000)]}}

    assert crops.ask("POST", "search", json=body).status_code == 200


def test_a_body_of_more_than_a_mebibyte_is_refused(crops):
    refused(crops.ask("POST", "search", data=b" " * (1024 * 1024 + 1)), status=413)


def test_so_is_one_that_does_not_say_how_long_it_is(crops):
    """The answer comes while the body is still being sent; the rest of it is not read."""
    pieces = (b" " * 65_536 for _ in range(40))

    try:
        answer = crops.ask("POST", "search", data=pieces)
    except requests.ConnectionError:
        return
    assert answer.status_code == 413


@pytest.mark.parametrize("room", ["datasets", "datasets/doi", "collections", "models", "catalog", "archive"])
@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: repr(odd[:12]))
def test_odd_ids_name_nothing(crops, room, odd):
    answer = crops.get(f"{room}/{quote(odd, safe='')}")

    assert answer.status_code in (400, 404), answer.text[:200]
    assert len(answer.json()["detail"]) < 400


@pytest.mark.parametrize("odd", ODD_IDS, ids=lambda odd: repr(odd[:12]))
def test_odd_ids_name_no_item(crops, odd):
    assert crops.get(f"collections/fields/items/{quote(odd, safe='')}").status_code in (400, 404)
    answer = crops.ask("POST", "search", json={"ids": [odd], "collections": [odd]})
    assert answer.json()["features"] == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE"])
def test_nothing_can_be_changed(crops, method):
    refused(crops.ask(method, "collections/fields"), status=405)


def test_a_thousand_ids_are_asked_for_at_once(crops):
    ids = [f"field_{n:05}" for n in range(999)]

    answer = crops.ask("POST", "search", json={"ids": [*ids, "field_01"]})

    assert [feature["id"] for feature in answer.json()["features"]] == ["field_01"]
    refused(crops.ask("POST", "search", json={"ids": ids * 50}))


@pytest.mark.parametrize(
    "path", ["..", "%2e%2e", "datasets/..", "datasets/%2e%2e/%2e%2e", "datasets/..%2f..%2fsecret"]
)
def test_dots_lead_nowhere(crops, path):
    """Asked by hand: a client's library would take the dots out beforehand."""
    parts = urlsplit(crops.root_url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request("GET", f"{parts.path}{path}")

    assert connection.getresponse().status == 404
    connection.close()


# A sample of what could come, the same at each run: values near the right ones, and any text.
_TEXTS = st.text(max_size=40)
_NUMBERS = st.one_of(st.integers(-(10**12), 10**12), st.floats(width=64), st.sampled_from([0, 180, -180, 90]))
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXTS, inner, max_size=4),
    max_leaves=12,
)
_CQL2 = st.recursive(
    st.fixed_dictionaries(
        {"property": st.sampled_from(["id", "datetime", "geometry", "eo:cloud_cover"]) | _TEXTS}
    )
    | _JSON,
    lambda inner: st.fixed_dictionaries(
        {
            "op": st.sampled_from(
                ["and", "or", "not", "=", "<", "in", "like", "between", "isNull", "s_intersects"]
            )
            | st.sampled_from(["t_after", "a_contains", "casei", "+", "div"])
            | _TEXTS,
            "args": st.lists(inner, max_size=3) | _JSON,
        }
    ),
    max_leaves=10,
)
_MEMBERS = {
    "collections": st.lists(st.sampled_from(["fields", "floods"]) | _TEXTS, max_size=3) | _JSON,
    "ids": st.lists(_TEXTS, max_size=3) | _JSON,
    "bbox": st.lists(_NUMBERS, min_size=3, max_size=6) | _JSON,
    "intersects": st.fixed_dictionaries(
        {
            "type": st.sampled_from(["Point", "Polygon", "MultiPolygon", "GeometryCollection"]),
            "coordinates": _JSON,
        }
    )
    | st.fixed_dictionaries(
        {
            "type": st.just("Polygon"),
            "coordinates": st.lists(st.lists(st.lists(_NUMBERS, min_size=2, max_size=3))),
        }
    ),
    "datetime": st.from_regex(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z(/(\.\.)?)?", fullmatch=True
    )
    | _JSON,
    "limit": st.integers(-5, 1_000_005) | _JSON,
    "token": _JSON,
    "filter": _CQL2,
    "filter-lang": st.sampled_from(["cql2-text", "cql2-json"]) | _TEXTS,
    "sortby": st.lists(
        st.fixed_dictionaries({"field": _TEXTS, "direction": st.sampled_from(["asc", "desc"])}), max_size=3
    )
    | _JSON,
    "fields": st.fixed_dictionaries({"include": st.lists(_TEXTS, max_size=3)}) | _JSON,
}
_BODIES = st.fixed_dictionaries({}, optional=_MEMBERS) | _JSON
_PATHS = st.lists(
    st.sampled_from(
        ["datasets", "doi", "collections", "fields", "items", "catalog", "archive", "info", "models"]
    )
    | st.text(max_size=12),
    max_size=5,
)
_NAMES = [*_MEMBERS, "tags", "text", "q", "extensions", "key"]
_QUERIES = st.lists(st.tuples(st.sampled_from(_NAMES) | _TEXTS, _TEXTS | _NUMBERS.map(str)), max_size=4)

_EXAMPLES = settings(
    max_examples=int(os.environ.get("HUB_EXAMPLES", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@seed(2022)
@_EXAMPLES
@given(body=_BODIES)
def test_no_body_makes_the_server_fail(crops, body):
    answer = crops.ask("POST", "search", data=json.dumps(body))

    assert answer.status_code in (200, 400), answer.text[:300]


@seed(2022)
@_EXAMPLES
@given(path=_PATHS, query=_QUERIES)
def test_no_address_makes_the_server_fail(crops, path, query):
    way = "/".join(quote(part, safe="") for part in path)

    answer = crops.get(way, params=[(name.encode("utf-8", "replace"), value) for name, value in query])

    assert answer.status_code in (200, 303, 400, 401, 404, 429), answer.text[:300]


@seed(2022)
@_EXAMPLES
@given(
    text=st.lists(
        st.sampled_from(
            ["id", "=", "'a'", "AND", "NOT", "(", ")", "<", "3", "LIKE", "IN", ",", "BETWEEN", "IS NULL"]
        )
        | st.sampled_from(
            ["s_intersects", "POINT(1 2)", "TIMESTAMP('2019-01-01T00:00:00Z')", "casei", "-", "^", '"']
        )
        | st.text(max_size=3),
        max_size=15,
    ).map(" ".join)
)
def test_no_filter_makes_the_server_fail(crops, text):
    answer = crops.get("search", params={"filter": text.encode("utf-8", "replace")})

    assert answer.status_code in (200, 400), answer.text[:300]
