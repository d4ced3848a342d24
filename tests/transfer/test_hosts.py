"""How a run treats a host: a clock that the test turns, and no network."""

import logging

import pytest

from radiant_mlhub.transfer.allowance import Allowance
from radiant_mlhub.transfer.hosts import FIRST_LIMIT, GROWTH, HOLD_S, QUIET_S, REFUSALS_TO_TELL, Host
from radiant_mlhub.transfer.patience import Patience

CEILING = 256


class Clock:
    """Seconds that pass when told."""

    def __init__(self):
        self.now = 1000.0
        self.idle_s = 0.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds):
        self.now += seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def host(clock):
    return Host("https://data.example", CEILING, Patience(), clock.now)


def answer_a_round(host, clock, seconds, status=200, idle=0.9):
    """As many requests as the host takes at once, all answered after ``seconds``.

    Meanwhile the loop waits for answers the share ``idle`` of its time.
    """
    count = host.limit
    for _ in range(count):
        host.sent()
    clock.pass_by(seconds)
    clock.idle_s += idle * seconds
    for _ in range(count):
        if status == 200:
            host.answered_well()
        else:
            host.answered(status, None, clock.now)
        host.over(clock.now, clock.idle_s)


def test_a_host_whose_answers_take_as_long_however_many_gets_more(host, clock):
    """Round trips are the limit, as at 50 ms: more requests bring more answers a second."""
    for _ in range(10):
        answer_a_round(host, clock, seconds=0.1)

    assert host.limit == CEILING


def test_a_host_that_is_at_its_limit_gets_no_more(host, clock):
    """400 answers a second, however many are asked for: the number stays where it was."""
    for _ in range(10):
        answer_a_round(host, clock, seconds=host.limit / 400)

    assert host.limit == FIRST_LIMIT


def test_a_loop_that_is_busy_with_what_comes_asks_for_no_more(host, clock):
    """As on loopback: answers come faster than they can be dealt with."""
    for _ in range(10):
        answer_a_round(host, clock, seconds=0.1, idle=0.1)
    assert host.limit == FIRST_LIMIT

    answer_a_round(host, clock, seconds=0.1)
    assert host.limit == GROWTH * FIRST_LIMIT


def test_what_was_not_worth_it_is_tried_again_later(host, clock):
    answer_a_round(host, clock, seconds=0.1)
    answer_a_round(host, clock, seconds=1)
    assert host.limit == FIRST_LIMIT

    answer_a_round(host, clock, seconds=HOLD_S + 1)
    answer_a_round(host, clock, seconds=0.1)

    assert host.limit == GROWTH * FIRST_LIMIT


def test_few_requests_are_no_reason_for_more_connections(host, clock):
    for _ in range(200):
        host.sent()
        clock.pass_by(0.01)
        host.over(clock.now, clock.idle_s)

    assert host.limit == FIRST_LIMIT


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_has_too_much_to_do_gets_half(host, clock, status):
    """Once for all the requests that were under way at that moment."""
    answer_a_round(host, clock, seconds=0.01, status=status)

    assert host.limit == FIRST_LIMIT // 2


def test_a_host_that_falls_silent_gets_half(host, clock):
    host.sent()
    host.failed(is_slow=True, now=clock.now)

    assert host.limit == FIRST_LIMIT // 2


def test_a_host_is_never_left_without_any_request(host, clock):
    for _ in range(20):
        clock.pass_by(QUIET_S)
        host.answered(429, None, clock.now)

    assert host.limit == 1


def test_a_host_that_has_recovered_gets_a_little_more_with_every_quiet_second(host, clock):
    host.answered(429, None, clock.now)
    before = host.limit

    answer_a_round(host, clock, seconds=QUIET_S)

    assert host.limit == before + before // 8


def test_retry_after_holds_for_the_whole_host_and_is_said_once(host, clock, caplog):
    caplog.set_level(logging.INFO)
    host.answered(503, 30.0, clock.now)
    host.answered(503, 30.0, clock.now)

    assert not host.may_be_asked(clock.now + 29)
    assert host.may_be_asked(clock.now + 31)
    assert [record.getMessage() for record in caplog.records] == [
        "https://data.example asks to be left alone for 30 s"
    ]


def test_a_retry_after_beyond_the_cap_stops_one_file_and_not_the_host(host, clock):
    host.answered(503, 3600.0, clock.now)

    assert host.may_be_asked(clock.now)


def test_a_host_that_fails_at_everything_for_minutes_is_given_up_and_that_is_said_once(host, clock, caplog):
    for _ in range(6):
        host.failed(is_slow=False, now=clock.now)
        clock.pass_by(50)
    assert host.is_given_up(clock.now)
    assert host.is_given_up(clock.now)

    assert [record.getMessage() for record in caplog.records] == [
        "https://data.example is given up: nothing but failures for 300 s"
    ]


def test_one_answer_in_between_and_a_host_is_not_given_up(host, clock):
    """A file that always fails says nothing about its host while others arrive."""
    for _ in range(20):
        host.failed(is_slow=False, now=clock.now)
        clock.pass_by(50)
        host.answered_well()

    assert not host.is_given_up(clock.now)


def test_two_failures_far_apart_are_no_outage(host, clock):
    host.failed(is_slow=False, now=clock.now)
    clock.pass_by(1000)
    host.failed(is_slow=False, now=clock.now)

    assert not host.is_given_up(clock.now)


def test_a_host_that_refuses_everything_is_told_once(host, clock, caplog):
    for _ in range(3 * REFUSALS_TO_TELL):
        host.answered(403, None, clock.now)

    assert [record.getMessage() for record in caplog.records] == [
        "https://data.example refuses every request (403). Does it want a key or a signature?"
    ]


def test_refusals_are_not_told_where_other_files_can_be_had(host, clock, caplog):
    for number in range(3 * REFUSALS_TO_TELL):
        if number % (REFUSALS_TO_TELL - 1) == 0:
            host.answered_well()
        host.answered(403, None, clock.now)

    assert caplog.records == []


def test_a_host_that_begins_to_refuse_everything_is_told_once(host, clock, caplog):
    """A signature for all of its files has expired."""
    for _ in range(2):
        host.answered_well()
        for _ in range(3 * REFUSALS_TO_TELL):
            host.answered(403, None, clock.now)

    assert [record.getMessage() for record in caplog.records] == [
        "https://data.example refuses every request by now (403). "
        "Has a signature expired, or a key been taken back?"
    ]


def test_an_allowance_makes_everybody_wait_for_what_was_read_too_much(clock):
    allowance = Allowance(1_000_000, clock)

    allowance.spend(500_000)
    assert allowance.wait_s() == pytest.approx(0.5)
    clock.pass_by(0.5)
    assert allowance.wait_s() == 0


def test_an_allowance_is_not_saved_up_for_long(clock):
    """A quiet minute is followed by no burst of a minute's bytes."""
    allowance = Allowance(1_000_000, clock)

    clock.pass_by(60)
    assert allowance.wait_s() == 0
    allowance.spend(1_250_000)

    assert allowance.wait_s() == pytest.approx(1.0)


def test_an_allowance_of_nothing_is_refused():
    with pytest.raises(ValueError, match="max_bytes_per_s is 0; nothing can arrive at less than 1"):
        Allowance(0)
