"""The map's boxes are few enough to be drawn at once, and none is lost among thousands."""

import pytest
import requests

from radiant_mlhub.footprint_boxes import MOST_BOXES
from radiant_mlhub.hub.web.footprints import footprints
from support.web_hub import web_hub


@pytest.fixture
def boxes_of(pages):
    def boxes_of(dataset_id: str) -> dict:
        return requests.get(f"{pages.origin}/datasets/{dataset_id}/footprints.json", timeout=10).json()

    return boxes_of


def test_a_few_boxes_are_told_one_by_one(boxes_of):
    told = boxes_of("crops_2026")

    assert (told["items"], told["merged"]) == (6, False)
    assert [collection["id"] for collection in told["collections"]] == [
        "crops_2026_labels",
        "crops_2026_source",
    ]
    assert told["collections"][0]["boxes"][:4] == [34.0, 0.0, 34.0032, 0.0032]
    assert told["collections"][0]["counts"] == [1, 1, 1]


def test_thousands_are_drawn_together_and_none_is_lost(boxes_of):
    told = boxes_of("many")
    [collection] = told["collections"]

    assert (told["items"], told["merged"]) == (6_000, True)
    assert len(collection["boxes"]) == 4 * len(collection["counts"]) <= 4 * MOST_BOXES
    assert sum(collection["counts"]) == 6_000
    assert min(collection["boxes"][0::4]) == -140.0


def test_the_grid_becomes_coarser_until_there_are_few_enough(pages):
    told = footprints(pages.store, "many", most=200)

    assert sum(len(collection["counts"]) for collection in told["collections"]) <= 200
    assert told["items"] == 6_000


def test_a_box_across_the_antimeridian_stays_one_box(tmp_path):
    with web_hub(tmp_path / "hub") as hub:
        with hub.publish("pacific") as shelf:
            shelf.item("source", "across", [179.5, -1, -179.5, 1])
            shelf.item("source", "nowhere", None)

        told = footprints(hub.store, "pacific")

    assert told["items"] == 1
    assert told["collections"][0]["boxes"] == [179.5, -1, 180.5, 1]
