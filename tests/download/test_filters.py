"""Which items stay in: judged against shapely, one item at a time, on a world laid out three times."""

import json
import math
import re
from datetime import UTC, datetime

import pytest
import shapely
import shapely.affinity
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping

from radiant_mlhub.download.filters import Filters, Subject
from radiant_mlhub.download.intervals import BrokenTime
from radiant_mlhub.download.nearest import nearest
from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.place_filter import BrokenPlace, Place, item_box

# Few and round, so that touching edges, points and the antimeridian come up often.
lons = st.sampled_from([-180.0, -179.5, -170.0, -20.0, -0.25, 0.0, 10.5, 90.0, 170.0, 179.75, 180.0])
lats = st.sampled_from([-90.0, -45.5, -1.0, 0.0, 0.125, 45.0, 90.0])


@st.composite
def boxes(draw):
    """Any box, west of east or across the antimeridian, also without width or height."""
    south, north = sorted([draw(lats), draw(lats)])
    return [draw(lons), south, draw(lons), north]


triangles = (
    st.lists(st.tuples(lons, lats), min_size=3, max_size=3, unique=True)
    .map(shapely.Polygon)
    .filter(lambda made: made.is_valid and made.area > 0)
)


def planar(box):
    """The box on a plane that goes on past 180 instead of wrapping."""
    west, south, east, north = box
    return shapely.make_valid(shapely.box(west, south, east if west <= east else east + 360, north))


def meet_on_the_globe(a, b):
    """Whether two shapes meet where the world is laid out five times, side by side."""
    return any(
        shapely.intersects(a, shapely.affinity.translate(b, turn)) for turn in (-720, -360, 0, 360, 720)
    )


def filters(**asked):
    return Filters(checked_options("ds", **asked))


def verdict(asked, bbox=None, geometry=None, properties=None, collection_id="c"):
    found = asked.judge([subject(bbox, geometry, properties, collection_id)])[0]
    if isinstance(found, ValueError):
        raise found
    return found


def subject(bbox=None, geometry=None, properties=None, collection_id="c"):
    place = Place(*(None if each is None else json.dumps(each) for each in (bbox, geometry)))
    return Subject(collection_id, "i", place, properties or {})


@settings(max_examples=400, deadline=None)
@given(query=boxes(), item=boxes())
def test_a_bbox_filter_agrees_with_shapely(query, item):
    """Touching counts, also across the antimeridian, on the side of the query and of the item."""
    stays_in = verdict(filters(bbox=query), bbox=item) is None

    assert stays_in is meet_on_the_globe(planar(query), planar(item))


@settings(max_examples=200, deadline=None)
@given(query=boxes(), item=boxes())
def test_a_bbox_filter_is_symmetric(query, item):
    """Whether two boxes meet does not depend on who asks."""
    assert verdict(filters(bbox=query), bbox=item) == verdict(filters(bbox=item), bbox=query)


@settings(max_examples=200, deadline=None)
@given(query=triangles, item=boxes())
def test_an_intersects_filter_looks_at_the_items_bbox(query, item):
    """The documented rule: the query's shape against the item's bounding box."""
    stays_in = verdict(filters(intersects=mapping(query)), bbox=item) is None

    assert stays_in is meet_on_the_globe(query, planar(item))


@settings(max_examples=200, deadline=None)
@given(query=triangles, item=triangles)
def test_exact_looks_at_the_items_geometry(query, item):
    """exact=True: shape against shape; the item's bbox says nothing any more."""
    asked = filters(intersects=mapping(query), exact=True)
    stays_in = verdict(asked, bbox=list(item.bounds), geometry=mapping(item)) is None

    assert stays_in is meet_on_the_globe(query, item)


@settings(max_examples=200, deadline=None)
@given(query=boxes(), item=triangles)
def test_exact_holds_for_a_bbox_filter_too(query, item):
    """A box against the item's geometry."""
    stays_in = verdict(filters(bbox=query, exact=True), geometry=mapping(item)) is None

    assert stays_in is meet_on_the_globe(planar(query), item)


odd_places = st.sampled_from(
    [(None, None), ([1, 2, 3], None), ([], None), (None, {"type": "Feature"}), (None, 7)]
)
places = st.one_of(
    st.tuples(boxes(), st.none()),
    st.tuples(st.none() | boxes(), triangles.map(mapping)),
    odd_places,
)


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("asked_by", ["bbox", "intersects"])
@settings(max_examples=60, deadline=None)
@given(box=boxes(), triangle=triangles, items=st.lists(places, max_size=8))
def test_a_batch_is_judged_as_its_items_are(asked_by, exact, box, triangle, items):
    """What would be raised for one item stands in its place."""
    query = {"bbox": box} if asked_by == "bbox" else {"intersects": mapping(triangle)}
    one_by_one, at_once = (filters(**query, exact=exact) for _ in range(2))
    verdicts = at_once.judge([subject(*item) for item in items])

    for item, found in zip(items, verdicts, strict=True):
        if isinstance(found, BrokenPlace):
            with pytest.raises(BrokenPlace, match=re.escape(str(found))):
                verdict(one_by_one, *item)
        else:
            assert found == verdict(one_by_one, *item)
    assert at_once.missing == one_by_one.missing


days = st.integers(1, 7)
spans = st.tuples(days, days).map(sorted)


def midnight(day):
    return datetime(2019, 4, day, tzinfo=UTC)


@settings(deadline=None)
@given(asked=spans, taken=spans, is_single=st.booleans())
def test_a_datetime_filter_keeps_what_shares_an_instant_with_it(asked, taken, is_single):
    """Both ends are included, in what is asked and in what an item says."""
    first, last = (midnight(day).isoformat() for day in taken)
    if is_single:
        taken, properties = taken[:1] * 2, {"datetime": first}
    else:
        properties = {"datetime": None, "start_datetime": first, "end_datetime": last}
    stays_in = verdict(filters(datetime=tuple(map(midnight, asked))), properties=properties) is None

    shared = {*range(asked[0], asked[1] + 1)} & {*range(taken[0], taken[1] + 1)}
    assert stays_in is bool(shared)


collection_ids = st.sampled_from(["labels", "source", "Labels"])
asset_keys = st.sampled_from(["mask", "B04", "MASK"])


@settings(deadline=None)
@given(
    asked=st.dictionaries(collection_ids, st.lists(asset_keys, max_size=2, unique=True), min_size=1),
    collection_id=collection_ids,
    keys=st.lists(asset_keys),
)
def test_a_collection_filter_keeps_what_it_names(asked, collection_id, keys):
    """The keys named of a collection, all of one without keys, and nothing of others."""
    found = filters(collection_filter=asked)

    kept = [collection_id in asked and key in (asked[collection_id] or [key]) for key in keys]
    judged = found.rejected_assets(collection_id, [(key, None, ()) for key in keys])
    assert judged == [None if is_kept else "collection_filter" for is_kept in kept]
    assert (verdict(found, collection_id=collection_id) is None) is (collection_id in asked)


def test_the_filters_are_asked_in_one_order():
    """The first that says no is named: collection, time, place."""
    asked = filters(collection_filter={"c": []}, datetime="2019-04-01", bbox=[0, 0, 1, 1])
    then, later = {"datetime": "2019-04-01T10:00:00Z"}, {"datetime": "2020-01-01T00:00:00Z"}

    assert verdict(asked, [5, 5, 6, 6], properties=later, collection_id="d") == "collection_filter"
    assert verdict(asked, [5, 5, 6, 6], properties=later) == "datetime"
    assert verdict(asked, [5, 5, 6, 6], properties=then) == "bbox"
    assert verdict(asked, [1, 1, 6, 6], properties=then) is None
    assert verdict(filters(intersects={"type": "Point", "coordinates": [0, 0]}), [5, 5, 6, 6]) == "intersects"


def test_an_item_without_place_or_time_stays_in_and_is_counted():
    """It may well be wanted: nothing says that it is not."""
    asked = filters(datetime="2019-04-01", bbox=[0, 0, 1, 1])
    empty = {"type": "GeometryCollection", "geometries": []}

    assert verdict(asked) is None
    assert verdict(asked, geometry=empty, properties={"datetime": "2019-04-01T00:00:00Z"}) is None
    assert asked.missing == {"datetime": 1, "bbox": 2}


def test_without_filters_nothing_is_looked_at():
    """Broken places and times matter only to who asks for a place or a time."""
    assert verdict(filters(), bbox="x", geometry=7, properties={"datetime": "never"}) is None


@pytest.mark.parametrize(
    ("bbox", "said"),
    [
        ([1, 2, 3, 4, 5], "its bbox has 5 numbers; west, south, east, north are wanted (6 with heights)"),
        ([], "its bbox is empty"),
        (["0", 0, 1, 1], "its bbox holds '0', which is no number"),
        ([math.nan, 0, 1, 1], "its bbox holds nan, which is no place"),
        ([True, 0, 1, 1], "its bbox holds True, which is no number"),
        ([0, 5, 1, 4], "its bbox has its south (5) above its north (4)"),
        ([500000, 0, 600000, 1], "its bbox has the longitude 500000; degrees from -360 to 360 are wanted"),
        ([10**400, 0, 1, 1], "its bbox holds inf, which is no place"),
        ("0,0,1,1", "its bbox is '0,0,1,1'; a list of numbers is wanted"),
        (5, "its bbox is 5; a list of numbers is wanted"),
    ],
)
def test_an_items_broken_bbox_is_told(bbox, said):
    """As the rest of a row in the error report."""
    with pytest.raises(BrokenPlace) as caught:
        verdict(filters(bbox=[0, 0, 1, 1]), bbox=bbox)

    assert str(caught.value) == said


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "Circle", "coordinates": [0, 0]}, "its geometry is of the type 'Circle'"),
        ({"type": "Point"}, 'its geometry is a Point without "coordinates"'),
        ({"type": "Point", "coordinates": [0, None]}, "its geometry holds None, which is no number"),
        ({"type": "Polygon", "coordinates": [0, 0]}, "not nested as its type wants"),
        ({"type": "Point", "coordinates": [0, 91]}, "its geometry has the latitude 91"),
        ({"type": "Point", "coordinates": [[0, 1]]}, "its geometry has a position of 1 numbers"),
        ({"type": "GeometryCollection"}, 'its geometry is a GeometryCollection without "geometries"'),
        ({"type": "LineString", "coordinates": [[0, 0]]}, "its geometry cannot be read"),
        ("POINT(0 0)", "its geometry is no GeoJSON object"),
        (["x"], "its geometry is no GeoJSON object"),
    ],
)
def test_an_items_broken_geometry_is_told(geometry, said):
    """With exact it matters beside a good bbox too."""
    with pytest.raises(BrokenPlace) as caught:
        verdict(filters(bbox=[0, 0, 1, 1], exact=True), bbox=[0, 0, 1, 1], geometry=geometry)

    assert said in str(caught.value)


def test_a_geometry_nested_without_end_is_broken():
    """A hostile item costs a row, not the run."""
    geometry = {"type": "Point", "coordinates": [0, 0]}
    for _ in range(100):
        geometry = {"type": "GeometryCollection", "geometries": [geometry]}

    for exact in (False, True):
        with pytest.raises(BrokenPlace, match="collections within collections without end"):
            verdict(filters(bbox=[0, 0, 1, 1], exact=exact), geometry=geometry)


def test_an_items_broken_time_is_raised_only_where_a_time_is_asked():
    """A time nobody asks about breaks nothing."""
    with pytest.raises(BrokenTime):
        verdict(filters(datetime="2019-04-01"), properties={"datetime": "never"})


def test_an_item_takes_its_box_from_its_geometry_where_it_has_none():
    """Cut at the antimeridian as RFC 7946 wants it, the box crosses it."""
    east = [[[170, 0], [180, 0], [180, 5], [170, 5], [170, 0]]]
    west = [[[-180, 0], [-175, 0], [-175, 5], [-180, 5], [-180, 0]]]

    assert item_box(None, {"type": "Point", "coordinates": [3, 4, 100]}) == (3, 4, 3, 4)
    assert item_box(None, {"type": "MultiPolygon", "coordinates": [east, west]}) == (170, 0, -175, 5)
    assert item_box(None, None) is None
    assert verdict(filters(bbox=[0, 0, 5, 5]), geometry={"type": "MultiPolygon", "coordinates": [east, west]})


def test_boxes_with_heights_are_judged_on_the_ground():
    """Six numbers: the third and the sixth are heights."""
    assert verdict(filters(bbox=[0, 0, 1, 1]), bbox=[0.5, 0.5, 900, 2, 2, 1000]) is None
    assert verdict(filters(bbox=[0, 0, -100, 1, 1, 100]), bbox=[1.5, 0.5, 2, 2]) == "bbox"


def test_longitudes_counted_from_0_to_360_or_past_180_are_places_too():
    """Not as RFC 7946 has it, but common."""
    asked = filters(bbox=[-175, 0, -170, 10])

    assert verdict(asked, bbox=[185, 0, 187, 5]) is None
    assert verdict(asked, bbox=[179, 0, 181, 5]) == "bbox"
    assert verdict(filters(bbox=[-180, 0, -179.5, 10]), bbox=[179, 0, 181, 5]) is None
    assert verdict(asked, bbox=[0, -90, 360, 90]) is None


def test_a_geometry_that_was_not_cut_at_the_antimeridian_is_read_the_short_way_round():
    """Its bbox says that it crosses; a polygon from 179 to -179 is then two degrees wide."""
    ring = [[179, 0], [-179, 0], [-179, 2], [179, 2], [179, 0]]
    item = {"bbox": [179, 0, -179, 2], "geometry": {"type": "Polygon", "coordinates": [ring]}}

    assert verdict(filters(bbox=[0, 0, 10, 10], exact=True), **item) == "bbox"
    assert verdict(filters(bbox=[-179.5, 0, -170, 10], exact=True), **item) is None
    assert verdict(filters(bbox=[170, 0, 179.5, 10], exact=True), **item) is None


def test_geometries_that_touch_at_the_antimeridian_meet():
    """180 and -180 are one meridian, from either side."""
    west_of_it, east_of_it = (mapping(shapely.box(*box)) for box in ([170, 0, 180, 5], [-180, 0, -170, 5]))

    assert verdict(filters(intersects=east_of_it, exact=True), geometry=west_of_it) is None
    assert verdict(filters(intersects=west_of_it, exact=True), geometry=east_of_it) is None
    assert verdict(filters(intersects=east_of_it), bbox=[170, 0, 180, 5]) is None


def test_exact_falls_back_to_the_box_of_an_item_without_geometry():
    """A bbox is better than nothing."""
    assert verdict(filters(bbox=[0, 0, 1, 1], exact=True), bbox=[1, 1, 2, 2]) is None
    assert verdict(filters(bbox=[0, 0, 1, 1], exact=True), bbox=[2, 2, 3, 3]) == "bbox"


def test_a_bow_tie_is_mended_before_it_is_judged():
    """GEOS may answer anything about a polygon that crosses itself."""
    bow_tie = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}

    assert verdict(filters(intersects=bow_tie), bbox=[1.9, 0.5, 1.95, 0.6]) is None
    assert verdict(filters(intersects=bow_tie), bbox=[0.9, 0.0, 1.1, 0.1]) == "intersects"


def test_every_part_of_a_feature_collection_counts():
    """Points, lines and polygons together."""
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [10, 10]}},
        {"type": "Feature", "geometry": None},
        {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[20, 20], [22, 22]]}},
        {"type": "Feature", "geometry": mapping(shapely.box(30, 30, 31, 31))},
    ]
    asked = filters(intersects={"type": "FeatureCollection", "features": features})

    for inside in ([9, 9, 11, 11], [21, 21, 21.5, 21.5], [30.4, 30.4, 30.5, 30.5]):
        assert verdict(asked, bbox=inside) is None
    assert verdict(asked, bbox=[25, 25, 26, 26]) == "intersects"


def test_the_collection_filter_keeps_ids_and_keys():
    """An empty list of keys is all keys; collections not named are left out."""
    asked = filters(collection_filter={"labels": ["mask", "mask2"], "source": []})

    assert asked.rejected_collection("labels") is None
    assert asked.rejected_collection("other") == "collection_filter"
    keys = [("mask", None, ()), ("B04", None, ())]
    assert asked.rejected_assets("labels", keys) == [None, "collection_filter"]
    assert asked.rejected_assets("source", keys) == [None, None]
    assert asked.rejected_assets("other", keys) == ["collection_filter"] * 2
    assert filters().rejected_assets("other", keys) == [None, None]


def test_the_nearest_names_are_offered():
    """For a misspelled collection id or key, whatever its case."""
    known = ["nasa_marine_debris_labels", "nasa_marine_debris_source", "su_sar"]

    assert nearest("NASA_marine_debris_label", known)[0] == "nasa_marine_debris_labels"
    assert nearest("zebra", known) == []


def test_a_single_instant_is_that_instant_or_inside_a_range():
    """datetime=one instant: equality for items with one, inside for items with a range."""
    asked = filters(datetime=datetime(2018, 12, 15, tzinfo=UTC))

    assert verdict(asked, properties={"datetime": "2018-12-15T00:00:00Z"}) is None
    assert verdict(asked, properties={"datetime": "2018-12-15T00:00:01Z"}) == "datetime"
    ranged = {
        "datetime": None,
        "start_datetime": "2018-12-01T00:00:00Z",
        "end_datetime": "2018-12-31T00:00:00Z",
    }
    assert verdict(asked, properties=ranged) is None
