"""Datasets, catalogs, archives and models: who may ask, and what is answered."""

import pytest
import requests

NEEDS_KEY = [
    "collections/fields/items",
    "collections/fields/items/field_01",
    "catalog/kenya_crops",
    "archive/labels",
    "search",
]
OPEN = [
    *("", "conformance", "openapi.json", "queryables", "children"),
    *("datasets", "datasets/kenya_crops", "collections", "collections/fields", "models", "models/classifier"),
    *("archive/labels/info", "collections/fields/queryables"),
]


@pytest.mark.parametrize("path", OPEN)
def test_anybody_may_see_what_there_is(crops, path):
    assert crops.get(path, with_key=False).status_code == 200


@pytest.mark.parametrize("path", NEEDS_KEY)
def test_items_and_downloads_want_a_key(crops, path):
    answer = crops.get(path, with_key=False)

    assert answer.status_code == 401
    assert answer.json() == {"detail": "Must provide API key or Bearer token to access this route."}
    assert crops.get(path).status_code in (200, 303)
    assert crops.get(path, with_key=False, params={"key": crops.key}).status_code in (200, 303)


def test_a_body_is_asked_for_a_key_too(crops):
    assert crops.ask("POST", "search", with_key=False, json={}).status_code == 401


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("datasets/nothing", "Dataset nothing does not exist."),
        ("datasets/doi/10.5072/nothing", "Dataset with DOI 10.5072/nothing does not exist."),
        ("collections/no_collection", "Collection no_collection does not exist."),
        ("collections/no_collection/items", "Collection no_collection does not exist."),
        ("collections/no_collection/items/item_id", "Collection no_collection does not exist."),
        ("collections/no_collection/queryables", "Collection no_collection does not exist."),
        ("collections/labels/items/no", "Collection labels, item no does not exist."),
        ("catalog/nothing", "Catalog nothing does not exist."),
        ("catalog/nothing/info", "Catalog nothing does not exist."),
        ("archive/fields", "Archive fields does not exist."),
        ("archive/fields/info", "Archive fields does not exist."),
        ("models/nothing", "Model nothing does not exist."),
        ("no/such/path", "Not Found"),
        ("datasets/", "Not Found"),
    ],
)
def test_what_does_not_exist_is_named_in_a_404(crops, path, detail):
    answer = crops.get(path)

    assert (answer.status_code, answer.json()) == (404, {"detail": detail})


def test_a_dataset_is_found_by_id_and_by_doi(crops):
    by_id = crops.get("datasets/kenya_crops").json()

    assert by_id["title"] == "Crops of Kenya"
    assert crops.get("datasets/doi/10.5072/Crops%231").json() == by_id
    assert by_id in crops.get("datasets").json()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"tags": ["crops"]}, ["kenya_crops"]),
        ({"tags": ["crops", "generated"]}, ["kenya_crops"]),
        ({"tags": ["crops", "floods"]}, []),
        ({"text": ["crops of"]}, ["kenya_crops"]),
        ({"text": ["kenya", "crops"]}, ["kenya_crops"]),
        ({"text": ["kenya", "rice"]}, []),
        ({"text": ["floods"], "tags": ["crops"]}, []),
        ({}, ["fiji", "kenya_crops"]),
    ],
)
def test_every_tag_and_every_phrase_must_match(crops, query, found):
    assert [dataset["id"] for dataset in crops.get("datasets", params=query).json()] == found


@pytest.mark.parametrize(
    "text", ['"', "crops AND", "NEAR(", "*", "a OR b NOT", "^x", "'; --", "\0", "title:x"]
)
def test_no_phrase_is_a_command(crops, text):
    assert crops.get("datasets", params={"text": text}).status_code == 200


def test_an_archive_is_where_a_short_lived_address_leads(crops):
    answer = crops.get("archive/labels")

    path, _, token = answer.headers["Location"].partition("?token=")
    assert path.startswith(crops.root_url.removesuffix("/mlhub/v1/") + "/files/kenya_crops-")
    assert path.endswith("/archives/labels.tar.gz")
    assert token
    assert crops.key not in answer.headers["Location"]


def test_an_archive_tells_what_is_in_it(crops):
    assert crops.get("archive/labels/info").json() == {
        "collection": "labels",
        "dataset": "kenya_crops",
        "size": 77,
        "types": ["labels"],
    }


def test_a_model_without_a_collection_here_stands_below_the_landing_page(crops):
    model = crops.get("models/classifier").json()

    hrefs = {link["rel"]: link["href"] for link in model["links"]}
    assert crops.get("models").json() == [model]
    assert hrefs == {
        "parent": crops.root_url,
        "root": crops.root_url,
        "self": f"{crops.root_url}models/classifier",
    }


def test_a_model_in_a_collection_is_an_item_of_it(recorded):
    """Two recorded models name a collection and a place in it as their own."""
    for model in recorded.get("models").json():
        own = next(link["href"] for link in model["links"] if link["rel"] == "self")

        answer = recorded.get(own.removeprefix(recorded.root_url))

        assert answer.json() == model


@pytest.mark.parametrize("path", [*OPEN, *NEEDS_KEY])
def test_head_is_get_without_a_body(crops, path):
    plain = {"Accept-Encoding": "identity"}
    get = crops.get(path, headers=plain)
    head = crops.ask("HEAD", path, headers=plain)

    assert (head.status_code, head.content) == (get.status_code, b"")
    assert _comparable(head) == _comparable(get)


def _comparable(answer: requests.Response) -> dict[str, str]:
    headers = {name.lower(): value for name, value in answer.headers.items() if name.lower() != "date"}
    # The token in it holds the time.
    return {**headers, "location": headers.get("location", "").partition("?")[0]}
