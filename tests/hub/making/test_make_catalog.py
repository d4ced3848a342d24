"""From a folder of chips and a folder of labels to a catalog that says what they show."""

import csv
import json

import numpy as np
import pystac
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine

from radiant_mlhub.exceptions import InvalidArgument
from radiant_mlhub.hub.making import make_catalog

DEGREES = 0.001
SIDE = 8


def write_chip(path, west=34.0, north=1.0, *, crs="EPSG:4326", step=DEGREES, values=1, **tags):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.full((1, SIDE, SIDE), values, dtype="uint8")
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": 1, "dtype": "uint8"}
    with rasterio.open(
        path,
        "w",
        crs=crs and CRS.from_string(crs),
        transform=Affine(step, 0, west, 0, -step, north),
        **profile,
    ) as raster:
        raster.write(pixels)
        raster.update_tags(**tags)


def write_fields(path, crops=("maize",), west=34.0, south=0.9):
    path.parent.mkdir(parents=True, exist_ok=True)
    ring = [[west, south], [west + 1, south], [west + 1, south + 1], [west, south + 1], [west, south]]
    polygon = {"type": "Polygon", "coordinates": [ring]}
    features = [{"type": "Feature", "properties": {"crop": crop}, "geometry": polygon} for crop in crops]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def item_of(folder, collection, name):
    item_id = f"{collection}_{name}"
    return json.loads((folder / collection / item_id / f"{item_id}.json").read_text())


@pytest.fixture
def folders(tmp_path):
    for day in ("20190606", "20190805"):
        write_chip(tmp_path / "images" / f"kenya_01_{day}.tif")
    write_chip(tmp_path / "images" / "mali_01_20190606.tif", west=-6.0, north=12.0)
    write_fields(tmp_path / "labels" / "kenya_01.geojson", ["maize", "sorghum"])
    write_fields(tmp_path / "labels" / "mali_01.geojson", ["fallow"])
    return tmp_path


def make(folders, **options):
    return make_catalog(
        folders / "images", folders / "labels", folders / "made", dataset_id="crops", **options
    )


def test_a_label_is_paired_with_every_chip_of_its_name(folders):
    made = make(folders)

    label = item_of(folders / "made", "crops_labels", "kenya_01")
    sources = [link["href"] for link in label["links"] if link["rel"] == "source"]
    assert (made.images, made.labels, made.pairs) == (3, 2, 3)
    assert sources == [
        f"../../crops_source/crops_source_kenya_01_{day}/crops_source_kenya_01_{day}.json"
        for day in ("20190606", "20190805")
    ]


def test_a_label_with_a_date_is_paired_with_the_chip_of_that_date(folders):
    write_fields(folders / "labels" / "kenya_01_labels_2019-08-05.geojson")
    (folders / "labels" / "kenya_01.geojson").unlink()

    made = make(folders)

    label = item_of(folders / "made", "crops_labels", "kenya_01_labels_2019-08-05")
    assert [link["href"] for link in label["links"] if link["rel"] == "source"] == [
        "../../crops_source/crops_source_kenya_01_20190805/crops_source_kenya_01_20190805.json"
    ]
    assert made.without_labels == ["crops_source_kenya_01_20190606"]


def test_times_come_from_names_and_a_label_lasts_as_long_as_its_chips(folders):
    make(folders)

    chip = item_of(folders / "made", "crops_source", "kenya_01_20190606")
    label = item_of(folders / "made", "crops_labels", "kenya_01")
    assert chip["properties"]["datetime"] == "2019-06-06T00:00:00Z"
    assert label["properties"]["datetime"] is None
    assert label["properties"]["start_datetime"] == "2019-06-06T00:00:00Z"
    assert label["properties"]["end_datetime"] == "2019-08-05T00:00:00Z"


def test_two_dates_in_a_name_are_a_range(folders):
    write_chip(folders / "images" / "flood_7_20220801_to_20220831.tif")

    make(folders)

    told = item_of(folders / "made", "crops_source", "flood_7_20220801_to_20220831")["properties"]
    assert (told["start_datetime"], told["end_datetime"]) == ("2022-08-01T00:00:00Z", "2022-08-31T23:59:59Z")


def test_a_pattern_finds_dates_that_are_written_otherwise(folders):
    write_chip(folders / "images" / "y2021m03.tif")

    with pytest.raises(InvalidArgument, match="no date in its name"):
        make(folders)
    write_chip(folders / "images" / "y2021m03.tif", TIFFTAG_DATETIME="2021:03:04 05:06:07")
    make(folders)

    told = item_of(folders / "made", "crops_source", "y2021m03")["properties"]
    assert told["datetime"] == "2021-03-04T05:06:07Z"


def test_a_footprint_is_in_degrees_whatever_the_chip_is_in(tmp_path):
    """A square of 80 m in UTM zone 36N, whose corner lies on the central meridian and the equator."""
    write_chip(tmp_path / "images" / "a_20200101.tif", west=500_000, north=80, crs="EPSG:32636", step=10)
    write_fields(tmp_path / "labels" / "a.geojson")

    make(tmp_path)

    chip = item_of(tmp_path / "made", "crops_source", "a_20200101")
    west, south, east, north = chip["bbox"]
    assert (west, south) == (33.0, 0.0)
    assert east - west == pytest.approx(80 / 111_320, rel=0.001)
    assert north - south == pytest.approx(80 / 110_574, rel=0.001)
    assert chip["properties"]["proj:epsg"] == 32636
    assert chip["geometry"]["coordinates"][0][0] == [west, north]


def test_a_chip_across_the_180th_meridian_has_a_box_that_goes_on_in_the_west(tmp_path):
    write_chip(tmp_path / "images" / "fiji_20200101.tif", west=820_000, north=40, crs="EPSG:32660", step=5000)
    write_fields(tmp_path / "labels" / "fiji.geojson")

    make(tmp_path)

    chip = item_of(tmp_path / "made", "crops_source", "fiji_20200101")
    assert chip["bbox"][0] > 179 > -179 > chip["bbox"][2]
    assert chip["geometry"]["type"] == "MultiPolygon"


def test_a_chip_without_coordinates_is_refused_by_name(folders):
    write_chip(folders / "images" / "nowhere_20200101.tif", crs=None, west=1)

    with pytest.raises(InvalidArgument, match=r"nowhere_20200101\.tif has no coordinate system"):
        make(folders)


def test_vector_labels_say_their_properties_and_classes(folders):
    make(folders, tasks=["classification"])

    told = item_of(folders / "made", "crops_labels", "mali_01")["properties"]
    assert told["label:type"] == "vector"
    assert told["label:properties"] == ["crop"]
    assert told["label:classes"] == [{"name": "crop", "classes": ["fallow", "maize", "sorghum"]}]


def test_raster_labels_say_their_values_and_where_they_lie(tmp_path):
    write_chip(tmp_path / "images" / "a_20200101.tif")
    write_chip(tmp_path / "labels" / "a_mask.tif", values=3)

    make(tmp_path)

    label = item_of(tmp_path / "made", "crops_labels", "a_mask")
    assert label["properties"]["label:type"] == "raster"
    assert label["properties"]["label:properties"] is None
    assert label["properties"]["label:classes"] == [{"name": None, "classes": [3]}]
    assert label["bbox"] == item_of(tmp_path / "made", "crops_source", "a_20200101")["bbox"]


def test_a_geojson_and_a_raster_of_one_name_are_one_item(folders):
    write_chip(folders / "labels" / "kenya_01.tif", values=2)

    made = make(folders)

    assert made.labels == 2
    assert set(item_of(folders / "made", "crops_labels", "kenya_01")["assets"]) == {"labels", "raster_labels"}


def test_files_of_one_band_each_become_assets_of_one_item(tmp_path):
    for band in ("B02", "B8A"):
        write_chip(tmp_path / "images" / f"a_20200101_{band}.tif")
    write_fields(tmp_path / "labels" / "a.geojson")

    made = make(tmp_path, asset_pattern=r"_(B\d\w)$")

    assert made.images == 1
    assert set(item_of(tmp_path / "made", "crops_source", "a_20200101")["assets"]) == {"B02", "B8A"}


def test_documentation_and_splits_are_shared_by_the_items(folders):
    (folders / "about.pdf").write_bytes(b"%PDF-1.4")

    make(folders, documentation=folders / "about.pdf", splits={"train": 0.5, "test": 0.5})

    label = item_of(folders / "made", "crops_labels", "kenya_01")
    assert label["assets"]["documentation"]["href"] == "../../_common/documentation.pdf"
    rows = [
        row[0]
        for split in ("train_split", "test_split")
        for row in csv.reader((folders / "made" / "_common" / f"{split}.csv").read_text().splitlines())
    ]
    assert sorted(rows) == ["crops_labels_kenya_01", "crops_labels_mali_01", "item_id", "item_id"]


def test_files_that_lie_in_the_output_stay_where_they_are(folders):
    make_catalog(folders / "images", folders / "labels", folders, dataset_id="crops")

    chip = item_of(folders, "crops_source", "mali_01_20190606")
    assert chip["assets"]["image"]["href"] == "../../images/mali_01_20190606.tif"
    assert not list((folders / "crops_source").rglob("*.tif"))


def test_a_second_run_over_its_own_output_makes_the_same(folders):
    first = make_catalog(folders / "images", folders / "labels", folders, dataset_id="crops")

    assert make_catalog(folders / "images", folders / "labels", folders, dataset_id="crops") == first


def test_links_take_no_second_copy(folders):
    make(folders, how="link")

    linked = folders / "made/crops_source/crops_source_mali_01_20190606/image.tif"
    assert linked.samefile(folders / "images" / "mali_01_20190606.tif")


def test_pystac_reads_it_and_finds_every_item(folders):
    make(folders)

    read = pystac.Catalog.from_file(str(folders / "made" / "catalog.json"))
    assert sorted(item.id for _, _, items in read.walk() for item in items) == [
        "crops_labels_kenya_01",
        "crops_labels_mali_01",
        "crops_source_kenya_01_20190606",
        "crops_source_kenya_01_20190805",
        "crops_source_mali_01_20190606",
    ]


def test_a_label_that_no_feature_has_is_told_with_the_nearest(folders):
    """Before anything is written."""
    with pytest.raises(InvalidArgument) as refused:
        make(folders, label_names=["crop", "krop"])

    assert str(refused.value) == 'No feature of the labels has the property "krop". Did you mean "crop"?'
    assert not list((folders / "made").rglob("*.*"))


def test_a_label_that_is_like_no_property_is_told_with_those_there_are(folders):
    with pytest.raises(InvalidArgument) as refused:
        make(folders, label_names=["yield"])

    assert str(refused.value) == 'No feature of the labels has the property "yield". They have: "crop".'


def test_a_label_of_rasters_alone_is_told_that_they_have_no_properties(tmp_path):
    write_chip(tmp_path / "images" / "a_20200101.tif")
    write_chip(tmp_path / "labels" / "a_mask.tif", values=3)

    with pytest.raises(InvalidArgument) as refused:
        make(tmp_path, label_names=["crop"])

    assert str(refused.value) == 'No feature of the labels has the property "crop". They have none at all.'


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"datetime_pattern": "("}, "no regular expression"),
        ({"datetime_pattern": r"\d+"}, "has no group"),
        ({"datetime": "soon"}, "is no date"),
        ({"splits": {"train": 0.5}}, "add up to 1"),
        ({"splits": {"tarin": 1.0}}, 'no split "tarin"'),
    ],
)
def test_what_cannot_be_meant_is_said(folders, options, said):
    with pytest.raises(InvalidArgument, match=said):
        make(folders, **options)


def test_a_folder_without_chips_is_said(tmp_path):
    (tmp_path / "images").mkdir()

    with pytest.raises(InvalidArgument, match="holds no GeoTIFF"):
        make(tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b'{"type": "Feature"}'])
def test_a_label_that_is_no_geojson_is_refused_by_name(folders, content):
    (folders / "labels" / "kenya_01.geojson").write_bytes(content)

    with pytest.raises(InvalidArgument, match=r"kenya_01\.geojson is no GeoJSON FeatureCollection"):
        make(folders)
