"""Hubs for the tests of the API."""

from collections.abc import Iterator

import pytest

from support import recorded_hub
from support.published import (
    PublishedHub,
    chip,
    collection_of,
    publish_dataset,
    publish_recorded,
    published_hub,
)
from support.training_dataset import LABEL


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHub]:
    """A hub that holds what was recorded of the hosted service."""
    if not recorded_hub.available():
        pytest.skip(recorded_hub.WHY_SKIPPED)
    with published_hub(tmp_path_factory.mktemp("recorded")) as hub:
        publish_recorded(hub.store)
        yield hub


def _seen(clouds: int) -> dict[str, object]:
    return {"eo:cloud_cover": clouds, "platform": "drawn", "instruments": ["camera", f"radar_{clouds}"]}


@pytest.fixture(scope="session")
def crops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHub]:
    """A hub with two datasets: chips with labels in Kenya, floods on both sides of the 180th meridian."""
    fields = [
        chip(
            "fields",
            f"field_{n:02}",
            (34 + n, n / 2),
            f"2019-{n + 1:02}-01T00:00:00Z",
            **_seen(n),
        )
        for n in range(12)
    ]
    labels = [
        {
            **chip("labels", f"label_{n:02}", (34 + n, n / 2), "2019-06-01T00:00:00Z"),
            "stac_extensions": [LABEL],
        }
        for n in range(4)
    ]
    floods = [
        chip("floods", "east", (179.5, -17), "2016-02-20T00:00:00Z"),
        chip("floods", "west", (-179.5, -17), "2016-02-21T12:00:00Z", season="wet", river="R\u00edo"),
    ]
    crops_dataset = {
        "id": "kenya_crops",
        "title": "Crops of Kenya",
        "doi": "10.5072/Crops#1",
        "tags": ["crops", "generated"],
        "collections": [{"id": "fields", "types": ["source_imagery"]}, {"id": "labels", "types": ["labels"]}],
    }
    archive = {"mlhub:archive": {"size": 77, "path": "archives/labels.tar.gz"}}
    about_labels = collection_of("labels", labels, title="Which crop grows where", **archive)
    about_fields = collection_of("fields", fields)
    floods_dataset = {"id": "fiji", "title": "Floods", "collections": [{"id": "floods", "types": ["labels"]}]}
    model = {**chip("model", "classifier", (34, 0), "2019-06-01T00:00:00Z"), "assets": {}}
    with published_hub(tmp_path_factory.mktemp("crops")) as hub:
        publish_dataset(hub.store, crops_dataset, [about_fields, about_labels], [*fields, *labels])
        publish_dataset(hub.store, floods_dataset, [collection_of("floods", floods)], floods)
        hub.store.publish_model(model)
        yield hub
