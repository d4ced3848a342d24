"""Each conformance class of CQL2 that the hub names, by what it promises."""

import pytest

CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
KENYA = "POLYGON((33 -1, 36.5 -1, 36.5 2, 33 2, 33 -1))"
CORNER = "POLYGON((34.05 0.05, 34.3 0.05, 34.3 0.3, 34.05 0.3, 34.05 0.05))"
FIELD = "POLYGON((34 0, 34.1 0, 34.1 0.1, 34 0.1, 34 0))"

EXAMPLES = {
    "cql2-text": [("id = 'east'", ["east"])],
    "basic-cql2": [
        ("eo:cloud_cover = 11 OR season = 'wet'", ["field_11", "west"]),
        ("eo:cloud_cover <> 11 AND eo:cloud_cover >= 10", ["field_10"]),
        ("NOT (eo:cloud_cover < 11)", ["field_11"]),
        ("eo:cloud_cover <= 0", ["field_00"]),
        (
            "datetime > TIMESTAMP('2016-02-20T12:00:00Z') AND datetime < TIMESTAMP('2016-02-22T00:00:00Z')",
            ["west"],
        ),
        ("collection = 'floods' AND season IS NULL", ["east"]),
        ("season IS NOT NULL", ["west"]),
    ],
    "advanced-comparison-operators": [
        ("season LIKE 'w_t'", ["west"]),
        ("id LIKE '%_11'", ["field_11"]),
        ("season NOT LIKE 'd%'", ["west"]),
        ("eo:cloud_cover BETWEEN 3 AND 4", ["field_03", "field_04"]),
        ("eo:cloud_cover NOT BETWEEN 0 AND 10", ["field_11"]),
        ("season IN ('wet', 'dry')", ["west"]),
        ("collection = 'floods' AND id NOT IN ('west')", ["east"]),
    ],
    "case-insensitive-comparison": [("CASEI(id) = CASEI('EAST')", ["east"])],
    "accent-insensitive-comparison": [("ACCENTI(river) = ACCENTI('Rio')", ["west"])],
    "basic-spatial-functions": [
        ("S_INTERSECTS(geometry, POINT(34.05 0.05)) AND collection = 'fields'", ["field_00"]),
        ("S_INTERSECTS(geometry, BBOX(179, -20, 180, -10))", ["east"]),
    ],
    "basic-spatial-functions-plus": [
        ("S_INTERSECTS(geometry, LINESTRING(33 0.05, 34.05 0.05)) AND collection = 'fields'", ["field_00"]),
        (f"S_INTERSECTS(geometry, {CORNER}) AND collection = 'labels'", ["label_00"]),
        ("S_INTERSECTS(geometry, MULTIPOINT((34.05 0.05), (179.55 -16.95))) AND id < 'f'", ["east"]),
    ],
    "spatial-functions": [
        (f"S_WITHIN(geometry, {KENYA}) AND collection = 'fields'", ["field_00", "field_01", "field_02"]),
        ("S_CONTAINS(geometry, POINT(34.05 0.05)) AND collection = 'fields'", ["field_00"]),
        (f"S_DISJOINT(geometry, {KENYA}) AND collection = 'labels'", ["label_03"]),
        (f"S_OVERLAPS(geometry, {CORNER}) AND collection = 'fields'", ["field_00"]),
        ("S_TOUCHES(geometry, POINT(34 0)) AND collection = 'fields'", ["field_00"]),
        ("S_CROSSES(geometry, LINESTRING(33 0.05, 34.05 0.05)) AND collection = 'fields'", ["field_00"]),
        (f"S_EQUALS(geometry, {FIELD}) AND collection = 'fields'", ["field_00"]),
    ],
    "array-functions": [
        ("A_CONTAINS(instruments, ('radar_7'))", ["field_07"]),
        ("A_EQUALS(instruments, ('camera', 'radar_7'))", ["field_07"]),
        ("A_CONTAINEDBY(instruments, ('camera', 'radar_7', 'x'))", ["field_07"]),
        ("A_OVERLAPS(instruments, ('radar_7', 'radar_8'))", ["field_07", "field_08"]),
    ],
    "property-property": [("eo:cloud_cover = eo:cloud_cover AND eo:cloud_cover > 10", ["field_11"])],
    "arithmetic": [
        ("eo:cloud_cover + 1 = 12", ["field_11"]),
        ("eo:cloud_cover > 5 * 2 - 0", ["field_11"]),
        ("eo:cloud_cover / 2 = 5.5", ["field_11"]),
        ("eo:cloud_cover DIV 2 = 5", ["field_10", "field_11"]),
        ("eo:cloud_cover % 5 = 4 AND eo:cloud_cover ^ 2 > 80", ["field_09"]),
    ],
}


@pytest.mark.parametrize(
    ("text", "ids"), [example for examples in EXAMPLES.values() for example in examples], ids=str
)
def test_a_filter_finds_what_its_class_promises(crops, text, ids):
    answer = crops.get("search", params={"filter": text, "limit": 100})

    assert [item["id"] for item in answer.json().get("features", [answer.json()])] == ids


def test_every_class_of_cql2_has_examples(crops):
    """CQL2 JSON has its own in the tests of searches by body."""
    named = {url.removeprefix(CQL2) for url in crops.get("conformance").json()["conformsTo"] if CQL2 in url}

    assert named - {"cql2-json"} == EXAMPLES.keys()
