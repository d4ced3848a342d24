"""A CQL2 filter is understood, or refused with the reason, before any request."""

import json
from operator import eq, ge, gt, le, lt, ne

import pytest
from cql2 import Expr
from hypothesis import given, settings
from hypothesis import strategies as st

from radiant_mlhub.download.cql2_filter import Cql2Filter, checked_filter, properties_named
from radiant_mlhub.exceptions import InvalidArgument


def refused(cql2):
    with pytest.raises(InvalidArgument) as caught:
        checked_filter(cql2)
    return str(caught.value)


@pytest.mark.parametrize(
    ("cql2", "said"),
    [
        ("a = 1 and", "filter 'a = 1 and' is no CQL2: at character 10: expected GEOMETRY, Identifier"),
        ("a in ()", "filter 'a in ()' is no CQL2: at character 7: expected Expr"),
        ("platform", "filter is {'property': 'platform'}, which is no comparison of anything."),
        ("1", "filter is 1.0, whatever the item; compare properties instead."),
        ("near(a, 1) = 2", 'filter has the operator "near".'),
        ("s_intersect(geometry, POINT(0 0))", 'operator "s_intersect". Did you mean "s_intersects"'),
        ("a > TIMESTAMP('yesterday')", "filter has the time 'yesterday', which is none."),
        ("a > DATE('2020-13-01')", "filter has the time '2020-13-01', which is none."),
        ("t_after(a, INTERVAL('x', '..'))", "filter has the time 'x', which is none."),
        ("s_intersects(geometry, BBOX(0, 5, 1, 4))", "filter has a place that has its south (5) above"),
        ("s_intersects(geometry, POLYGON((0 0, 1 1)))", "filter has a place that "),
        ("a like 3", 'filter has "like" 3.0; a text is wanted.'),
        ("between(1, 2)", 'filter has "between" of 2 arguments; it takes 3.'),
        ("a + 1", "which is no comparison of anything."),
        ("a = 1 and 3", 'filter has "and" of 3.0, which is neither true nor false.'),
        ("{", "filter begins like CQL2 JSON, and is no JSON: "),
        ('{"op": "="}', 'filter has "=" without a list "args".'),
        ('{"op": "=", "args": [{"property": "a"}]}', 'filter has "=" of 1 arguments; it takes 2.'),
        ({"op": "=", "args": [{"property": 3}, 1]}, "filter has {'property': 3}, which CQL2 does not know."),
        ({"op": "=", "args": [{"property": "a"}, {1, 2}]}, "filter has {1, 2}, which JSON does not know."),
        ({"op": "in", "args": [{"property": "a"}, []]}, 'filter has "in" without a list of values.'),
        ({"op": "and", "args": []}, 'filter has "and" of 0 arguments; it takes at least 2.'),
        ({"args": []}, "filter is {'args': []}, which is no comparison of anything."),
        (["a = 1"], "filter is ['a = 1']; CQL2 is wanted, as a text or as a dict."),
    ],
)
def test_what_is_no_cql2_is_refused_with_the_reason(cql2, said):
    assert said in refused(cql2)


@pytest.mark.parametrize(
    "cql2",
    [
        "(" * 3000 + "a = 1" + ")" * 3000,
        "not " * 3000 + "a = 1",
        "a = 1" + " = 1" * 3000,
        " or ".join(["a = 1"] * 3000),
        "a = '" + "x" * 70_000 + "'",
    ],
)
def test_a_text_that_would_end_the_process_is_refused(cql2):
    """The parser recurses without a limit."""
    assert "filter is too large: at most 100 operators" in refused(cql2)


def test_json_that_is_nested_without_end_is_refused():
    cql2 = {"op": "isNull", "args": [{"property": "a"}]}
    for _ in range(3000):
        cql2 = {"op": "not", "args": [cql2]}

    assert refused(cql2) == "filter is nested deeper than 32 levels."


ACCEPTED = [
    "a = 1 and b <> 'x' or not (c <= 2.5)",
    "a between 1 and 2",
    "casei(a) like casei('x%')",
    "a in (1, 2) and b is not null",
    "flag and not other",
    "true and a = 1",
    "a + 1 > b * 2",
    "t_during(datetime, INTERVAL('2020-01-01T00:00:00Z', '..'))",
    "t_intersects(datetime, INTERVAL(start_datetime, end_datetime))",
    "datetime >= DATE('2020-01-01')",
    "s_within(geometry, POLYGON((0 0, 1 0, 1 1, 0 0))) and s_disjoint(geometry, POINT(1 2))",
    "s_intersects(geometry, BBOX(170, 0, -170, 1))",
    "a_overlaps(tags, ('x', 'y'))",
]


@pytest.mark.parametrize("cql2", ACCEPTED)
def test_what_the_librarys_own_check_lets_pass_is_accepted(cql2):
    """It is not asked by downloads, for the memory it takes."""
    adopted = checked_filter(cql2)

    assert adopted == checked_filter(adopted) == checked_filter(json.dumps(adopted))
    expression = Expr(adopted)
    if cql2 != "flag and not other":  # it knows no boolean properties, though the standard does
        expression.validate()


def test_what_looks_like_operators_inside_of_texts_is_not_counted():
    """Ids with dozens of dashes."""
    names = ", ".join(f"'2020-{number:02}-{number:02}-(x'" for number in range(60))

    assert checked_filter(f"id in ({names})")["op"] == "in"


def test_the_properties_of_a_filter_are_found():
    cql2 = checked_filter("a = 1 and (properties.b > 2 or c is null) and s_intersects(geometry, POINT(1 2))")

    assert list(properties_named(cql2)) == [("a", False), ("b", False), ("c", True), ("geometry", False)]


@pytest.mark.parametrize(
    ("cql2", "properties", "is_kept"),
    [
        ("a < 2", '{"a": 1}', True),
        ("a < 2", '{"a": "1"}', False),
        ("a < 2", '{"a": null}', False),
        ("a < 2", "{}", False),
        ("not a < 2", "{}", False),
        ("a.b = 1", '{"a": {"b": 1}}', True),
        ("a < 2 or b = 1", '{"b": 1}', True),
        ("a < 2 and b = 1", '{"b": 1}', False),
        ("a_contains(tags, ('x'))", '{"tags": ["x", "y"]}', True),
        ("a < 2", '{"a": 1, "b": NaN}', True),
        ("a < 2", '{"a": NaN}', False),
        ("a < 2", "[1]", False),
        ("a < 2", None, False),
    ],
)
def test_a_filter_keeps_what_it_is_true_of(cql2, properties, is_kept):
    """SQL's three values: what cannot be said is not true, and neither is its opposite."""
    asked = Cql2Filter(checked_filter(cql2))

    assert asked.keeps("c", "i", properties, None) is is_kept


COMPARED = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
numbers = st.integers(0, 3)
comparisons = st.builds(
    lambda op, name, number: {"op": op, "args": [{"property": name}, number]},
    st.sampled_from(sorted(COMPARED)),
    st.sampled_from(["a", "b"]),
    numbers,
)
nulls = st.sampled_from(["a", "b"]).map(lambda name: {"op": "isNull", "args": [{"property": name}]})
expressions = st.recursive(
    comparisons | nulls,
    lambda parts: (
        st.builds(lambda part: {"op": "not", "args": [part]}, parts)
        | st.builds(
            lambda op, args: {"op": op, "args": args},
            st.sampled_from(["and", "or"]),
            st.lists(parts, min_size=2, max_size=3),
        )
    ),
    max_leaves=6,
)


def truth(expression, properties):
    """Whether it is true: True, False, or None where that cannot be said, as in SQL."""
    op, args = expression["op"], expression["args"]
    if op == "isNull":
        return properties.get(args[0]["property"]) is None
    if op in COMPARED:
        value = properties.get(args[0]["property"])
        return None if value is None else COMPARED[op](value, args[1])
    truths = [truth(each, properties) for each in args]
    if op == "not":
        return None if truths[0] is None else not truths[0]
    decisive = op == "or"  # one such part decides, whatever cannot be said of the others
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


@settings(deadline=None)
@given(
    expression=expressions,
    properties=st.fixed_dictionaries({}, optional={"a": numbers | st.none(), "b": numbers | st.none()}),
)
def test_a_filter_agrees_with_the_three_values_of_sql(expression, properties):
    """However comparisons are put together, and whatever an item lacks."""
    is_kept = Cql2Filter(checked_filter(expression)).keeps("c", "i", json.dumps(properties), None)

    assert is_kept is (truth(expression, properties) is True)


def test_an_item_without_a_place_lies_nowhere():
    asked = Cql2Filter(checked_filter("s_intersects(geometry, BBOX(0, 0, 2, 2))"))

    assert asked.keeps("c", "i", "{}", '{"type": "Point", "coordinates": [1, 1]}')
    assert not asked.keeps("c", "i", "{}", '{"type": "Point", "coordinates": [3, 3]}')
    assert not asked.keeps("c", "i", "{}", None)
