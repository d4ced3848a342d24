"""CQL2 filters mean what the cql2 library says, by SQL or by asking it."""

import contextlib
import json
from typing import Any

import pytest
from cql2 import Expr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiant_mlhub.hub.queries import BadQuery, ItemQuery
from support.stored import all_ids, ids, item, publication

NUMBERS = [0, 1, 2.5, -3, 10**6]
TEXTS = ["", "a", "Abc", "abc", "a%c", "a_c", "a*c", "[a]", "é"]
VALUES = {"n": NUMBERS, "eo:x": NUMBERS, "s": TEXTS, "b": [True, False]}
SECOND_US = 1_000_000
MOMENTS = {"2020-01-01T00:00:00Z": 1_577_836_800 * SECOND_US, "2021-06-01T12:00:00.5Z": 1_622_548_800_500_000}
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}
GEOMETRIES = [
    SQUARE,
    {"type": "Point", "coordinates": [1, 1]},
    {"type": "Point", "coordinates": [2, 2]},
    {"type": "LineString", "coordinates": [[-1, 1], [5, 1]]},
    {"type": "Polygon", "coordinates": [[[5, 5], [6, 5], [6, 6], [5, 5]]]},
]

DEEP: list[Any] = []
for _ in range(40):
    DEEP = [DEEP]


@st.composite
def stored_items(draw) -> list[Any]:
    made = []
    for number in range(draw(st.integers(1, 6))):
        text = draw(st.sampled_from(list(MOMENTS)))
        properties = {
            name: value
            for name, values in VALUES.items()
            if (value := draw(st.sampled_from([..., None, *values]))) is not ...
        }
        geometry = draw(st.sampled_from(GEOMETRIES))
        made.append(
            item(
                f"{number}",
                start_us=MOMENTS[text],
                geometry=geometry,
                bbox=(-1, 0, 6, 6),
                datetime=text,
                **properties,
            )
        )
    return made


COMPARISONS = st.sampled_from(["=", "<>", "<", ">", "<=", ">="])
NUMERIC = st.sampled_from(["n", "eo:x", "properties.n", "missing"]).map(lambda name: {"property": name})
TEXTUAL = st.sampled_from(["s", "id", "missing"]).map(lambda name: {"property": name})


def operation(name: Any, *arguments: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda op, *args: {"op": op, "args": list(args)}, name, *arguments)


LEAVES = st.one_of(
    operation(COMPARISONS, NUMERIC, st.sampled_from(NUMBERS)),
    operation(COMPARISONS, st.sampled_from(NUMBERS), NUMERIC),
    operation(COMPARISONS, TEXTUAL, st.sampled_from(TEXTS)),
    operation(st.sampled_from(["=", "<>"]), st.just({"property": "b"}), st.booleans()),
    operation(
        COMPARISONS,
        st.just({"property": "datetime"}),
        st.sampled_from(list(MOMENTS)).map(lambda text: {"timestamp": text}),
    ),
    operation(st.just("between"), NUMERIC, st.sampled_from(NUMBERS), st.sampled_from(NUMBERS)),
    operation(st.just("in"), NUMERIC, st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3)),
    operation(st.just("like"), TEXTUAL, st.sampled_from(["a%", "%c", "a_c", "%", "[a]", "a*c", "é"])),
    operation(st.just("isNull"), NUMERIC | TEXTUAL),
    operation(
        st.sampled_from(["s_intersects", "s_disjoint", "s_within", "s_contains", "s_touches", "s_equals"]),
        st.just({"property": "geometry"}),
        st.sampled_from(GEOMETRIES),
    ),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        operation(st.sampled_from(["and", "or"]), inner, inner), operation(st.just("not"), inner)
    ),
    max_leaves=5,
)


def truth(node: Any, body: dict[str, Any]) -> bool | None:
    """Of three values: the logic is SQL's, everything else cql2's."""
    parts = [truth(part, body) for part in node["args"]] if node["op"] in ("and", "or", "not") else []
    match node["op"]:
        case "not":
            return None if parts[0] is None else not parts[0]
        case "and":
            return False if False in parts else None if None in parts else True
        case "or":
            return True if True in parts else None if None in parts else False
    try:
        return Expr(node).matches(body)
    except Exception:
        return None


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(stored_items(), st.lists(FILTERS, min_size=1, max_size=8))
def test_a_filter_finds_what_cql2_finds(shared_store, stored, filters):
    """Missing properties, other types, wildcards, moments and places."""
    shared_store.publish(publication(stored))

    for cql2 in filters:
        expected = [each.item_id for each in stored if truth(cql2, json.loads(each.text)) is True]
        assert [item_id for _, item_id in all_ids(shared_store, ItemQuery(filter=cql2))] == expected


@pytest.mark.parametrize("value", [5, "5", True])
def test_a_property_of_another_type_is_neither_equal_nor_unequal(store, value):
    """As one that is missing."""
    others = {5: "5", "5": 5, True: 1}
    store.publish(publication([item("a", p=others[value])]))

    for name in ("=", "<>", "<", ">="):
        comparison = {"op": name, "args": [{"property": "p"}, value]}
        assert store.items(ItemQuery(filter=comparison)).texts == []
        assert store.items(ItemQuery(filter={"op": "not", "args": [comparison]})).texts == []


@pytest.mark.parametrize(
    ("cql2", "sentence"),
    [
        ({}, "The filter is no CQL2: an expression is"),
        ({"op": "eval", "args": []}, 'The operator "eval" is unknown here'),
        ({"op": "=", "args": [{"op": "eval", "args": [1]}, 2]}, 'The operator "eval" is unknown here'),
        ({"op": "=", "args": [1]}, "2 arguments are wanted where there are 1"),
        ({"op": "casei", "args": []}, "no CQL2"),
        ({"op": "and", "args": [{"op": "or", "args": [3]}]}, "The filter is no CQL2"),
        ({"op": "and", "args": [True] * 2001}, "more than 2,000 parts"),
        (
            {"op": ">", "args": [{"property": "datetime"}, {"timestamp": "soon"}]},
            '"soon" in the filter is no',
        ),
        (
            {"op": "s_within", "args": [{"property": "geometry"}, {"type": "Point", "coordinates": []}]},
            "The geometry to search by",
        ),
    ],
)
def test_a_filter_that_is_none_is_refused(store, cql2, sentence):
    """In a sentence, whatever is stored."""
    with pytest.raises(BadQuery, match=sentence):
        store.items(ItemQuery(filter=cql2))


@pytest.mark.parametrize(
    "cql2",
    [
        {"op": "and", "args": [True] * 1990},
        {"op": "in", "args": [{"property": "n"}, [*range(1990)]]},
        {"op": "or", "args": [{"op": "isNull", "args": [{"property": "id"}]}] * 390},
    ],
)
def test_a_filter_as_long_as_it_may_be_is_answered(store, cql2):
    """SQLite's limits are further out than ours."""
    store.publish(publication([item("a", n=1989)]))

    found = [item_id for _, item_id in ids(store.items(ItemQuery(filter=cql2)))]

    assert found == ([] if cql2["op"] == "or" else ["a"])


def test_a_filter_as_deep_as_a_well_is_refused(store):
    """Before anything recurses through it."""
    cql2: dict[str, Any] = {"op": "=", "args": [1, 1]}
    for _ in range(100_000):
        cql2 = {"op": "not", "args": [cql2]}

    with pytest.raises(BadQuery, match="nested deeper than 32 levels"):
        store.items(ItemQuery(filter=cql2))
    while cql2["op"] == "not":
        cql2 = cql2["args"].pop()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["op", "args", "property", "type", "coordinates", "bbox"]), inner)
    ),
    max_leaves=8,
)
NODES = st.recursive(
    JSON,
    lambda inner: operation(
        st.sampled_from(
            ["and", "not", "<", "like", "between", "in", "isNull", "s_intersects", "t_after", "+", "casei"]
        ),
        inner,
        inner,
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=200)
@given(NODES)
def test_any_json_may_be_sent_as_a_filter(shared_store, node):
    """It is answered or refused, never a failure of the server."""
    if isinstance(node, dict):
        with contextlib.suppress(BadQuery):
            shared_store.items(ItemQuery(filter=node))


@pytest.mark.parametrize(
    ("geometry", "found"),
    [
        (SQUARE, ["in", "touches"]),
        ({"type": "Point", "coordinates": [1, 1]}, ["in"]),
        ({"type": "MultiPoint", "coordinates": [[9, 9], [30, 30]]}, []),
    ],
)
def test_intersects_asks_the_geometry_not_the_box(store, geometry, found):
    """A point in common is enough; an item without a geometry has none."""
    bow = {"type": "Polygon", "coordinates": [[[0.5, 0.5], [1.5, 1.5], [1.5, 0.5], [0.5, 1.5], [0.5, 0.5]]]}
    corner = {"type": "Polygon", "coordinates": [[[2, 2], [9.5, 2], [2, 9.5], [2, 2]]]}
    store.publish(
        publication(
            [
                item("in", geometry=bow, bbox=(0.5, 0.5, 1.5, 1.5)),
                item("touches", geometry=corner, bbox=(2, 2, 9.5, 9.5)),
                item("none", geometry=None, bbox=(0, 0, 30, 30)),
            ]
        )
    )

    assert [item_id for _, item_id in all_ids(store, ItemQuery(intersects=geometry))] == found


@pytest.mark.parametrize(
    ("geometry", "sentence"),
    [
        ({"type": "Point"}, "is no GeoJSON geometry"),
        ({"type": "Polygon", "coordinates": []}, "is empty"),
        (
            {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            "is not valid: Self-inter",
        ),
        ({"type": "LineString", "coordinates": [[n / 1000, 0] for n in range(10_001)]}, "has 10,001 points"),
    ],
)
def test_a_geometry_that_is_none_is_refused(store, geometry, sentence):
    """In a sentence that says why."""
    with pytest.raises(BadQuery, match=sentence):
        store.items(ItemQuery(intersects=geometry))
