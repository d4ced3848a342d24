"""Times as people and items write them."""

import doctest
import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiant_mlhub.download import intervals
from radiant_mlhub.download.intervals import BrokenTime, Interval, interval, item_interval
from radiant_mlhub.exceptions import InvalidArgument

AT_NOON = "2019-04-01T12:00:00Z"
NOON = datetime(2019, 4, 1, 12, tzinfo=UTC)
DAY = Interval(datetime(2019, 4, 1, tzinfo=UTC), datetime(2019, 4, 1, 23, 59, 59, 999_999, tzinfo=UTC))

instants = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))  # noqa: DTZ001
ends = st.none() | st.integers(0, 6).map(lambda day: datetime(2019, 4, 1 + day, tzinfo=UTC))


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        (datetime(2019, 4, 1, 12), Interval(NOON, NOON, single=True)),  # noqa: DTZ001
        (datetime(2019, 4, 1, 14, tzinfo=timezone(timedelta(hours=2))), Interval(NOON, NOON, single=True)),
        (date(2019, 4, 1), DAY),
        ("2019-04-01", DAY),
        ("2019-04-01T12:00:00Z", Interval(NOON, NOON, single=True)),
        ("2019-04-01t12:00:00.000000000z", Interval(NOON, NOON, single=True)),
        ("2019-04-01 12:00:00", Interval(NOON, NOON, single=True)),
        ("2019-04-01T06:30:00-05:30", Interval(NOON, NOON, single=True)),
        ((NOON, None), Interval(NOON, None)),
        ([None, NOON], Interval(None, NOON)),
        ((date(2019, 4, 1), date(2019, 4, 1)), DAY),
        ("2019-04-01/2019-04-01", DAY),
        ("../2019-04-01T12:00:00Z", Interval(None, NOON)),
        ("2019-04-01T12:00:00Z/..", Interval(NOON, None)),
        ("2019-04-01T12:00:00Z/", Interval(NOON, None)),
        (("2019-04-01", NOON), Interval(DAY.start, NOON)),
        ((NOON, NOON), Interval(NOON, NOON)),
        (None, None),
    ],
)
def test_every_way_to_write_a_time_is_understood(asked, meant):
    """Naive is UTC; a date is that whole day; an end may be open."""
    assert interval(asked) == meant


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((NOON, NOON - timedelta(days=1)), "datetime ends (2019-03-31T12:00:00Z) before it starts"),
        ((None, None), "datetime is open at both ends, which asks for everything: leave it out."),
        ("../..", "datetime is open at both ends"),
        ((), "datetime is a range of 0 ends"),
        ([NOON], "datetime is a range of 1 ends"),
        ("a/b/c", "datetime is a range of 3 ends"),
        ("", "datetime '' is no time."),
        ("2019-13-01", "datetime '2019-13-01' is no time."),
        ("2019-04-01T25:00:00Z", "is no time."),
        ("last week", "Write 2019-04-01, 2019-04-01T12:00:00Z or 2019-04-01/2019-05-31."),
        ("0001-01-01T00:00:00+05:00", "is no time."),
        ("٢٠١٩-04-01", "is no time."),
        (2019, "datetime is 2019; give a datetime, a date"),
        (True, "datetime is True"),
        ({}, "datetime is {}"),
        ((NOON, 5), "datetime is 5"),
    ],
)
def test_what_is_no_time_is_refused(asked, said):
    """Before any request, with what was given and what is wanted."""
    with pytest.raises(InvalidArgument) as caught:
        interval(asked)

    assert said in str(caught.value)


@given(instant=instants, minutes=st.integers(-14 * 60, 14 * 60))
def test_the_offset_changes_how_an_instant_is_written_not_which_it_is(instant, minutes):
    """RFC 3339: any offset names the same instant."""
    written = instant.astimezone(timezone(timedelta(minutes=minutes))).isoformat()

    assert interval(written) == Interval(instant, instant, single=True)


@given(a=ends, b=ends, c=ends, d=ends)
def test_overlap_is_symmetric_and_agrees_with_trying_every_instant(a, b, c, d):
    """Closed at both ends; None is open."""
    every_instant = [datetime(2019, 3, 31, tzinfo=UTC) + timedelta(hours=12 * n) for n in range(20)]

    def holds(start, end, instant):
        return (start is None or start <= instant) and (end is None or instant <= end)

    def in_order(start, end):
        return start is None or end is None or start <= end

    if in_order(a, b) and in_order(c, d):
        in_common = any(holds(a, b, instant) and holds(c, d, instant) for instant in every_instant)
        assert Interval(a, b).overlaps(c, d) is Interval(c, d).overlaps(a, b) is in_common


# Near enough to RFC 3339 to come past a first look: months of 99, offsets of 99:99.
times_written = st.from_regex(
    re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d([.,]\d{1,9})?([Zz]|[+-]\d\d:?\d\d)?)?", re.ASCII),
    fullmatch=True,
)
texts = st.text(max_size=40) | times_written | st.tuples(times_written, times_written).map("/".join)


@given(text=texts)
def test_any_text_is_an_interval_or_is_refused(text):
    """Never an error of another kind, nor an interval that ends before it starts."""
    try:
        meant = interval(text)
    except InvalidArgument:
        return

    assert isinstance(meant, Interval)
    assert meant.start is None or meant.end is None or meant.start <= meant.end


@given(a=instants, b=instants)
def test_an_interval_is_read_as_it_is_written(a, b):
    written = str(Interval(a, b))

    if a <= b:
        assert interval(written) == Interval(a, b)
    else:
        with pytest.raises(InvalidArgument, match="before it starts"):
            interval(written)


@given(
    properties=st.dictionaries(
        st.sampled_from(["datetime", "start_datetime", "end_datetime"]), texts | st.none() | st.integers()
    )
)
def test_any_times_of_an_item_are_an_interval_or_are_told(properties):
    """What a catalog says costs a row of the error report at most."""
    try:
        taken = item_interval(properties)
    except BrokenTime:
        return

    if taken is None:
        assert {*properties.values()} <= {None}
    else:
        assert taken.start is None or taken.end is None or taken.start <= taken.end


def test_a_leap_second_and_more_digits_than_microseconds_are_times():
    """RFC 3339 allows both."""
    last = datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)

    assert interval("2016-12-31T23:59:60Z").end == last
    assert interval("2016-12-31T23:59:59.9999999999Z").end == last


@pytest.mark.parametrize(
    ("properties", "meant"),
    [
        ({"datetime": AT_NOON}, Interval(NOON, NOON, single=True)),
        (
            {
                "datetime": None,
                "start_datetime": AT_NOON,
                "end_datetime": AT_NOON,
            },
            Interval(NOON, NOON),
        ),
        ({"start_datetime": AT_NOON}, Interval(NOON, None)),
        ({"end_datetime": AT_NOON}, Interval(None, NOON)),
        (
            {"datetime": AT_NOON, "end_datetime": "2019-04-01T13:00:00+01:00"},
            Interval(NOON, NOON),
        ),
        ({"datetime": None}, None),
        ({}, None),
    ],
)
def test_when_an_item_was_taken(properties, meant):
    """Its range where it has one, else its datetime, else nothing."""
    assert item_interval(properties) == meant


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"datetime": "yesterday"}, 'its datetime is "yesterday", which is no RFC 3339 time'),
        ({"datetime": 1554120000}, "its datetime is 1554120000, not a text"),
        (
            {"start_datetime": "2019-02-30T00:00:00Z"},
            'its start_datetime is "2019-02-30T00:00:00Z", which is no',
        ),
        (
            {"start_datetime": "2019-04-02T00:00:00Z", "end_datetime": "2019-04-01T00:00:00Z"},
            "its end_datetime (2019-04-01T00:00:00Z) is before its start (2019-04-02T00:00:00Z)",
        ),
    ],
)
def test_an_items_broken_time_is_told(properties, said):
    """As the rest of a row in the error report."""
    with pytest.raises(BrokenTime) as caught:
        item_interval(properties)

    assert said in str(caught.value)


def test_an_interval_is_written_as_stac_apis_write_it():
    """So that a report can be asked again."""
    assert str(interval("2019-04-01/..")) == "2019-04-01T00:00:00Z/.."
    assert str(interval(NOON)) == "2019-04-01T12:00:00Z"


def test_the_examples_in_the_docstrings_hold():
    """They are the first thing a reader copies."""
    assert doctest.testmod(intervals).failed == 0
