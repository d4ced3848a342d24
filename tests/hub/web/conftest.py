"""A hub with pages: a dataset of chips with labels, one of thousands of boxes, one of hostile text."""

from collections.abc import Iterator

import pytest

from support.web_datasets import add_boxes, add_places
from support.web_hub import WebHub, web_hub

HOSTILE = (
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> [x](javascript:alert(1)) {{ 7*7 }} ${7*7}"
)


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebHub]:
    """The hub, open to everybody as hubs usually are."""
    with web_hub(tmp_path_factory.mktemp("pages") / "hub") as hub:
        hub.add_key()
        with hub.publish(
            "crops_2026",
            title="Crops of three places",
            description="Fields in **Kenya** and Mali.\n\n- one\n- two",
            tags=["crops", "kenya"],
            citation="Somebody (2026)",
            doi="10.5072/crops",
        ) as shelf:
            add_places(shelf, tmp_path_factory.mktemp("chips"))
        with hub.publish("many", title="Many boxes", tags=["boxes"]) as shelf:
            add_boxes(shelf, 6_000)
        with hub.publish(
            "hostile",
            title=HOSTILE,
            description=HOSTILE,
            citation=HOSTILE,
            doi=HOSTILE,
            tags=[HOSTILE],
            creator_contact={"creator": HOSTILE},
            documentation_link="javascript:alert(1)",
            publications=[
                {"title": HOSTILE, "url": "javascript:alert(1)"},
                {"title": HOSTILE, "url": 7},
                "x",
            ],
        ) as shelf:
            shelf.item(
                "labels", HOSTILE, [0, 0, 1, 1], properties={"label:classes": [{"classes": [HOSTILE]}]}
            )
        yield hub
