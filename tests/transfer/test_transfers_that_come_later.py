"""The iterator of transfers may say "nothing yet": a catalog is read while its first files arrive."""

import threading
import time

from radiant_mlhub.transfer import fetch_all, plain_request_for
from support.fetching import IMPATIENT, transfer_to


def fetching(transfers, **options):
    return fetch_all(transfers, request_for=plain_request_for(), patience=IMPATIENT, **options)


def test_what_is_under_way_goes_on_while_there_is_nothing_yet(server, tmp_path):
    """The first file is here before the iterator has named the second."""
    first, second = (server.add(name, size_bytes=30_000) for name in "ab")

    def transfers():
        yield transfer_to(tmp_path / "a", first.href)
        while not (tmp_path / "a").exists():
            yield None
        yield transfer_to(tmp_path / "b", second.href)

    outcomes = list(fetching(transfers()))

    assert [outcome.state for outcome in outcomes] == ["fetched", "fetched"]
    assert (tmp_path / "b").read_bytes() == second.content


def test_an_iterator_that_works_is_asked_again_at_once(tmp_path):
    """100 slices of 2 ms take little more than 0.2 s, whether or not anything is under way."""

    def slices():
        for _ in range(100):
            time.sleep(0.002)
            yield None

    began = time.monotonic()

    assert list(fetching(slices())) == []

    assert time.monotonic() - began < 100 * (0.002 + 0.005)


def test_an_iterator_that_waits_for_somebody_is_not_asked_over_and_over(server, tmp_path):
    """For 0.3 s it has nothing: it is asked some thirty times, idle or not, and costs no CPU."""
    slow = server.add("slow", size_bytes=1000, delay_s=0.15)
    asked = [0]

    def transfers():
        yield transfer_to(tmp_path / "slow", slow.href)
        until = time.monotonic() + 0.3
        while time.monotonic() < until:
            asked[0] += 1
            yield None

    cpu_before_s = time.thread_time()
    outcomes = list(fetching(transfers()))

    assert [outcome.state for outcome in outcomes] == ["fetched"]
    assert 5 < asked[0] < 60
    assert time.thread_time() - cpu_before_s < 0.15


def test_cancelling_ends_a_run_that_has_nothing_yet(tmp_path):
    cancel = threading.Event()
    threading.Timer(0.05, cancel.set).start()
    began = time.monotonic()

    assert list(fetching(iter(lambda: None, 0), cancel=cancel)) == []

    assert time.monotonic() - began < 1


def test_many_that_wait_for_one_place_do_not_wait_for_ever(server, tmp_path):
    """More of them than may be read ahead: once nothing is under way, the next of them begins."""
    scene = server.add("scene", size_bytes=10)
    transfers = [transfer_to(tmp_path / "x", scene.href) for _ in range(50)]

    outcomes = list(fetching(iter(transfers), max_connections=2))

    assert [outcome.state for outcome in outcomes] == ["fetched"] + ["kept"] * 49
