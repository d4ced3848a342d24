"""What is left of the recorded catalog on disk when it was read by its links, and what was asked for it."""

from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from radiant_mlhub import Dataset
from support import recorded_hub
from support.fault_server import FaultServer
from support.moto_server import KEYS
from support.recorded_hub import RecordedHub
from support.recorded_sources import DATASET, FORMS
from support.signed_bucket import SignedBucket

pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)


FILTERS = [
    ({"collection_filter": {"nasa_marine_debris_labels": ["labels"]}}, 706),
    ({"datetime": "2018-12-15"}, 9),
    ({"datetime": ("2016-01-01T00:00:00Z", "2016-12-31T00:00:00Z")}, 325),
    ({"bbox": [-87.5610, 5.9137, -87.5555, 15.9191]}, 9),
]


@pytest.fixture(scope="module")
def hub():
    with RecordedHub() as hub:
        hub.catalog()
        yield hub


@pytest.fixture(scope="module")
def folder(hub, tmp_path_factory):
    return Path(FORMS["folder"](hub, tmp_path_factory.mktemp("folder"), ExitStack()))


@pytest.fixture(scope="module")
def web(hub, tmp_path_factory):
    return FORMS["static catalog"](hub, tmp_path_factory.mktemp("web"), ExitStack())


@pytest.fixture
def signs(monkeypatch):
    """What has the keys and the address of a cloud in the environment."""
    pytest.importorskip("obstore", reason="obstore, which signs, is not installed (make .venv/.servers)")

    def with_endpoint(url):
        for name, value in {**KEYS, "AWS_ENDPOINT_URL": url}.items():
            monkeypatch.setenv(name, value)

    return with_endpoint


def json_files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.json")}


def test_its_json_lies_where_the_archive_has_it(folder, web, tmp_path):
    """Byte for byte, 1,415 files; nothing else of the crawl is left."""
    Dataset.from_stac(web, id=DATASET).download(tmp_path, catalog_only=True, progress=False)

    assert json_files(tmp_path / DATASET) == json_files(folder)
    assert list((tmp_path / DATASET).glob(".*")) == []


def test_a_folder_and_its_root_file_are_the_same_source(folder):
    by_folder, by_file = Dataset.from_stac(folder), Dataset.from_stac(folder / "catalog.json")

    assert (by_folder.id, by_file.id) == ("nasa-marine-debris", "nasa-marine-debris")
    assert by_folder.title == "Marine Debris Dataset for Object Detection in Planetscope Imagery"
    assert [each.id for each in by_folder.collections] == [each.id for each in by_file.collections]


def test_its_collections_are_known_after_a_few_requests(hub, web):
    """The root, two collections and an item of each."""
    hub.files.requests.clear()

    assert len(Dataset.from_stac(web).collections) == 2

    asked = [request.path.removeprefix("/stac/").count("/") for request in hub.files.requests]
    assert sorted(asked) == [0, 0, 1, 1, 2, 2]


@pytest.mark.timeout(400)
def test_in_a_bucket_it_is_the_same(folder, s3, signs, tmp_path):
    """moto: every path and byte, relative links and all; each request is signed."""
    signs(s3.url)
    s3.bucket("recorded")
    with requests.Session() as session:  # boto3 takes three times as long for 1,415 files
        for path in folder.rglob("*.json"):
            key = path.relative_to(folder).as_posix()
            session.put(f"{s3.url}/recorded/stac/{key}", path.read_bytes()).raise_for_status()

    report = Dataset.from_stac("s3://recorded/stac/catalog.json", id=DATASET).download(
        tmp_path, progress=False
    )

    assert (report.planned, report.fetched, report.failed) == (2825, 2825, 0)
    assert json_files(tmp_path / DATASET) == json_files(folder)


@pytest.mark.parametrize(("filters", "count"), FILTERS)
def test_in_a_bucket_that_looks_at_signatures_the_counts_are_the_same(
    folder, signs, tmp_path, filters, count
):
    with FaultServer() as server:
        bucket = SignedBucket(server)
        signs(server.url)
        for path in folder.rglob("*.json"):
            bucket.put(f"stac/{path.relative_to(folder).as_posix()}", path.read_bytes())

        report = Dataset.from_stac("s3://bucket/stac/catalog.json", id=DATASET).download(
            tmp_path, dry_run=True, progress=False, **filters
        )

    assert (report.planned, dict(bucket.refusals)) == (count, {})
