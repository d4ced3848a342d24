"""Which members of an item come, by the rules of STAC API's fields extension."""

import pytest

from radiant_mlhub.hub.api.fields import Fields
from radiant_mlhub.hub.queries import BadQuery

ITEM = {
    "type": "Feature",
    "id": "a",
    "geometry": None,
    "properties": {"datetime": "2018-12-15T00:00:00Z", "eo:cloud_cover": 3, "nested": {"x": 1, "y": 2}},
    "assets": {"image": {"href": "a.tif", "type": "image/tiff"}, "labels": {"href": "a.geojson"}},
}


def test_only_what_is_included_comes():
    assert Fields.of_text("id,properties.eo:cloud_cover").of(ITEM) == {
        "id": "a",
        "properties": {"eo:cloud_cover": 3},
    }


def test_all_but_what_is_excluded_comes():
    kept = Fields.of_text("-geometry,-assets.image.type,-properties.nested").of(ITEM)

    assert kept == {
        "type": "Feature",
        "id": "a",
        "properties": {"datetime": "2018-12-15T00:00:00Z", "eo:cloud_cover": 3},
        "assets": {"image": {"href": "a.tif"}, "labels": {"href": "a.geojson"}},
    }


def test_within_what_is_included_something_may_be_excluded():
    assert Fields.of_text("+properties,-properties.nested.x").of(ITEM)["properties"]["nested"] == {"y": 2}


def test_something_below_what_is_excluded_may_be_included():
    assert Fields.of_text("-properties,+properties.nested.x,id").of(ITEM) == {
        "id": "a",
        "properties": {"nested": {"x": 1}},
    }


def test_an_empty_include_means_the_usual_members():
    usual = Fields.of_lists([], ["geometry"]).of(ITEM)
    everything = Fields.of_lists(None, ["geometry"]).of(ITEM)

    assert usual["properties"] == {"datetime": "2018-12-15T00:00:00Z"}
    assert everything["properties"] == ITEM["properties"]
    assert "geometry" not in usual
    assert "geometry" not in everything


def test_what_is_in_both_lists_stays():
    assert Fields.of_lists(["id"], ["id"]).of(ITEM) == {"id": "a"}


def test_without_names_the_usual_members_come():
    kept = Fields.of_text("").of(ITEM)

    assert kept["properties"] == {"datetime": "2018-12-15T00:00:00Z"}
    assert kept.keys() == ITEM.keys()


@pytest.mark.parametrize("text", ["nothing", "id.x", "properties.datetime.x", "assets.none", ".", "a..b"])
def test_names_of_nothing_are_no_fault(text):
    Fields.of_text(text).of(ITEM)
    Fields.of_text(f"-{text}").of(ITEM)


def test_names_are_counted_before_they_are_used():
    with pytest.raises(BadQuery, match="at most 100 names"):
        Fields.of_lists(map(str, range(101)), [])
    with pytest.raises(BadQuery, match="10 steps"):
        Fields.of_text(".".join("abcdefghijkl"))
