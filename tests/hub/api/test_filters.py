"""CQL2 of a request; what the parser cannot bear never reaches it."""

import pytest

from radiant_mlhub.hub.api.filters import filter_of_json, filter_of_text
from radiant_mlhub.hub.queries import BadQuery


def test_text_and_json_say_the_same():
    by_json = filter_of_text('{"op": "=", "args": [{"property": "id"}, "a"]}', "cql2-json")

    assert by_json == filter_of_text("id = 'a'", "cql2-text") == filter_of_text("id = 'a'", None)


def test_bounds_may_stand_in_a_list_as_drafts_had_them():
    adopted = {"op": "not", "args": [{"op": "between", "args": [{"property": "gsd"}, 3, 10]}]}
    draft = {"op": "not", "args": [{"op": "between", "args": [{"property": "gsd"}, [3, 10]]}]}

    assert filter_of_json(draft) == filter_of_json(adopted) == adopted


def test_a_language_has_a_name():
    with pytest.raises(BadQuery, match="cql2-text, cql2-json"):
        filter_of_text("id = 'a'", "sql")


@pytest.mark.parametrize("text", ["", "id =", "id = 'a", "; DROP TABLE items", "id = '\ud800'", "("])
def test_what_is_no_cql2_is_refused_with_the_reason(text):
    with pytest.raises(BadQuery, match=r"^filter is not CQL2 text: .+"):
        filter_of_text(text, None)


@pytest.mark.parametrize("text", ["", "{", "[1]", '"a"', "[" * 50_000])
def test_what_is_no_json_object_is_refused(text):
    with pytest.raises(BadQuery, match=r"^filter "):
        filter_of_text(text, "cql2-json")


@pytest.mark.parametrize("value", [None, 1, [], "id = 'a'"])
def test_a_filter_of_a_body_is_an_object(value):
    with pytest.raises(BadQuery, match="must be a CQL2 expression"):
        filter_of_json(value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 30_000 + "a = 1" + ")" * 30_000,
        "NOT " * 15_000 + "a = 1",
        "a = " + "- " * 30_000 + "1",
        "a = " + "^".join("1" * 30_000),
        "a = " + "+".join("1" * 30_000),
        "=".join("a" * 30_000),
        "a" + " LIKE 'x'" * 6_000,
        "f(" * 20_000 + "1" + ")" * 20_000,
        "a = '" + "x" * 70_000 + "'",
    ],
    ids=["parentheses", "not", "minus", "power", "plus", "equals", "like", "functions", "length"],
)
def test_a_bomb_is_refused_before_it_is_parsed(text):
    """Each but the last ends the process with SIGSEGV once cql2 0.6 parses it."""
    with pytest.raises(BadQuery, match="too large"):
        filter_of_text(text, None)


def test_an_ordinary_filter_is_far_below_the_limits():
    text = " AND ".join(f"(properties.band_{n} > {n} OR id IN ('a', 'b'))" for n in range(30))

    assert filter_of_text(text, None)["op"] == "and"
