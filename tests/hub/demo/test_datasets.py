"""The demo's datasets are what they say: labels that agree with chips that lie where they should."""

import hashlib
import io
import json
import re
import tarfile
from contextlib import closing

import numpy as np
import pytest
import rasterio
import requests
from rasterio.warp import transform_bounds, transform_geom

from radiant_mlhub.hub.demo import crops, floods, model
from radiant_mlhub.hub.demo.fields import CROPS
from radiant_mlhub.hub.demo.hub import publish_demo
from radiant_mlhub.hub.demo.pdf import one_page_pdf
from radiant_mlhub.hub.folder import HubFolder
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.sqlite_store import open_store

KINDS = [
    f"{dataset_id}_{kind}"
    for dataset_id in (crops.DATASET_ID, floods.DATASET_ID)
    for kind in ("source", "labels")
]


@pytest.fixture(scope="module")
def items(hub):
    """The items of a collection."""

    def items(collection_id: str) -> list[dict]:
        query = {"key": hub.key, "limit": 100}
        url = f"{hub.root_url}collections/{collection_id}/items"
        return requests.get(url, params=query, timeout=10).json()["features"]

    return items


@pytest.fixture(scope="module")
def content():
    """The bytes of an asset, or of what a link leads to."""
    known: dict[str, bytes] = {}

    def content(asset: dict) -> bytes:
        href = asset["href"]
        if href not in known:
            known[href] = requests.get(href, timeout=10).content
        return known[href]

    return content


@pytest.mark.parametrize("collection_id", KINDS)
def test_every_asset_is_a_file_of_the_size_and_digest_it_names(items, content, collection_id):
    for asset in (asset for item in items(collection_id) for asset in item["assets"].values()):
        file = content(asset)

        assert asset["file:size"] == len(file)
        assert asset["file:checksum"] == "1220" + hashlib.sha256(file).hexdigest()


@pytest.mark.parametrize("dataset_id", [crops.DATASET_ID, floods.DATASET_ID])
def test_all_items_of_a_dataset_share_one_document(items, dataset_id):
    kinds = ("source", "labels")
    shared = {
        item["assets"]["documentation"]["href"] for kind in kinds for item in items(f"{dataset_id}_{kind}")
    }

    assert len(shared) == 1


@pytest.mark.parametrize("collection_id", [KINDS[0], KINDS[2]])
def test_chips_open_as_rasters_that_lie_where_their_items_say(items, content, collection_id):
    for item in items(collection_id):
        with rasterio.MemoryFile(content(item["assets"]["image"])) as file, file.open() as chip:
            assert chip.crs.to_epsg() == (4326 if collection_id == KINDS[0] else 32736)
            assert chip.shape == ((64, 64) if collection_id == KINDS[0] else (96, 96))
            around = transform_bounds(chip.crs, "EPSG:4326", *chip.bounds)
            assert list(around) == pytest.approx(item["bbox"], abs=1e-6)
            assert np.isfinite(chip.read()).all()


def test_crops_have_dates_and_floods_have_ranges(items):
    days = {item["properties"]["datetime"][:10] for item in items("demo_crops_source")}
    ranges = {
        (
            item["properties"]["datetime"],
            item["properties"]["start_datetime"],
            item["properties"]["end_datetime"],
        )
        for item in items("demo_floods_source")
    }

    assert days == set(crops.DAYS)
    assert ranges == {
        (None, "2019-03-01T00:00:00Z", "2019-03-06T23:59:59Z"),
        (None, "2019-03-15T00:00:00Z", "2019-03-20T23:59:59Z"),
    }


def test_fields_as_polygons_and_as_raster_agree(items, content):
    for item in items("demo_crops_labels"):
        polygons = json.loads(content(item["assets"]["labels"]))
        with rasterio.MemoryFile(content(item["assets"]["raster_labels"])) as file, file.open() as raster:
            for feature in polygons["features"]:
                west, south = feature["geometry"]["coordinates"][0][0]
                middle_of_a_pixel = raster.res[0] / 2
                row, column = raster.index(west + middle_of_a_pixel, south + middle_of_a_pixel)
                assert CROPS[raster.read(1)[row, column] - 1] == feature["properties"]["crop"]


def test_water_as_polygons_and_as_raster_agree_and_is_dark_to_the_radar(items, content):
    chips = {item["id"]: item for item in items("demo_floods_source")}
    for item in items("demo_floods_labels"):
        polygons = json.loads(content(item["assets"]["labels"]))
        [source] = [link["href"].rpartition("/")[2] for link in item["links"] if link["rel"] == "source"]
        with (
            rasterio.MemoryFile(content(item["assets"]["raster_labels"])) as file,
            file.open() as raster,
            rasterio.MemoryFile(content(chips[source]["assets"]["image"])) as chip_file,
            chip_file.open() as chip,
        ):
            is_water = raster.read(1) == 2
            outlines = [
                transform_geom("EPSG:4326", raster.crs, feature["geometry"])
                for feature in polygons["features"]
            ]
            drawn = rasterio.features.geometry_mask(outlines, raster.shape, raster.transform, invert=True)
            seen = chip.read(1)

        assert (drawn == is_water).mean() > 0.999
        assert seen[is_water].mean() < -15 < seen[~is_water].mean()


def test_water_is_wider_in_the_flood(items, content):
    def water(item: dict) -> int:
        with rasterio.MemoryFile(content(item["assets"]["raster_labels"])) as file, file.open() as raster:
            return int((raster.read(1) == 2).sum())

    before, flooded = (
        sum(water(item) for item in items("demo_floods_labels") if days in item["id"])
        for days in floods.WIDTHS
    )
    assert flooded > 3 * before


@pytest.mark.parametrize("dataset_id", [crops.DATASET_ID, floods.DATASET_ID])
def test_splits_hold_every_label_once(items, content, dataset_id):
    labels = items(f"{dataset_id}_labels")
    splits = [asset for key, asset in labels[0]["assets"].items() if key.endswith("_split")]
    listed = [name for split in splits for name in content(split).decode().splitlines()[1:]]

    assert sorted(listed) == sorted(item["id"] for item in labels)
    assert len(splits) >= 2


def test_the_model_knows_crops_apart(hub, content):
    asked = requests.get(f"{hub.root_url}models/{model.MODEL_ID}", timeout=10).json()
    centroids = np.load(io.BytesIO(content(asked["assets"]["inferencing-checkpoint"])))

    assert centroids.shape == (3, 4)
    assert len({tuple(row.round(-2)) for row in centroids}) == 3


def test_the_label_archive_holds_what_the_labels_point_at(hub):
    url = f"{hub.root_url}archive/demo_crops_labels"
    packed = requests.get(url, params={"key": hub.key}, timeout=10).content
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        names = {member.name for member in archive if member.isfile()}

    assert "demo_crops_labels/_common/documentation.pdf" in names
    assert "demo_crops_labels/demo_crops_labels_kenya_01/labels.geojson" in names


def test_what_is_published_passes_the_hubs_own_check(hub, hub_folder, tmp_path):
    """The catalog archive, as clients get it, is a source without a problem."""
    url = f"{hub.root_url}catalog/demo_floods"
    archive = tmp_path / "demo_floods.tar.gz"
    archive.write_bytes(requests.get(url, params={"key": hub.key}, timeout=10).content)
    with closing(open_store(tmp_path)) as store:
        report = publish(
            HubFolder(tmp_path), store, archive, dataset_id="demo_floods", how="remote", check_only=True
        )

    assert (report.problems, report.items) == ([], 12)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path):
    def digests(name: str, seed: int) -> set[tuple[str, str]]:
        hub = HubFolder(tmp_path / name)
        with closing(open_store(hub.path)) as store:
            publish_demo(hub, store, seed=seed)
        return {
            (str(path).partition("/assets/")[2], hashlib.md5(path.read_bytes()).hexdigest())
            for path in hub.publications.rglob("assets/**/*")
            if path.is_file()
        }

    first = digests("first", 2019)

    assert len(first) > 50
    assert digests("again", 2019) == first
    assert digests("other", 7) != first


def test_the_document_is_a_pdf_whose_references_point_at_its_objects():
    """ISO 32000-1, 7.5.4: each entry of the table is the offset of ``n 0 obj``."""
    content = one_page_pdf(["A (line)", "and another \\"])

    table_at = int(re.search(rb"startxref\n(\d+)\n%%EOF\n\Z", content)[1])
    table = io.BytesIO(content[table_at:]).read()
    offsets = [int(entry) for entry in re.findall(rb"(\d{10}) 00000 n", table)]

    assert content.startswith(b"%PDF-1.4\n")
    assert table.startswith(b"xref\n0 6\n")
    for number, offset in enumerate(offsets, start=1):
        assert content[offset:].startswith(b"%d 0 obj\n" % number)
    assert rb"(A \(line\)) Tj" in content
