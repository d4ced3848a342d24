"""One catalog in every form that a source can have: the same files at the same places, the same counts."""

from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from radiant_mlhub import Dataset
from support import recorded_hub
from support.recorded_hub import RecordedHub
from support.recorded_sources import DATASET, FORMS

CHIP = "20181124_155714_1049_16762-29709-16"
pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)


@pytest.fixture(scope="module")
def hub():
    with RecordedHub() as hub:
        hub.catalog()
        yield hub


@pytest.fixture(scope="module")
def fetched_from_the_hub(hub, tmp_path_factory):
    """What a download from the hub leaves: path below the dataset's folder to content."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLHUB_ROOT_URL", hub.root_url)
        environment.setenv("MLHUB_API_KEY", hub.key)
        return files_of(Dataset.fetch(DATASET).download(tmp_path_factory.mktemp("hub"), progress=False))


@pytest.fixture(scope="module", params=FORMS)
def location(request, hub, tmp_path_factory):
    with ExitStack() as running:
        yield FORMS[request.param](hub, tmp_path_factory.mktemp("source"), running)


@pytest.fixture
def dataset(location):
    return Dataset.from_stac(location, id=DATASET)


def files_of(report):
    return {path.relative_to(report.folder).as_posix(): path.read_bytes() for path in report.paths}


def test_every_form_gives_the_same_files(dataset, hub, tmp_path, fetched_from_the_hub):
    """2,825 paths, every byte as served; a second run asks for none of them."""
    report = dataset.download(tmp_path / "data", progress=False)

    assert (report.planned, report.fetched, report.failed) == (2825, 2825, 0)
    assert files_of(report) == fetched_from_the_hub

    hub.files.requests.clear()
    again = dataset.download(tmp_path / "data", progress=False)

    assert (again.kept, again.fetched) == (2825, 0)
    assert [each for each in hub.files.requests if "/mlhub/nasa-marine-debris/" in each.path] == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"collection_filter": {"nasa_marine_debris_labels": ["labels"]}}, 706),
        ({"datetime": datetime(2018, 12, 15, tzinfo=UTC)}, 9),
        ({"datetime": ("2016-01-01T00:00:00Z", "2016-12-31T00:00:00Z")}, 325),
        ({"bbox": [-87.5610, 5.9137, -87.5555, 15.9191]}, 9),
        ({"assets": ["image/tiff", "labels"]}, 1412),
        ({"ids": [f"{DATASET}_source_{CHIP}", f"{DATASET}_labels_{CHIP}"]}, 5),
        ({"filter": "datetime < TIMESTAMP('2017-01-01T00:00:00Z')"}, 325),
        ({"max_items": 10}, 10 * 4 + 1),
        ({"sample": 0.1, "seed": 1, "assets": ["image_geotiff", "labels"]}, 2 * 60),
    ],
)
def test_every_form_gives_the_same_counts(dataset, tmp_path, filters, count):
    """Labels and the images they name are found to be pairs by every form's own links."""
    report = dataset.download(tmp_path / "data", dry_run=True, progress=False, **filters)

    assert (report.planned, report.fetched) == (count, 0)


def test_every_form_has_the_same_collections(dataset):
    """Those of labels are told by their items, which use the label extension."""
    assert sorted(each.id for each in dataset.collections) == [f"{DATASET}_labels", f"{DATASET}_source"]
    assert [each.id for each in dataset.collections.labels] == [f"{DATASET}_labels"]
    assert [each.id for each in dataset.collections.source_imagery] == [f"{DATASET}_source"]
