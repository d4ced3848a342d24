"""The same hub behind other doors: public, private, and at another address."""

import json

import pytest

from radiant_mlhub.hub.settings import HubSettings
from radiant_mlhub.hub.sqlite_store import open_store
from support.published import chip, collection_of, publish_dataset, published_hub

ADDRESS = "https://hub.example.org/mlhub"
PATHS = [
    "",
    "datasets",
    "collections",
    "collections/fields",
    "models",
    "openapi.json",
    "search",
    "catalog/crops",
]


@pytest.fixture
def folder(tmp_path):
    items = [chip("fields", f"field_{n}", (34 + n, 0), "2019-01-01T00:00:00Z") for n in range(3)]
    store = open_store(tmp_path)
    dataset = {"id": "crops", "collections": [{"id": "fields", "types": ["source_imagery"]}]}
    publish_dataset(store, dataset, [collection_of("fields", items)], items)
    store.close()
    return tmp_path


def test_a_public_hub_asks_nobody_for_a_key(folder):
    with published_hub(folder, HubSettings(access="public")) as hub:
        answers = [hub.get(path, with_key=False, params={"key": "none that is known"}) for path in PATHS]

    assert {answer.status_code for answer in answers} == {200, 303}


def test_a_private_hub_tells_nothing_without_a_key(folder):
    with published_hub(folder, HubSettings(access="private")) as hub:
        assert {hub.get(path, with_key=False).status_code for path in PATHS} == {401}
        assert {hub.get(path).status_code for path in PATHS} == {200, 303}


def test_every_link_begins_with_the_address_that_the_hub_was_given(folder):
    """The hub's own port, and a stranger's Host header, stand in no answer."""
    with published_hub(folder, HubSettings(base_url=ADDRESS)) as hub:
        answers = [
            hub.get(path, headers={"Host": "evil.example.org", "X-Forwarded-Host": "evil.example.org"})
            for path in [*PATHS, "collections/fields/items?limit=1", "collections/fields/items/field_0"]
        ]

    for answer in answers:
        told = answer.text + answer.headers.get("Location", "")
        assert answer.status_code in (200, 303)
        assert "evil" not in told
        assert "127.0.0.1" not in told
    landing_page, items = answers[0].json(), answers[-2].json()
    hrefs = [link["href"] for page in (landing_page, items) for link in page["links"]]
    assert all(href.startswith(f"{ADDRESS}/mlhub/v1/") for href in hrefs)
    assert items["features"][0]["assets"]["image"]["href"] == f"{ADDRESS}/files/v/fields/field_0.tif"


def test_the_openapi_document_names_that_address(folder):
    with published_hub(folder, HubSettings(base_url=ADDRESS, title="Chips of ours")) as hub:
        document = json.loads(hub.get("openapi.json").content)

    assert document["servers"] == [{"url": f"{ADDRESS}/mlhub/v1"}]
    assert document["info"]["title"] == "Chips of ours"
