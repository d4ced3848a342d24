"""What was asked is checked whole before any request."""

import math
import os
from pathlib import Path

import numpy as np
import pytest
import shapely

from radiant_mlhub.download.options import checked_options
from radiant_mlhub.exceptions import DirectoryUnusable, InvalidArgument
from radiant_mlhub.if_exists import DownloadIfExistsOpts

POINT = {"type": "Point", "coordinates": [1.0, 2.0]}
NO_GEOMETRY = "intersects must be geojson with a geometry property"


def refused(dataset_id="ds", **asked):
    with pytest.raises(InvalidArgument) as caught:
        checked_options(dataset_id, **asked)
    return str(caught.value)


def test_without_arguments_it_asks_for_everything_here_and_now(tmp_path, monkeypatch):
    """The default folder is the working directory of the call, not of the import."""
    monkeypatch.chdir(tmp_path)

    asked = checked_options("ds")

    assert asked.output_dir == asked.asset_output_dir == Path.cwd()
    assert asked.if_exists is DownloadIfExistsOpts.resume
    assert asked.bbox is asked.intersects is asked.interval is asked.collection_filter is None


def test_a_tilde_is_the_home_folder(tmp_path, monkeypatch):
    """Not a folder of that name."""
    monkeypatch.setenv("HOME", str(tmp_path))

    asked = checked_options("ds", output_dir="~/data", asset_output_dir=Path("~/assets"))

    assert asked.output_dir == tmp_path / "data"
    assert asked.asset_output_dir == tmp_path / "assets"
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("name", ["output_dir", "asset_output_dir"])
@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "is ''; name a folder, \".\" for the working directory."),
        ("  ", "name a folder"),
        ("a\0b", "name a folder"),
        (b"bytes", "name a folder"),
        (7, "is 7; it must be a path."),
        ("ftp://host/data", "downloads go to a folder of this machine, or to a bucket named as a text."),
        (Path("s3://bucket/data"), "or to a bucket named as a text."),
        ("file:///tmp", "downloads go to a folder of this machine"),
    ],
)
def test_a_folder_that_cannot_be_meant_is_refused(name, value, said):
    """Also an address, which pathlib would take for a folder named after its scheme."""
    assert said in refused(**{name: value})


@pytest.mark.parametrize(
    "address", ["s3://bucket/data/", "gs://bucket/data", "az://container/data", "S3://b"]
)
def test_a_bucket_is_where_it_all_goes(address, monkeypatch, tmp_path):
    """By way of a folder that the address alone decides, whatever the working directory."""
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))

    options = checked_options("ds", output_dir=address)

    assert options.bucket == address.rstrip("/")
    assert (
        options.output_dir == options.asset_output_dir == checked_options("x", output_dir=address).output_dir
    )
    assert options.output_dir.parent == tmp_path / "buckets"


def test_assets_alone_do_not_go_to_a_bucket():
    assert "downloads go to a folder" in refused(asset_output_dir="s3://bucket/data")


@pytest.mark.parametrize("name", ["output_dir", "asset_output_dir"])
def test_a_file_where_a_folder_is_wanted_keeps_the_documented_text(name, tmp_path):
    """Scripts match on it."""
    (tmp_path / "file").touch()

    with pytest.raises(DirectoryUnusable) as caught:
        checked_options("ds", **{name: str(tmp_path / "file")})

    assert str(caught.value) == f"{name} is not directory."
    assert isinstance(caught.value, OSError)


@pytest.mark.parametrize("dataset_id", ["", "..", "a/../b", "/etc", "a\0", None, 5])
def test_a_dataset_id_that_names_no_folder_is_refused(dataset_id):
    """It becomes a folder and a file name."""
    assert "dataset's id" in refused(dataset_id)


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ([1, 2, 3, 4], (1.0, 2.0, 3.0, 4.0)),
        ((1, 2, 3, 4), (1.0, 2.0, 3.0, 4.0)),
        (np.array([1, 2, 3, 4]), (1.0, 2.0, 3.0, 4.0)),
        (np.array([1, 2, 3, 4], dtype="float32"), (1.0, 2.0, 3.0, 4.0)),
        ([1, 2, -5, 3, 4, 5], (1.0, 2.0, 3.0, 4.0)),
        ([170, -5, -170, 5], (170.0, -5.0, -170.0, 5.0)),
        ([-180.0000001, -90, 180, 90.0000001], (-180.0, -90.0, 180.0, 90.0)),
        ([1, 2, 1, 2], (1.0, 2.0, 1.0, 2.0)),
    ],
)
def test_a_bbox_may_be_any_sequence_of_4_or_6_numbers(given, meant):
    """West greater than east crosses the antimeridian; what rounding adds at the edges is cut off."""
    assert checked_options("ds", bbox=given).bbox == meant


@pytest.mark.parametrize(
    ("bbox", "said"),
    [
        ([], "bbox is empty."),
        ((), "bbox is empty."),
        ("", "bbox is ''; a list of numbers is wanted."),
        ({}, "bbox is {}; a list of numbers is wanted."),
        ([0, 0, 1], "bbox has 3 numbers; west, south, east, north are wanted (6 with heights)."),
        ([0, 0, 1, 1, 1], "bbox has 5 numbers"),
        ([0, 2, 1, 1], "bbox has its south (2) above its north (1)."),
        ([0, 0, 9, 1, 1, 2], "bbox has its lowest height (9) above its highest (2)."),
        ([0, 0, 1, 91], "bbox has the latitude 91; degrees from -90 to 90 are wanted."),
        ([0, 0, 181, 1], "bbox has the longitude 181; degrees from -180 to 180 are wanted."),
        ([0, 0, math.nan, 1], "bbox holds nan, which is no place."),
        ([0, 0, math.inf, 1], "bbox holds inf, which is no place."),
        ([0, 0, "1", 1], "bbox holds '1', which is no number."),
        ([0, 0, True, 1], "bbox holds True, which is no number."),
        ([0, 0, None, 1], "bbox holds None, which is no number."),
        (5, "bbox is 5; a list of numbers is wanted."),
    ],
)
def test_a_bbox_that_cannot_be_meant_is_refused(bbox, said):
    """With what it is and what is wanted."""
    assert said in refused(bbox=bbox)


@pytest.mark.parametrize(
    "given",
    [
        POINT,
        {"type": "Feature", "geometry": POINT, "properties": {}},
        {"geometry": POINT},
        shapely.Point(1, 2),
    ],
)
def test_intersects_may_be_a_geometry_or_what_has_one(given):
    """The documentation says: a dict with a geometry property; a bare geometry is as clear."""
    meant = checked_options("ds", intersects=given).intersects

    assert meant["type"] == "Point"
    assert list(meant["coordinates"]) == [1.0, 2.0]


def test_a_feature_collection_becomes_one_geometry():
    """Features without a geometry are passed over."""
    features = [{"type": "Feature", "geometry": POINT}, {"type": "Feature", "geometry": None}]

    asked = checked_options("ds", intersects={"type": "FeatureCollection", "features": features})

    assert asked.intersects == {"type": "GeometryCollection", "geometries": [POINT]}


@pytest.mark.parametrize(
    ("intersects", "said"),
    [
        ({}, "it is of the type None, which GeoJSON does not have"),
        ([], "it is no GeoJSON object"),
        ("", "it is a text: parse it with json.loads first"),
        ('{"type": "Point"}', "it is a text"),
        ({"type": "Feature", "geometry": None}, "it is a Feature without a geometry"),
        ({"type": "Feature"}, "it is a Feature without a geometry"),
        ({"type": "FeatureCollection"}, 'it is a FeatureCollection without "features"'),
        ({"type": "FeatureCollection", "features": []}, "its geometry is empty"),
        ({"type": "Polygon", "coordinates": []}, "its geometry is empty"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}, "it cannot be read"),
        ({"type": "Point", "coordinates": [0, 100]}, "it has the latitude 100"),
        ({"type": "Point", "coordinates": [math.nan, 0]}, "it holds nan"),
        ({"type": "Point", "coordinates": "ab"}, 'it is a Point without "coordinates"'),
        (7, "it is no GeoJSON object"),
    ],
)
def test_intersects_without_a_place_is_refused(intersects, said):
    """The documented text first, then what is wrong."""
    text = refused(intersects=intersects)

    assert text.startswith(NO_GEOMETRY)
    assert said in text


def test_bbox_and_intersects_exclude_each_other_with_the_documented_text():
    """Scripts match on it, missing bracket and all."""
    assert (
        refused(bbox=[0, 0, 1, 1], intersects=POINT) == "Provider either bbox or intersects option (not both"
    )


def test_a_collection_filter_lists_keys_by_collection():
    """Any iterable of keys; none are all."""
    asked = checked_options("ds", collection_filter={"a": ["x", "y"], "b": [], "c": {"z"}})

    assert asked.collection_filter == {"a": ("x", "y"), "b": (), "c": ("z",)}


@pytest.mark.parametrize(
    ("collection_filter", "said"),
    [
        ({}, "collection_filter is empty, which keeps nothing; leave it out to keep everything."),
        ([], 'collection_filter is []; it must be a dict like {"collection_id": ["asset_key"]}.'),
        (["a"], "it must be a dict like"),
        ("", "it must be a dict like"),
        ({"a": "x"}, "collection_filter has the text 'x' for 'a'; a list is wanted: ['x']."),
        ({"a": None}, "collection_filter has None for 'a'; a list of asset keys is wanted."),
        ({"a": [1]}, "collection_filter has the asset key 1 for 'a'; keys are texts."),
        ({"a": [""]}, "collection_filter has the asset key '' for 'a'"),
        ({1: []}, "collection_filter names the collection 1; ids are texts."),
        ({"a": {"x": 1}}, "a list of asset keys is wanted."),
    ],
)
def test_a_collection_filter_that_cannot_be_meant_is_refused(collection_filter, said):
    """Most of all the empty one, which must not mean everything."""
    assert said in refused(collection_filter=collection_filter)


@pytest.mark.parametrize("value", ["resume", "skip", "overwrite", DownloadIfExistsOpts.skip])
def test_if_exists_may_be_written_as_text(value):
    """Plain strings compare equal to the options."""
    assert checked_options("ds", if_exists=value).if_exists == value


@pytest.mark.parametrize("value", ["Resume", "", None, 1])
def test_an_unknown_if_exists_is_refused(value):
    """Before any request, with the words there are."""
    assert 'it must be one of "resume", "skip", "overwrite".' in refused(if_exists=value)


@pytest.mark.parametrize("value", [0, -1, 2000, 1.5, True, "8"])
def test_a_number_of_connections_that_cannot_be_meant_is_refused(value):
    """From 1 to 1024."""
    assert "it must be a number from 1 to 1024." in refused(max_connections=value)


@pytest.mark.parametrize("datetime", ["", (), [], {}, "../..", (None, None)])
def test_an_empty_datetime_is_refused(datetime):
    """An empty filter is an error, not everything."""
    assert "datetime" in refused(datetime=datetime)


def test_nothing_is_made_on_disk(tmp_path):
    """Checking writes nothing."""
    checked_options("ds", output_dir=tmp_path / "a" / "b")

    assert os.listdir(tmp_path) == []  # noqa: PTH208
