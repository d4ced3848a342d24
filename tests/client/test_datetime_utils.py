"""datetime_utils: instants and closed ranges."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from radiant_mlhub.client.datetime_utils import one_to_one_check, one_to_range_check, range_to_range_check

NOON = datetime(2019, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_one_instant_may_be_written_in_two_zones():
    """The instant counts, not how it is written."""
    assert one_to_one_check(NOON, NOON.astimezone(timezone(2 * HOUR)))
    assert not one_to_one_check(NOON, NOON + timedelta(microseconds=1))


def test_a_naive_time_is_utc():
    """It never equals nothing, and never raises."""
    assert one_to_one_check(NOON.replace(tzinfo=None), NOON)
    assert one_to_range_check(NOON.replace(tzinfo=None), (NOON, NOON))


@pytest.mark.parametrize(
    ("offset", "inside"),
    [(-HOUR, False), (0 * HOUR, True), (HOUR, True), (2 * HOUR, True), (3 * HOUR, False)],
)
def test_both_ends_belong_to_a_range(offset, inside):
    """From noon to two."""
    assert one_to_range_check(NOON + offset, (NOON, NOON + 2 * HOUR)) is inside


def test_an_open_end_has_no_limit():
    """None reaches as far as need be."""
    assert one_to_range_check(NOON, (None, NOON))
    assert one_to_range_check(NOON, (NOON, None))
    assert not one_to_range_check(NOON, (NOON + HOUR, None))


def test_ranges_overlap_where_they_touch():
    """One instant in common is enough."""
    assert range_to_range_check((NOON, NOON + HOUR), (NOON + HOUR, NOON + 2 * HOUR))
    assert range_to_range_check((NOON, NOON + 3 * HOUR), (NOON + HOUR, NOON + 2 * HOUR))
    assert not range_to_range_check((NOON, NOON + HOUR), (NOON + 2 * HOUR, NOON + 3 * HOUR))
