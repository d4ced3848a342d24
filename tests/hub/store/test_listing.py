"""Datasets by tag and phrase; collections by place, time and phrase."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiant_mlhub.hub.queries import BadQuery, CollectionQuery, DatasetQuery
from support.stored import collection, publication

KENYA = {
    "title": "Kenya Crop Type",
    "description": "Ground reference for maize — Kenya's fields.",
    "citation": "Muster, Jörg (2020)",
    "tags": ["Crop Type", "segmentation"],
    "creator_contact": {
        "creator": "[PlantVillage](https://plantvillage.psu.edu/)",
        "contact": "a@example.org",
    },
}
FLOODS = {"title": "Floods", "description": None, "tags": None, "creator_contact": None}


@pytest.fixture
def two_datasets(store):
    store.publish(publication(dataset_id="ref_kenya_02", collections=["kenya"], **KENYA))
    store.publish(publication(dataset_id="sen1floods11", collections=["floods"], **FLOODS))
    return store


@pytest.mark.parametrize(
    ("phrases", "found"),
    [
        ([], 2),
        (["crop type"], 1),
        (["CROP TYP"], 1),
        (["type crop"], 0),
        (["ref_kenya_02"], 1),
        (["kenya", "plantvillage"], 1),
        (["kenya", "floods"], 0),
        (["jorg"], 1),
        (["maize Kenya's"], 1),
        (["crop type segmentation"], 0),
        (['"'], 0),
        (["  "], 2),
        (["NEAR(a b) OR title:floods"], 0),
    ],
)
def test_every_phrase_must_stand_somewhere(two_datasets, phrases, found):
    """In one field each, whatever case and accents; the last word may go on."""
    assert len(two_datasets.datasets(DatasetQuery(text=phrases))) == found


@pytest.mark.parametrize(
    ("tags", "found"), [(["crop type"], 1), (["crop type", "Segmentation"], 1), (["crop"], 0), (["a"], 0)]
)
def test_every_tag_must_be_there_whole(two_datasets, tags, found):
    """Whatever its case."""
    assert len(two_datasets.datasets(DatasetQuery(tags=tags))) == found


@settings(deadline=None, max_examples=200)
@given(st.lists(st.text(max_size=60) | st.text('"*():^-+{}\0\ud800 AND', max_size=30), max_size=4))
def test_any_text_may_be_looked_for(shared_store, texts):
    """No text means anything to the search language."""
    shared_store.datasets(DatasetQuery(text=texts, tags=texts))
    shared_store.collections(CollectionQuery(text=texts))


def test_too_much_text_is_refused(store):
    """In one sentence."""
    with pytest.raises(BadQuery, match="At most 50 phrases of 1,000 characters"):
        store.datasets(DatasetQuery(text=["x" * 1001]))


def test_collections_are_found_by_their_extent(store):
    """Open ends have no end; a box across the 180th meridian is one; no extent, no place."""
    fiji = collection(
        "fiji",
        title="Fiji mangroves",
        extent={
            "spatial": {"bbox": [[177, -20, -5, -178, -16, 100]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
        },
    )
    store.publish(publication(collections=[fiji, "nowhere"]))

    def found(**query: object) -> list[str]:
        return [each["id"] for each in store.collections(CollectionQuery(**query))]

    year_2020, year_2021 = 1_577_836_800_000_000, 1_609_459_200_000_000
    assert found() == ["fiji", "nowhere"]
    assert found(bbox=(-179, -17, -170, -10)) == ["fiji"]
    assert found(bbox=(179, -17, -179, -10)) == ["fiji"]
    assert found(bbox=(-170, -17, 170, -10)) == []
    assert found(start_us=year_2021) == ["fiji"]
    assert found(end_us=year_2020 - 1) == []
    assert found(end_us=year_2020) == ["fiji"]
    assert found(text=["mangrove"]) == ["fiji"]
    with pytest.raises(BadQuery, match="The bbox is none"):
        found(bbox=(0, 1, 0, -1))
