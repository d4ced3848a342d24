"""The demo's dataset is what it says: valid STAC about real files, the same at each run."""

import hashlib
import io
import json
import re
import tarfile

import numpy as np
import pytest
import rasterio
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from radiant_mlhub.hub.demo_chips import CROPS
from radiant_mlhub.hub.demo_data import write_demo_data
from radiant_mlhub.hub.demo_pdf import one_page_pdf

ORIGIN = "http://127.0.0.1:8017"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return tmp_path_factory.mktemp("demo-data")


@pytest.fixture(scope="module")
def holdings(files):
    return write_demo_data(files, ORIGIN)


@pytest.fixture(scope="module")
def archived(holdings, files):
    """The catalog archive's objects by their names in it."""
    with tarfile.open(files / "catalogs/demo_crops.tar.gz") as archive:
        return {member.name: json.load(archive.extractfile(member)) for member in archive}


@pytest.fixture(scope="module")
def all_items(holdings):
    return [item for items in holdings.items.values() for item in items]


def file_of(asset, files):
    return files / asset["href"].removeprefix(f"{ORIGIN}/files/")


def test_every_object_is_valid_stac(holdings, archived, all_items):
    """Against pystac's own schemas; those of STAC 1.0 differ from them in the version alone."""
    shipped = pytest.importorskip(
        "pystac.validation.local_validator", reason="the installed pystac ships no schemas"
    )
    cache, version = shipped.get_local_schema_cache(), str(shipped.VERSION)
    registry = Registry().with_resources([(k, Resource.from_contents(v)) for k, v in cache.items()])
    validators = {
        stac_type: Draft7Validator(
            cache[f"https://schemas.stacspec.org/v{version}/{name}-spec/json-schema/{name}.json"],
            registry=registry,
        )
        for stac_type, name in (("Feature", "item"), ("Collection", "collection"), ("Catalog", "catalog"))
    }
    for stac_object in [*archived.values(), *all_items, *holdings.collections.values()]:
        assert stac_object["stac_version"] == "1.0.0"
        validators[stac_object["type"]].validate({**stac_object, "stac_version": version})


def test_the_archive_is_one_tree_whose_links_all_lead_somewhere(archived):
    for name, stac_object in archived.items():
        for link in stac_object["links"]:
            assert _resolved(name, link["href"]) in archived, (name, link)


def test_api_and_archive_tell_the_same_apart_from_links(archived, all_items):
    def told(stac_object):
        return {field: value for field, value in stac_object.items() if field != "links"}

    in_archive = {body["id"]: told(body) for body in archived.values() if body["type"] == "Feature"}

    assert in_archive == {item["id"]: told(item) for item in all_items if item["id"] in in_archive}
    assert len(in_archive) == 16


def test_every_asset_is_a_file_of_the_size_and_digest_it_names(all_items, files):
    named = 0
    for asset in (asset for item in all_items for asset in item["assets"].values()):
        content = file_of(asset, files).read_bytes()
        assert asset.get("file:size", len(content)) == len(content)
        if "file:checksum" in asset:
            assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
            named += 1

    assert named == 12 + 4 + 1  # chips, label rasters, the model's checkpoint


def test_all_items_of_the_dataset_share_one_document(holdings):
    hrefs = {
        item["assets"]["documentation"]["href"]
        for collection_id in ("demo_crops_source", "demo_crops_labels")
        for item in holdings.items[collection_id]
    }

    assert len(hrefs) == 1


def test_chips_open_as_rasters_that_lie_where_their_items_say(holdings, files):
    for item in holdings.items["demo_crops_source"]:
        with rasterio.open(file_of(item["assets"]["image"], files)) as chip:
            assert (chip.count, chip.shape, chip.dtypes[0]) == (4, (64, 64), "uint16")
            assert chip.crs.to_epsg() == 4326
            assert list(chip.bounds) == pytest.approx(item["bbox"])
            assert chip.read().min() > 0


def test_labels_as_polygons_and_as_raster_agree(holdings, files):
    for item in holdings.items["demo_crops_labels"]:
        polygons = json.loads(file_of(item["assets"]["labels"], files).read_text())
        with rasterio.open(file_of(item["assets"]["raster_labels"], files)) as raster:
            for feature in polygons["features"]:
                west, south = feature["geometry"]["coordinates"][0][0]
                middle_of_a_pixel = raster.res[0] / 2
                row, column = raster.index(west + middle_of_a_pixel, south + middle_of_a_pixel)
                assert CROPS[raster.read(1)[row, column] - 1] == feature["properties"]["crop"]


def test_the_model_knows_crops_apart(holdings, files):
    model = holdings.models["demo_crop_classifier_v1"]
    centroids = np.load(file_of(model["assets"]["inferencing-checkpoint"], files))

    assert centroids.shape == (3, 4)
    assert len({tuple(row.round(-2)) for row in centroids}) == 3


def test_the_label_archive_holds_what_the_labels_point_at(holdings, files):
    with tarfile.open(files / "archives/demo_crops_labels.tar.gz") as archive:
        names = {member.name for member in archive}

    assert "demo_crops_labels/_common/documentation.pdf" in names
    assert "demo_crops_labels/demo_crops_labels_kenya_01/labels.geojson" in names
    assert len(names) == 2 + 4 * 2


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(holdings, files, tmp_path):
    again, other = tmp_path / "again", tmp_path / "other"

    assert write_demo_data(again, ORIGIN) == holdings
    write_demo_data(other, ORIGIN, seed=7)

    assert _digests(again) == _digests(files)
    assert _digests(other) != _digests(files)


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


def _resolved(name, href):
    parts = name.split("/")[:-1]
    for part in href.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(parts)


def _digests(folder):
    return {
        path.relative_to(folder): hashlib.md5(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }
