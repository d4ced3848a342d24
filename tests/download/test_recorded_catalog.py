"""The recorded catalog of nasa_marine_debris, whole and in parts: every byte as served."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from support import recorded_hub
from support.recorded_hub import RecordedHub

pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)

DATASET = "nasa_marine_debris"


@pytest.fixture
def hub(monkeypatch):
    with RecordedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", hub.key)
        hub.catalog()
        yield hub


def asset_requests(hub):
    return [each for each in hub.files.requests if "/mlhub/nasa-marine-debris/" in each.path]


def rows(report):
    with closing(sqlite3.connect(report.manifest)) as connection:
        return connection.execute(
            "SELECT asset_url, asset_save_path FROM assets WHERE filtered = 0 GROUP BY asset_save_path"
        ).fetchall()


def test_every_asset_arrives_as_served(hub, tmp_path):
    """2,825 files: 1 pdf, 706 tif, 706 jpg, 706 geojson and 706 npy, and a second run asks for none."""
    report = Dataset.fetch(DATASET).download(tmp_path, progress=False)

    assert (report.planned, report.fetched, report.failed) == (2825, 2825, 0)
    paths = list(report.paths)
    assert Counter(path.suffix for path in paths) == {
        ".pdf": 1,
        ".tif": 706,
        ".jpg": 706,
        ".geojson": 706,
        ".npy": 706,
    }
    for url, save_path in rows(report):
        content = hub.assets[url.split("/mlhub/", 1)[1]].content
        assert (report.folder / save_path).read_bytes() == content
    assert (tmp_path / DATASET / "err_report.csv").read_bytes() == b""
    assert (tmp_path / DATASET / "catalog.json").is_file()

    hub.files.requests.clear()
    again = Dataset.fetch(DATASET).download(tmp_path, progress=False)

    assert (again.kept, again.fetched, again.bytes_fetched) == (2825, 0, 0)
    assert asset_requests(hub) == []


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"collection_filter": {"nasa_marine_debris_labels": ["labels"]}}, 706),
        ({"datetime": datetime(2018, 12, 15, tzinfo=UTC)}, 9),
        ({"datetime": (datetime(2016, 1, 1, tzinfo=UTC), datetime(2016, 12, 31, tzinfo=UTC))}, 325),
        ({"bbox": [-87.5610, 5.9137, -87.5555, 15.9191]}, 9),
    ],
)
def test_filters_leave_what_they_left_in_2022(hub, tmp_path, filters, count):
    """The counts that the original's own users could rely on, asked for without fetching anything."""
    report = Dataset.fetch(DATASET).download(tmp_path, dry_run=True, progress=False, **filters)

    assert (report.planned, report.fetched) == (count, 0)
    with closing(sqlite3.connect(tmp_path / DATASET / "mlhub_stac_assets.db")) as connection:
        query = "SELECT COUNT(DISTINCT asset_save_path) FROM assets WHERE filtered = 0"
        assert connection.execute(query).fetchone() == (count,)
    assert asset_requests(hub) == []


SOURCE, LABELS = "nasa_marine_debris_source", "nasa_marine_debris_labels"
CHIP = "20181124_155714_1049_16762-29709-16"


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({"assets": ["labels"]}, 706),
        ({"assets": ["image/*"]}, 1412),
        ({"assets": ["image/tiff", "labels"]}, 1412),
        ({"assets": ["*"]}, 2825),
        ({"ids": [f"{SOURCE}_{CHIP}"]}, 2),
        ({"ids": [f"{SOURCE}_{CHIP}", f"{LABELS}_{CHIP}"], "assets": ["image_geotiff", "labels"]}, 2),
        ({"filter": f"collection = '{LABELS}'"}, 2 * 706 + 1),
        ({"filter": "datetime < TIMESTAMP('2017-01-01T00:00:00Z')"}, 325),
        ({"filter": "s_intersects(geometry, BBOX(-87.5610, 5.9137, -87.5555, 15.9191))"}, 9),
        ({"max_items": 10}, 10 * 4 + 1),
        ({"max_items": 10, "assets": ["labels", "image_geotiff"]}, 20),
        ({"max_items": 10, "collection_filter": {SOURCE: ["image_jpeg"]}}, 10),
        ({"sample": 1.0}, 2825),
    ],
)  # fmt: skip
def test_selecting_leaves_what_can_be_counted_by_hand(hub, tmp_path, filters, count):
    """706 pairs: two pictures of a chip, two files of labels, and one document for all."""
    report = Dataset.fetch(DATASET).download(tmp_path, dry_run=True, progress=False, **filters)

    assert report.planned == count
    assert sum(report.removed_by_filter.values()) == 2825 - count


def chips(report, collection_id):
    """What the items that are left are labels or pictures of."""
    with closing(sqlite3.connect(report.manifest)) as connection:
        rows = connection.execute(
            "SELECT item_id FROM items WHERE collection_id = ? AND item_id NOTNULL AND rejected_by IS NULL",
            (collection_id,),
        )
        # Some labels are named a little otherwise than their picture.
        return [item_id.removeprefix(collection_id) for (item_id,) in rows]


def test_a_sample_is_made_of_whole_pairs(hub, tmp_path):
    """A tenth of the labels, their pictures, and a fifth with one seed has all of them."""
    dataset, before = Dataset.fetch(DATASET), (set(), set())
    for fraction in (0.1, 0.2):
        report = dataset.download(tmp_path, dry_run=True, progress=False, sample=fraction, seed=1)
        now = set(chips(report, SOURCE)), set(chips(report, LABELS))

        assert len(now[0]) == len(now[1])
        assert report.planned == 4 * len(now[0]) + 1
        assert abs(len(now[0]) - 706 * fraction) < 6 * (706 * fraction * (1 - fraction)) ** 0.5
        assert all(earlier < later for earlier, later in zip(before, now, strict=True))
        before = now


def test_a_filtered_part_is_what_the_whole_has_there(hub, tmp_path):
    """A filter changes which files come, never where they lie."""
    part = Dataset.fetch(DATASET).download(
        tmp_path / "part", datetime=datetime(2018, 12, 15, tzinfo=UTC), progress=False
    )
    whole = Dataset.fetch(DATASET).download(tmp_path / "whole", progress=False)

    def relative(report) -> set[Path]:
        return {path.relative_to(report.folder) for path in report.paths}

    assert len(relative(part)) == 9
    assert relative(part) < relative(whole)
