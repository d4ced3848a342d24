"""Collections and models are STAC objects that need no network to say what they are."""

import re
from importlib import metadata

import pystac
import pytest

from radiant_mlhub import Collection, MLModel
from support.scripted_hub import collection, item
from support.time_limits import within

LINKS = [
    {"rel": "root", "href": "http://127.0.0.1:9/mlhub/v1/", "type": "application/json"},
    {"rel": "parent", "href": "http://127.0.0.1:9/mlhub/v1/", "type": "application/json"},
    {"rel": "self", "href": "http://127.0.0.1:9/mlhub/v1/collections/scenes", "type": "application/json"},
]


@pytest.mark.weakness(57)
def test_a_collection_is_written_without_the_network(hub):
    """Nobody listens where its links point: they are written as they were read."""
    read = collection("scenes", links=LINKS)
    hub.collections["scenes"] = read

    written = within(5, lambda: Collection.fetch("scenes").to_dict())

    assert {link["rel"]: link["href"] for link in written["links"]} == {
        link["rel"]: link["href"] for link in LINKS
    }


@pytest.mark.weakness(57)
def test_a_model_is_written_without_the_network(hub):
    hub.models["m"] = item("m", {"weights": "http://127.0.0.1:9/w.ckpt"}, collection="models", links=LINKS)

    written = within(5, lambda: MLModel.fetch("m").to_dict())

    assert {link["rel"] for link in written["links"]} >= {"root", "parent", "self"}
    assert written["stac_version"] == "1.0.0"


@pytest.mark.weakness(57)
def test_the_address_of_a_link_is_known_without_the_network(hub):
    hub.collections["scenes"] = collection("scenes", links=LINKS)

    hrefs = within(5, lambda: [link.href for link in Collection.fetch("scenes").links])

    assert sorted(hrefs) == sorted(link["href"] for link in LINKS)


@pytest.mark.weakness(58)
def test_summaries_and_assets_are_parsed(hub):
    poster = "http://127.0.0.1:9/poster.png"
    hub.collections["scenes"] = collection(
        "scenes", {"poster": poster}, summaries={"platform": ["sentinel-2a"], "gsd": [10]}
    )

    fetched = Collection.fetch("scenes")

    assert fetched.summaries.get_list("platform") == ["sentinel-2a"]
    assert fetched.assets["poster"].href == poster
    assert "assets" not in fetched.extra_fields
    written = fetched.to_dict(transform_hrefs=False)
    assert written["summaries"] == {"platform": ["sentinel-2a"], "gsd": [10]}


@pytest.mark.weakness(59)
def test_from_dict_heeds_its_parameters():
    catalog = pystac.Catalog("root", "A root.")

    made = Collection.from_dict(collection("scenes"), href="https://example.org/scenes.json", root=catalog)

    assert made.get_root() is catalog
    assert made.get_self_href() == "https://example.org/scenes.json"


@pytest.mark.weakness(59)
def test_a_model_heeds_the_address_it_is_read_from():
    made = MLModel.from_dict(item("m", {}), href="https://example.org/m.json")

    assert made.get_self_href() == "https://example.org/m.json"


@pytest.mark.weakness(59)
@pytest.mark.parametrize("field", ["links", "license", "stac_version"])
def test_a_collection_that_lacks_a_field_is_still_a_collection(field):
    lacking = collection("scenes")
    del lacking[field]

    assert Collection.from_dict(lacking).id == "scenes"


@pytest.mark.weakness(60)
def test_no_dependency_is_pinned_or_capped():
    """Ranges with a floor only, so that the package installs beside what is there."""
    required = [text.partition(";")[0] for text in metadata.requires("radiant-mlhub")]

    assert required
    assert [text for text in required if re.search(r"~=|==|<", text)] == []
