"""The low-level functions: what they ask, and what an answer means."""

import json
import time

import pytest

from radiant_mlhub import client
from radiant_mlhub.exceptions import (
    EntityDoesNotExist,
    InvalidArgument,
    RequestRefused,
    UnexpectedAnswer,
)
from support.fault_server import FaultServer
from support.recorded import needs_recordings
from support.recorded_hub import recorded
from support.wire import Response

KEY = "key-of-the-tests-0123456789"

MISSING = [
    (client.get_dataset_by_id, ["no"], 'Dataset "no" does not exist.'),
    (client.get_dataset, ["no"], 'Dataset "no" does not exist.'),
    (client.get_dataset_by_doi, ["10.1/no"], 'Dataset with DOI "10.1/no" does not exist.'),
    (client.get_dataset, ["10.1/no"], 'Dataset with DOI "10.1/no" does not exist.'),
    (client.get_collection, ["no"], 'Collection "no" does not exist.'),
    (client.get_collection_item, ["no", "it"], 'Collection "no" and/or item it do not exist.'),
    (client.get_collection_archive_info, ["no"], 'Archive "no" does not exist.'),
    (client.get_catalog_info, ["no"], 'Catalog "no" does not exist.'),
    (client.get_model_by_id, ["no"], 'MLModel "no" does not exist.'),
]


@pytest.fixture
def server(monkeypatch):
    with FaultServer() as running:
        monkeypatch.setenv("MLHUB_ROOT_URL", running.url)
        yield running


def answer_with(server, status=200, body=None, **headers):
    content = json.dumps(body).encode() if body is not None else b""
    media_type = {"Content-Type": "application/json"}
    server.route("GET", "/", lambda _: Response(status, media_type | headers, content))


@pytest.mark.parametrize(("function", "ids", "text"), MISSING)
def test_404_means_it_does_not_exist_after_one_request(server, function, ids, text):
    """A wrong id is told at once, in the documented words, and never tried again."""
    answer_with(server, 404, {"detail": "Not Found"})
    started = time.monotonic()

    with pytest.raises(EntityDoesNotExist) as raised:
        function(*ids, api_key=KEY)

    assert str(raised.value) == text
    assert len(server.requests) == 1
    assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: client.list_datasets(api_key=KEY),
        lambda: client.list_collections(api_key=KEY),
        lambda: list(client.list_collection_items("a", api_key=KEY)),
        lambda: client.list_models(api_key=KEY),
        lambda: client.get_dataset("a", api_key=KEY),
    ],
)
def test_every_function_maps_a_refusal(server, call):
    """Lists too raise an MLHubException that is a requests.HTTPError, with status and reason."""
    answer_with(server, 400, {"detail": "no such parameter"})

    with pytest.raises(RequestRefused) as raised:
        call()

    assert raised.value.response.status_code == 400
    assert str(raised.value).startswith("An unknown error occurred: 400 (Bad Request)")
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("call", [client.list_datasets, client.list_collections, client.list_models])
def test_a_list_that_is_not_there_is_no_entity(server, call):
    """Nothing was asked for by its id: a 404 is a refusal, with its status."""
    answer_with(server, 404, {"detail": "Not Found"})

    with pytest.raises(RequestRefused, match=r"An unknown error occurred: 404 \(Not Found\)"):
        call(api_key=KEY)


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("a?b#c", "a%3Fb%23c"),
        ("50%", "50%25"),
        ("<a b>", "%3Ca%20b%3E"),
        ("ä", "%C3%A4"),
        ("a/b", "a%2Fb"),
        ("a:b", "a%3Ab"),
        ("a..b", "a..b"),
    ],
)
def test_an_id_is_one_segment_of_the_path(server, given, sent):
    """No character of an id ends the path, adds a parameter or opens another endpoint."""
    answer_with(server, body={"id": given})

    client.get_collection(given, api_key=KEY)

    assert server.requests[-1].path == f"/collections/{sent}"
    assert server.requests[-1].query == f"key={KEY}"


def test_the_slashes_of_a_doi_are_the_endpoints(server):
    """The documented endpoint has the DOI's slash in its path; what else it holds is quoted."""
    answer_with(server, body={"id": "a"})

    client.get_dataset("10.1002/(SICI)1<1::AID?X>3.0#2", api_key=KEY)

    assert server.requests[-1].path == "/datasets/doi/10.1002/%28SICI%291%3C1%3A%3AAID%3FX%3E3.0%232"


@pytest.mark.parametrize("given", ["", " ", ".", "..", "../datasets", "a/../b", "..\\a", None, 7, "\ud800"])
def test_what_is_no_id_is_refused_before_any_request(server, given):
    """An empty id would list, and one that climbs would ask another endpoint."""
    with pytest.raises(InvalidArgument):
        client.get_collection(given, api_key=KEY)

    assert server.requests == []


@pytest.mark.parametrize("given", ["../../x/y", "10.1/..", ""])
def test_a_doi_does_not_climb_either(server, given):
    """Slashes are allowed in a DOI, the segments that climb are not."""
    with pytest.raises(InvalidArgument):
        client.get_dataset_by_doi(given, api_key=KEY)

    assert server.requests == []


def test_html_is_no_answer_of_a_hub(server):
    """A proxy's or login page is an error of ours that asks for the root URL."""
    server.route("GET", "/", lambda _: Response(200, {"Content-Type": "text/html"}, b"<html>"))

    with pytest.raises(UnexpectedAnswer, match="no JSON"):
        client.list_datasets(api_key=KEY)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (lambda: client.list_datasets(api_key=KEY), {"detail": "moved"}),
        (lambda: client.get_dataset("a", api_key=KEY), ["a"]),
        (lambda: client.list_collections(api_key=KEY), {"collections": 7}),
        (lambda: list(client.list_collection_items("a", api_key=KEY)), []),
    ],
)
def test_an_answer_of_another_shape_is_named(server, call, body):
    """JSON that is not what the documentation says is an MLHubException, not a KeyError later."""
    answer_with(server, body=body)

    with pytest.raises(UnexpectedAnswer, match="should be a JSON"):
        call()


def test_tags_and_phrases_repeat_their_parameter(server):
    """One text or several: each is a parameter of its own."""
    answer_with(server, body=[])

    client.list_datasets(tags="maize", text=["land cover", "Kenya"], api_key=KEY)

    assert server.requests[-1].args == {"tags": ["maize"], "text": ["land cover", "Kenya"], "key": [KEY]}


@pytest.mark.parametrize("arguments", [{"tags": ""}, {"text": ["a", 7]}])
def test_a_tag_that_is_no_text_is_refused(server, arguments):
    """An empty tag would match nothing or everything, by the server's mood."""
    with pytest.raises(InvalidArgument):
        client.list_datasets(api_key=KEY, **arguments)

    assert server.requests == []


def test_a_hub_without_collections_lists_none(server):
    """The field may be missing."""
    answer_with(server, body={})

    assert client.list_collections(api_key=KEY) == []


@pytest.mark.parametrize(
    "arguments", [{"limit": -1}, {"page_size": 0}, {"limit": 1.5}, {"page_size": "9"}, {"extensions": 5}]
)
def test_wrong_arguments_are_refused_before_any_request(server, arguments):
    """Also before the first item is asked for."""
    with pytest.raises(InvalidArgument):
        client.list_collection_items("a", api_key=KEY, **arguments)

    assert server.requests == []


def test_calls_with_one_key_share_their_connection(server):
    """One connection for all calls, not one a call."""
    answer_with(server, body={"id": "a"})

    for _ in range(5):
        client.get_dataset("a", api_key=KEY)

    assert len(server.requests) == 5
    assert server.connections == 1


def test_calls_with_another_key_use_that_key(server):
    """Shared connections never carry a key into another's call."""
    answer_with(server, body={"id": "a"})

    for key in ("first", "second", "first"):
        client.get_dataset("a", api_key=key)

    assert [r.args["key"] for r in server.requests] == [["first"], ["second"], ["first"]]


@needs_recordings
def test_items_come_page_by_page(hub):
    """``page_size`` a request, ``limit`` items at most, and no request that is not needed."""
    items = client.list_collection_items(
        "ref_african_crops_kenya_02_source", page_size=20, limit=25, api_key=hub.key
    )
    assert hub.api.requests == []

    assert len(list(items)) == 25

    assert [r.args["limit"] for r in hub.api.requests] == [["20"], ["20"]]


@needs_recordings
@pytest.mark.parametrize(("limit", "expected"), [(None, 52), (0, 0), (10, 10)])
def test_limit_none_is_all_items(hub, limit, expected):
    """The recorded collection holds 52 items, ten a page."""
    items = client.list_collection_items("ref_african_crops_kenya_02_source", limit=limit, api_key=hub.key)

    assert len({item["id"] for item in items}) == expected


@needs_recordings
def test_recorded_answers_come_as_they_are(hub):
    """The functions add nothing and take nothing away."""
    key = hub.key

    assert client.get_model_by_id("model-cyclone-wind-estimation-torchgeo-v1", api_key=key)["assets"]
    assert client.get_catalog_info("nasa_marine_debris", api_key=key) == recorded(
        "catalog__nasa_marine_debris__info.json"
    )
    assert client.get_collection_archive_info("bigearthnet_v1_labels", api_key=key)["types"] == ["labels"]
    assert client.get_dataset("10.6084/m9.figshare.12047478.v2", api_key=key)["id"] == "idiv_asia_crop_type"
    assert len(client.list_collections(api_key=key)) == 103
    assert len(client.list_datasets(api_key=key)) == 31
    assert len(client.list_models(api_key=key)) == 2


def test_old_names_work_and_name_their_successor(server):
    """Scripts from before 0.5 go on working, and are told."""
    answer_with(server, body={"size": 7})

    with pytest.warns(DeprecationWarning, match="get_collection_archive_info"):
        assert client.get_archive_info("a", api_key=KEY) == {"size": 7}
