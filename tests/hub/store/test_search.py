"""A search finds exactly what looking at every item finds, page by page."""

from collections.abc import Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiant_mlhub.hub.queries import BBox, ItemQuery
from radiant_mlhub.hub.store import StoredItem
from support.stored import all_ids, item, publication

# Few values, so that edges often touch; 0.1 is none of the 32-bit floats that the index keeps.
LONGITUDES = st.sampled_from([-180.0, -179.9, -10.1, 0.0, 0.1, 0.1 + 2**-50, 10.0, 179.9, 180.0])
LATITUDES = st.sampled_from([-90.0, -0.1, 0.0, 0.1, 0.1 + 2**-50, 90.0])
MOMENTS = st.sampled_from([-(10**17), -1, 0, 1, 1_600_000_000_000_000, 1_600_000_000_000_001, 10**17])


@st.composite
def boxes(draw) -> BBox:
    south, north = sorted([draw(LATITUDES), draw(LATITUDES)])
    return (draw(LONGITUDES), south, draw(LONGITUDES), north)


@st.composite
def items(draw) -> list[StoredItem]:
    names = draw(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), unique=True, max_size=25))
    made = []
    for collection_id, number in names:
        times = draw(st.none() | st.tuples(MOMENTS, MOMENTS).map(sorted))
        made.append(
            item(
                f"{number}",
                collection_id=collection_id,
                bbox=draw(st.none() | boxes()),
                start_us=times and times[0],
                end_us=times and times[1],
                n=draw(st.sampled_from([None, 1, 2, 2.5, "x", True])),
            )
        )
    return made


queries = st.builds(
    ItemQuery,
    collections=st.none() | st.lists(st.sampled_from("abc"), max_size=2),
    ids=st.none() | st.lists(st.integers(0, 30).map(str), max_size=3),
    bbox=st.none() | boxes(),
    start_us=st.none() | MOMENTS,
    end_us=st.none() | MOMENTS,
    sortby=st.lists(
        st.tuples(st.sampled_from(["id", "collection", "datetime", "n"]), st.sampled_from(["asc", "desc"])),
        max_size=3,
    ),
    limit=st.integers(1, 7),
)


def matches(stored: StoredItem, query: ItemQuery) -> bool:
    return (
        (query.collections is None or stored.collection_id in query.collections)
        and (query.ids is None or stored.item_id in query.ids)
        and (query.bbox is None or (stored.bbox is not None and meet(stored.bbox, query.bbox)))
        and (query.start_us is None or (stored.end_us is not None and stored.end_us >= query.start_us))
        and (query.end_us is None or (stored.start_us is not None and stored.start_us <= query.end_us))
    )


def meet(one: BBox, other: BBox) -> bool:
    return (
        one[1] <= other[3]
        and one[3] >= other[1]
        and any(
            west <= other_east and east >= other_west
            for west, east in intervals(one)
            for other_west, other_east in intervals(other)
        )
    )


def intervals(bbox: BBox) -> Iterator[tuple[float, float]]:
    west, _, east, _ = bbox
    yield from [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(items(), st.lists(queries, min_size=1, max_size=6))
def test_a_search_finds_what_looking_at_every_item_finds(shared_store, stored, asked):
    """Places across the 180th meridian, touching edges, no place, no time; every page together."""
    shared_store.publish(publication(stored, collections=["a", "b"]))

    for query in asked:
        expected = sorted((s.collection_id, s.item_id) for s in stored if matches(s, query))
        found = all_ids(shared_store, query)
        assert sorted(found) == expected
        if not query.sortby:
            assert found == expected
