"""What is left of the recorded catalog on disk when it was read by its links, and what was asked for it."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from support import recorded_hub
from support.recorded_hub import RecordedHub
from support.recorded_sources import DATASET, FORMS

pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)


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
