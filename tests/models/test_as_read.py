"""Recorded STAC objects come out as they went in, and without the network."""

import copy
import pickle

import pystac
import pytest

from radiant_mlhub import Collection, Dataset, MLModel
from radiant_mlhub.models._as_read import FetchedItem
from support import recorded_hub
from support.recorded import needs_recordings
from support.recorded_hub import recorded


def every(name, field=None):
    if not recorded_hub.available():
        return []
    answer = recorded(name)
    return answer[field] if field else answer


COLLECTIONS = every("collections.json", "collections")
MODELS = every("models.json")
ITEMS = every("collections__ref_african_crops_kenya_02_source__items__page1.json", "features")
DATASETS = every("datasets.json")
OBJECTS = [
    *((Collection, d) for d in COLLECTIONS),
    *((MLModel, d) for d in MODELS),
    *((FetchedItem, d) for d in ITEMS),
]
MINIMAL = {
    "id": "a",
    "description": "b",
    "extent": {
        "spatial": {"bbox": [[0, 0, 1, 1]]},
        "temporal": {"interval": [["2020-01-01T00:00:00+0000", None]]},
    },
}


@needs_recordings
def test_the_recordings_are_complete():
    """All that was recorded goes through the tests below."""
    assert (len(COLLECTIONS), len(MODELS), len(ITEMS), len(DATASETS)) == (103, 2, 10, 31)


@needs_recordings
@pytest.mark.parametrize(
    ("kind", "answer"), OBJECTS, ids=lambda v: v["id"] if isinstance(v, dict) else v.__name__
)
def test_a_recorded_object_is_written_as_it_was_read(no_sockets, kind, answer):
    """No field, link, date or version is lost, added or rewritten, also by a copy."""
    before = copy.deepcopy(answer)

    read = kind.from_dict(answer)

    assert read.to_dict() == answer == before
    assert read.to_dict(transform_hrefs=False) == answer
    assert read.clone().to_dict() == answer
    assert copy.deepcopy(read).to_dict() == answer
    assert pickle.loads(pickle.dumps(read)).to_dict() == answer
    assert [link.href for link in read.links] == [link["href"] for link in answer["links"]]
    assert read.get_root() is None
    assert read.get_parent() is None


@needs_recordings
@pytest.mark.parametrize("answer", DATASETS, ids=lambda d: d["id"])
def test_a_recorded_dataset_is_written_as_it_was_read(answer):
    """Fields the constructor does not know are kept."""
    assert Dataset.from_dict(answer).to_dict() == answer


@needs_recordings
@pytest.mark.parametrize(("kind", "answer"), [*OBJECTS[:1], *OBJECTS[-12:]])
def test_the_self_link_can_be_left_out(no_sockets, kind, answer):
    """As pystac's own to_dict does."""
    written = kind.from_dict(answer).to_dict(include_self_link=False)

    assert written == {**answer, "links": [link for link in answer["links"] if link["rel"] != "self"]}


@needs_recordings
def test_what_was_changed_is_written_changed(no_sockets):
    """Keeping what was read never hides a change."""
    collection = Collection.from_dict(COLLECTIONS[0])

    collection.title = "New title"
    collection.extra_fields["sci:doi"] = "10.1/new"
    collection.extra_fields["new"] = 1
    collection.set_self_href("https://hub.example/c")

    written = collection.to_dict()
    assert (written["title"], written["sci:doi"], written["new"]) == ("New title", "10.1/new", 1)
    assert "https://hub.example/c" in [link["href"] for link in written["links"]]
    unchanged = set(COLLECTIONS[0]) - {"title", "sci:doi", "new", "links"}
    assert {k: written[k] for k in unchanged} == {k: COLLECTIONS[0][k] for k in unchanged}


@needs_recordings
def test_what_was_taken_out_is_not_written():
    """Nor is a removed field brought back from what was read."""
    answer = next(d for d in COLLECTIONS if "sci:doi" in d and d.get("providers"))
    collection = Collection.from_dict(answer)

    del collection.extra_fields["sci:doi"]
    collection.providers = None

    assert not {"sci:doi", "providers"} & set(collection.to_dict())


@needs_recordings
def test_summaries_and_assets_are_parsed():
    """They are pystac's objects, not raw dicts left among the extra fields."""
    answer = next(d for d in COLLECTIONS if d.get("summaries") and d.get("assets"))

    collection = Collection.from_dict(answer)

    assert collection.summaries.to_dict() == answer["summaries"]
    assert collection.assets["documentation"].href == answer["assets"]["documentation"]["href"]
    assert not {"summaries", "assets"} & set(collection.extra_fields)


def test_a_collection_without_links_license_or_version_is_read():
    """They are filled in, so that what is written is STAC; the rest stays as it was."""
    written = Collection.from_dict(MINIMAL).to_dict()

    assert written == {
        **MINIMAL,
        "type": "Collection",
        "stac_version": "1.0.0",
        "license": "proprietary",
        "links": [],
    }


def test_an_item_without_links_or_assets_is_read():
    """A field that is null is as good as missing."""
    item = MLModel.from_dict(
        {"id": "a", "geometry": None, "links": None, "properties": {"datetime": "2020-01-01T00:00:00Z"}}
    )

    assert item.to_dict()["stac_version"] == "1.0.0"
    assert (item.links, item.assets) == ([], {})


@pytest.mark.parametrize("version", ["1.0.0", "1.0.0-rc.1"])
def test_the_version_read_is_the_version_written(version):
    """Reading and writing is no migration."""
    assert Collection.from_dict({**MINIMAL, "stac_version": version}).to_dict()["stac_version"] == version


def test_migrate_brings_it_to_pystacs_version():
    """Whoever asks for a migration gets one."""
    migrated = Collection.from_dict({**MINIMAL, "stac_version": "1.0.0"}, migrate=True)

    assert migrated.to_dict()["stac_version"] == pystac.get_stac_version()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Collection, MINIMAL),
        (MLModel, {"id": "a", "geometry": None, "properties": {"datetime": "2020-01-01T00:00:00Z"}}),
    ],
)
def test_href_and_root_are_honoured(no_sockets, kind, fields):
    """The self link is the href; the root is the catalog that was given."""
    root = pystac.Catalog("root", "the root", href="https://hub.example/catalog.json")

    read = kind.from_dict(fields, href="https://hub.example/a.json", root=root)

    assert read.get_self_href() == "https://hub.example/a.json"
    assert read.get_root() is root
    links = {link["rel"]: link["href"] for link in read.to_dict()["links"]}
    assert links == {"self": "https://hub.example/a.json", "root": "https://hub.example/catalog.json"}


def test_preserve_dict_leaves_the_dict_alone():
    """By default nothing the object does reaches the dict it was read from."""
    fields = {"id": "a", "geometry": None, "properties": {"datetime": "2020-01-01T00:00:00Z"}}

    MLModel.from_dict(fields).properties["new"] = 1
    assert "new" not in fields["properties"]

    MLModel.from_dict(fields, preserve_dict=False).properties["new"] = 1
    assert fields["properties"]["new"] == 1


@pytest.mark.parametrize("kind", [Collection, MLModel])
def test_credentials_belong_to_one_object(kind):
    """No class attribute is shared, and a copy has its own."""
    fields = (
        MINIMAL
        if kind is Collection
        else {"id": "a", "geometry": None, "properties": {"datetime": "2020-01-01T00:00:00Z"}}
    )
    one, other = kind.from_dict(fields, api_key="one"), kind.from_dict(fields, profile="other")

    assert (one.session_kwargs, other.session_kwargs) == ({"api_key": "one"}, {"profile": "other"})
    assert one.clone().session_kwargs == {"api_key": "one"}
    assert one.clone().session_kwargs is not one.session_kwargs


def test_another_type_is_refused():
    """An item is no collection."""
    with pytest.raises(pystac.STACTypeError):
        Collection.from_dict({"type": "Feature", "stac_version": "1.0.0", "id": "a", "links": []})


def test_objects_made_by_hand_work():
    """The documented constructors."""
    extent = pystac.Extent(pystac.SpatialExtent([[0, 0, 1, 1]]), pystac.TemporalExtent([[None, None]]))

    collection = Collection("a", "b", extent, api_key="k")

    assert collection.to_dict()["license"] == "proprietary"
    assert collection.clone().session_kwargs == {"api_key": "k"}
