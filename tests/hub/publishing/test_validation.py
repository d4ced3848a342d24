"""What is wrong with an object is said with its place; what MLHub itself wrote is let pass."""

import json
import tarfile

import pytest

from radiant_mlhub.hub.publishing.validation import check_collection, check_item
from support import recorded_hub
from support.recorded import needs_recordings
from support.training_dataset import LABEL, collection, item

FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
ML_MODEL = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"

BODIES = recorded_hub.RECORDINGS / "bodies"
DATETIME = {"datetime": "2019-06-06T08:00:00Z"}


def fatal(complaints):
    return [(each.place, each.message) for each in complaints if each.is_fatal]


def noted(complaints):
    return [(each.place, each.message) for each in complaints if not each.is_fatal]


def an_item(**members):
    return {**item("a", "crops", {"image": {"href": "a.tif"}}), **members}


@pytest.mark.parametrize("version", ["1.0.0", "1.0.1", "1.1.0", "1.1.1"])
def test_both_versions_of_stac_are_understood(version):
    assert check_item(an_item(stac_version=version))[1] == []


@pytest.mark.parametrize(
    ("members", "place"),
    [
        ({"stac_version": "0.9.0"}, "$.stac_version"),
        ({"stac_version": 1}, "$.stac_version"),
        ({"id": 7}, "$.id"),
        ({"id": "a/b"}, "$.id"),
        ({"id": ".."}, "$.id"),
        ({"id": "a\0"}, "$.id"),
        ({"id": "a" * 501}, "$.id"),
        ({"bbox": [0, 0, 1]}, "$.bbox"),
        ({"bbox": [0, 0, 200, 1]}, "$.bbox"),
        ({"bbox": [0, 5, 1, 1]}, "$.bbox"),
        ({"bbox": None}, "$"),
        ({"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}}, "$.geometry.coordinates[0]"),
        ({"geometry": {"type": "Blob"}}, "$.geometry"),
        ({"properties": {}}, "$.properties.datetime"),
        ({"properties": {"datetime": None}}, "$.properties"),
        ({"properties": {"datetime": "2019-06-06"}}, "$.properties.datetime"),
        ({"properties": {**DATETIME, "gsd": -1}}, "$.properties.gsd"),
        ({"assets": {"image": {}}}, "$.assets.image.href"),
        ({"assets": {"..": {"href": "a"}}}, "$.assets['..']"),
        ({"assets": []}, "$.assets"),
        ({"links": [{"rel": "via"}]}, "$.links[0].href"),
        ({"stac_extensions": [1]}, "$.stac_extensions[0]"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_with_its_place(members, place):
    places = [place for place, _ in fatal(check_item(an_item(**members))[1])]

    assert place in places


@pytest.mark.parametrize(
    ("properties", "place"),
    [
        ({"label:type": "drawing"}, "$.properties['label:type']"),
        ({"label:properties": "crop"}, "$.properties['label:properties']"),
        ({"label:classes": [{"classes": ["maize"]}]}, None),
        ({"label:classes": [{"name": None, "classes": [{}]}]}, "$.properties['label:classes'][0].classes[0]"),
        ({"label:tasks": "segmentation"}, "$.properties['label:tasks']"),
    ],
)
def test_fields_of_the_label_extension_are_checked(properties, place):
    whole = {"label:type": "vector", "label:properties": ["crop"], "label:description": "Crops"}
    labelled = an_item(stac_extensions=[LABEL], properties={**DATETIME, **whole, **properties})

    found = fatal(check_item(labelled)[1])

    assert [place for place, _ in found][:1] == ([place] if place else [])


def test_missing_fields_of_an_extension_are_noted_as_mlhub_had_none():
    complaints = check_item(an_item(stac_extensions=[LABEL]))[1]

    assert fatal(complaints) == []
    assert ("$.properties['label:type']", "is missing") in noted(complaints)


@pytest.mark.parametrize(
    ("field", "value", "is_right"),
    [
        ("file:size", 5, True),
        ("file:size", -5, False),
        ("file:size", "5", False),
        ("file:checksum", "d50110d41d8cd98f00b204e9800998ecf8427e", True),
        ("file:checksum", "D50110D41D8CD98F00B204E9800998ECF8427E", False),
        ("file:checksum", "md5:d41d8cd98f00b204e9800998ecf8427e", False),
        ("file:checksum", "d50110d41d", False),
        ("file:local_path", "a/b.tif", True),
        ("file:local_path", "../b.tif", False),
        ("file:byte_order", "middle-endian", False),
    ],
)
def test_fields_of_the_file_extension_are_checked_wherever_they_stand(field, value, is_right):
    one = an_item(assets={"image": {"href": "a.tif", field: value}})

    places = {place for place, _ in fatal(check_item(one)[1])}

    assert places == (set() if is_right else {f"$.assets.image['{field}']"})


def test_a_doi_is_no_link():
    cited = {"stac_extensions": [SCIENTIFIC], "sci:doi": "https://doi.org/10.5072/crops"}

    assert [place for place, _ in fatal(check_collection(collection("crops", [], **cited)))] == [
        "$['sci:doi']"
    ]
    assert check_collection(collection("crops", [], **{**cited, "sci:doi": "10.5072/crops"})) == []


def test_a_model_says_what_it_is():
    told = {
        "ml-model:type": "model",
        "ml-model:learning_approach": "supervised",
        "ml-model:prediction_type": "segmentation",
        "ml-model:architecture": "U-Net",
    }
    model = an_item(stac_extensions=[ML_MODEL], properties={**DATETIME, **told})

    assert [place for place, _ in fatal(check_item(model)[1])] == ["$.properties['ml-model:type']"]


@needs_recordings
def test_every_recorded_collection_is_let_pass():
    bodies = json.loads((BODIES / "collections.json").read_text())["collections"]

    wrong = {body["id"]: fatal(check_collection(body)) for body in bodies}
    assert len(wrong) == 103
    assert {name: found for name, found in wrong.items() if found} == {}


@needs_recordings
def test_every_recorded_model_and_item_is_let_pass():
    models = json.loads((BODIES / "models.json").read_text())
    page = "collections__ref_african_crops_kenya_02_source__items__page1.json"
    items = json.loads((BODIES / page).read_text())["features"]

    assert [fatal(check_item(body)[1]) for body in [*models, *items]] == [[]] * 12


@needs_recordings
def test_every_item_of_the_recorded_catalog_is_let_pass():
    with tarfile.open(BODIES / "catalog__nasa_marine_debris.tar.gz") as archive:
        bodies = [
            json.load(archive.extractfile(member))
            for member in archive
            if member.isfile() and not member.name.endswith(("catalog.json", "collection.json"))
        ]

    assert len(bodies) == 1412
    assert [found for body in bodies if (found := fatal(check_item(body)[1]))] == []
