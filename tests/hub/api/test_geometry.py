"""``bbox`` and ``intersects`` of a request."""

import pytest

from radiant_mlhub.hub.api.geometry import MOST_POINTS, bbox_of, bbox_of_text, checked_geometry
from radiant_mlhub.hub.queries import BadQuery

INF = float("inf")


def test_a_box_is_four_numbers_or_six_with_heights():
    assert bbox_of_text("-10,-20.5,30,40") == (-10, -20.5, 30, 40)
    assert bbox_of_text("-10,-20.5,0,30,40,900") == (-10, -20.5, 30, 40)


def test_west_may_lie_east_of_east():
    assert bbox_of([170, -10, -170, 10]) == (170, -10, -170, 10)


@pytest.mark.parametrize(
    "text", ["", "1", "1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d", "1,2,3,", "1;2;3;4"]
)
def test_what_is_no_box_is_refused(text):
    with pytest.raises(BadQuery, match="bbox must be 4 numbers"):
        bbox_of_text(text)


@pytest.mark.parametrize(
    "numbers",
    [
        [0, 0, INF, 1],
        [0, 0, float("nan"), 1],
        [0, 10, 1, 0],
        [-181, 0, 0, 1],
        [0, 0, 1, 91],
        [0, 0, 5, 1, 1, 4],
    ],
)
def test_a_box_lies_on_the_earth(numbers):
    with pytest.raises(BadQuery, match=r"^bbox "):
        bbox_of(numbers)


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [1, 2]},
        {"type": "Point", "coordinates": [1, 2, 3]},
        {"type": "LineString", "coordinates": [[1, 2], [3, 4]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]},
        {"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 0], [1, 1], [0, 0]]]]},
        {"type": "GeometryCollection", "geometries": [{"type": "Point", "coordinates": [1, 2]}]},
    ],
)
def test_every_geometry_of_geojson_may_be_asked_with(geometry):
    assert checked_geometry(geometry) == geometry


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        [],
        {},
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [1, 2]}},
        {"type": ["Point"], "coordinates": [1, 2]},
        {"type": "Point"},
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": [1, "2"]},
        {"type": "Point", "coordinates": [1, True]},
        {"type": "Point", "coordinates": [1, INF]},
        {"type": "Polygon", "coordinates": [[1, 2], [3, 4]]},
        {"type": "GeometryCollection", "geometries": {}},
        {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": []}]},
    ],
)
def test_what_is_no_geometry_is_refused(geometry):
    with pytest.raises(BadQuery):
        checked_geometry(geometry)


def test_a_geometry_has_ten_thousand_points_at_most():
    checked_geometry({"type": "MultiPoint", "coordinates": [[1, 2]] * MOST_POINTS})

    with pytest.raises(BadQuery, match="more than 10,000 points"):
        checked_geometry({"type": "MultiPoint", "coordinates": [[1, 2]] * (MOST_POINTS + 1)})
