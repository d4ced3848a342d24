"""What a hub says of the sizes of its files, compared with what is then sent."""

from collections.abc import Iterator

import pytest
import requests

from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from support.published import PublishedHub, published_hub
from support.training_dataset import TrainingDataset

CHIPS = 3


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> TrainingDataset:
    return TrainingDataset(tmp_path_factory.mktemp("source"), CHIPS)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, source: TrainingDataset) -> Iterator[PublishedHub]:
    folder = tmp_path_factory.mktemp("sizes")
    with published_hub(folder) as hub:
        publish(HubFolder(folder), hub.store, source.folder, dataset_id="crops")
        yield hub


def downloaded(hub: PublishedHub, path: str, method: str = "GET") -> requests.Response:
    """What the redirect at ``path`` leads to."""
    return hub.ask(method, path, allow_redirects=True, headers={"Accept-Encoding": "identity"})


def test_the_sizes_of_a_dataset_are_those_of_its_files(hub, source):
    """The document that all items share counts once."""
    told = hub.get("catalog/crops/info").json()

    files = [path for path in source.folder.rglob("*") if path.is_file() and path.suffix != ".json"]
    assert told == {
        "dataset": "crops",
        "stac_catalog_size": len(downloaded(hub, "catalog/crops").content),
        "estimated_dataset_size": sum(path.stat().st_size for path in files),
    }


@pytest.mark.parametrize(("collection_id", "types"), [("labels", ["labels"]), ("source", ["source_imagery"])])
def test_the_size_of_an_archive_is_that_of_its_file(hub, collection_id, types):
    told = hub.get(f"archive/crops_{collection_id}/info").json()

    assert told == {
        "collection": f"crops_{collection_id}",
        "dataset": "crops",
        "size": len(downloaded(hub, f"archive/crops_{collection_id}").content),
        "types": types,
    }


@pytest.mark.parametrize("path", ["catalog/crops", "archive/crops_labels"])
def test_head_tells_the_size_beforehand_through_the_redirect(hub, path):
    asked = downloaded(hub, path, "HEAD")

    assert [hop.status_code for hop in asked.history] == [303]
    assert int(asked.headers["Content-Length"]) == len(downloaded(hub, path).content)


def test_what_tells_the_size_of_a_catalog_is_the_file_that_is_sent(hub):
    """It is packed for the question, and not again for the download."""
    hub.get("catalog/crops/info")
    first = downloaded(hub, "catalog/crops", "HEAD").headers
    hub.get("catalog/crops/info")
    second = downloaded(hub, "catalog/crops", "HEAD").headers

    assert (first["ETag"], first["Last-Modified"]) == (second["ETag"], second["Last-Modified"])
