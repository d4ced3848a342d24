"""Catalog archives while they are made, and after their dataset was published anew."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from radiant_mlhub.hub import locks
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.sqlite_store import open_store
from support.published import PublishedHub, chip, collection_of, publish_dataset, published_hub

# More than there are threads for everything else, and more than may wait.
MANY = 80


@pytest.fixture
def hub(tmp_path):
    publish_chip(tmp_path, "v1")
    with published_hub(tmp_path) as hub:
        yield hub


def publish_chip(folder: Path, version: str, dataset_id: str = "crops") -> None:
    store = open_store(folder)
    chips = [chip(dataset_id, "a", (1, 2), "2019-01-01T00:00:00Z")]
    dataset = {"id": dataset_id, "collections": [{"id": dataset_id}]}
    publish_dataset(store, dataset, [collection_of(dataset_id, chips)], chips, version=version)
    store.close()


def origin_of(hub: PublishedHub) -> str:
    return hub.root_url.removesuffix("/mlhub/v1/")


def fetched(address: str, **headers: str) -> requests.Response:
    return requests.get(address, headers=headers, timeout=10)


def test_whoever_waits_for_a_catalog_takes_nothing_from_others(hub, tmp_path):
    """Eighty ask for one that somebody makes for long: sixty-four wait, and all else is answered."""
    archive = HubFolder(tmp_path).catalog_archive(origin_of(hub), "v1")
    archive.parent.mkdir(parents=True)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(MANY))
        with locks.held(archive.with_name(f"{archive.name}.lock")) as is_held:
            waiting = [pool.submit(hub.get, "catalog/crops/info", with_key=False) for _ in range(MANY)]
            deadline = time.monotonic() + 10
            while sum(each.done() for each in waiting) < MANY - 64:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            others = [hub.get("datasets", timeout=5).status_code for _ in range(3)]
        answers = [each.result() for each in waiting]

    assert is_held
    assert others == [200] * 3
    refused = [answer for answer in answers if answer.status_code == 503]
    assert len(refused) == MANY - 64
    assert {answer.headers["Retry-After"] for answer in refused} == {"2"}
    assert {answer.status_code for answer in answers} == {200, 503}


def test_a_download_goes_on_when_its_dataset_was_published_anew(hub, tmp_path):
    """For a day; only what was made before is there, under its own dataset's name."""
    address = hub.get("catalog/crops").headers["Location"]
    whole = fetched(address)
    publish_chip(tmp_path, "v2")
    publish_chip(tmp_path, "v3", "other")

    rest = fetched(address, Range="bytes=100-", **{"If-Range": whole.headers["ETag"]})
    key = {"Authorization": f"Bearer {hub.key}"}
    of_another = fetched(f"{origin_of(hub)}/files/catalogs/v1/other.tar.gz", **key)
    hub.store.forget_versions(0)
    after_a_day = fetched(address)

    assert urlsplit(address).path == "/files/catalogs/v1/crops.tar.gz"
    assert (rest.status_code, rest.content) == (206, whole.content[100:])
    assert of_another.status_code == 404
    assert (after_a_day.status_code, "Ask for the catalog again" in after_a_day.text) == (404, True)
