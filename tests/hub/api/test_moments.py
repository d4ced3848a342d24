"""``datetime`` of a request: RFC 3339, to the letter."""

from datetime import UTC, datetime

import pytest

from radiant_mlhub.hub.api.moments import interval_us
from radiant_mlhub.hub.queries import BadQuery


def us(*when: int) -> int:
    return round(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2018-12-15T00:00:00Z", us(2018, 12, 15)),
        ("2018-12-15t00:00:00z", us(2018, 12, 15)),
        ("2018-12-15T02:30:00+02:30", us(2018, 12, 15)),
        ("2018-12-14T16:00:00-08:00", us(2018, 12, 15)),
        ("2018-12-15T00:00:00.25Z", us(2018, 12, 15) + 250_000),
        ("2018-12-15T00:00:00.012345678Z", us(2018, 12, 15) + 12_345),
        ("1937-01-01T12:00:27.87+01:00", us(1937, 1, 1, 11, 0, 27) + 870_000),
        ("1990-12-31T23:59:60Z", us(1991, 1, 1)),
        ("0001-01-01T00:00:00+14:00", us(1, 1, 1) - 14 * 3_600_000_000),
    ],
)
def test_a_moment_is_an_interval_of_no_length(text, moment):
    assert interval_us(text) == (moment, moment)


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("2018-01-01T00:00:00Z/2019-01-01T00:00:00Z", (us(2018, 1, 1), us(2019, 1, 1))),
        ("2018-01-01T00:00:00Z/..", (us(2018, 1, 1), None)),
        ("2018-01-01T00:00:00Z/", (us(2018, 1, 1), None)),
        ("../2018-01-01T00:00:00Z", (None, us(2018, 1, 1))),
        ("/2018-01-01T00:00:00Z", (None, us(2018, 1, 1))),
    ],
)
def test_an_end_may_be_open(text, interval):
    assert interval_us(text) == interval


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "/",
            "../..",
            "../",
            "now",
            "2018",
            "2018-12-15",
            "2018-12-15T00:00:00",
            "2018-12-15 00:00:00Z",
        ),
        *("18-12-15T00:00:00Z", "2018-13-15T00:00:00Z", "2018-02-30T00:00:00Z", "2018-12-15T24:00:00Z"),
        *("2018-12-15T00:60:00Z", "2018-12-15T00:00:61Z", "2018-12-15T00:00:00.Z", "2018-12-15T00:00:00,5Z"),
        *(
            "2018-12-15T00:00:00+0100",
            "2018-12-15T00:00:00+25:00",
            "0000-01-01T00:00:00Z",
            "\N{FULLWIDTH DIGIT TWO}018-12-15T00:00:00Z",
        ),
        "2018-12-15T00:00:00Z/2018-12-16T00:00:00Z/2018-12-17T00:00:00Z",
        "2018-12-15T00:00:00Z/2018-12-14T00:00:00Z",
        "2018-12-15T00:00:00Z\n",
        "9" * 10_000,
    ],
)
def test_anything_else_is_refused_with_a_sentence(text):
    with pytest.raises(BadQuery, match=r"^datetime ") as refused:
        interval_us(text)

    assert len(str(refused.value)) < 300
