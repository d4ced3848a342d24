"""The pool: bounded, lazy, honest about each file, and out when told."""

import gc
import subprocess
import sys
import threading
import time
import tracemalloc
from email.utils import formatdate

import pytest
import requests

from radiant_mlhub.exceptions import TransferFailed
from radiant_mlhub.transfer import Patience, fetch_all, fetch_one, plain_request_for
from radiant_mlhub.transfer.progress import Progress
from support.fault_server import FaultServer, Response
from support.faults import Fault
from support.fetching import IMPATIENT, fetch, transfer_to


def fetch_many(transfers, **options):
    return list(fetch_all(transfers, request_for=plain_request_for(), patience=IMPATIENT, **options))


def test_one_bad_file_never_sinks_the_others(server, tmp_path):
    faults = {3: {"status": 404}, 5: {"redirect": "ftp://x/"}, 7: {"refuse": True}, 9: {"flip_byte": 1}}
    scenes = [server.add(f"{n}.tif", size_bytes=1000, **faults.get(n, {})) for n in range(30)]

    outcomes = fetch_many(transfer_to(tmp_path / f"{n}.tif", s.href, ident=n) for n, s in enumerate(scenes))

    assert {o.transfer.ident for o in outcomes if o.state == "failed"} == set(faults)
    assert {path.name for path in tmp_path.iterdir()} == {f"{n}.tif" for n in range(30) if n not in faults}
    for outcome in outcomes:
        if outcome.state == "fetched":
            n = outcome.transfer.ident
            assert (tmp_path / f"{n}.tif").read_bytes() == scenes[n].content


def test_connections_are_used_again(server, tmp_path):
    scenes = [server.add(f"{n}.tif", size_bytes=1000) for n in range(100)]

    fetch_many((transfer_to(tmp_path / f"{n}.tif", s.href) for n, s in enumerate(scenes)), max_connections=4)

    assert server.connections <= 4


def test_no_more_requests_than_connections_are_under_way(server, tmp_path):
    lock, now, most = threading.Lock(), [0], [0]

    def answer(_):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.01)
        with lock:
            now[0] -= 1
        return Response(200, {}, b"x")

    server.route("GET", "many", answer)

    fetch_many(
        (transfer_to(tmp_path / f"{n}", f"{server.url}/many/{n}") for n in range(40)), max_connections=3
    )

    assert most[0] == 3


def test_transfers_are_read_as_they_are_needed(server, tmp_path):
    """A plan of millions is never held: what is read is what is under way, and a little."""
    scene = server.add("scene.tif", size_bytes=10)
    read = [0]

    def transfers():
        for n in range(5000):
            read[0] += 1
            yield transfer_to(tmp_path / f"{n}", scene.href)

    outcomes = fetch_all(transfers(), request_for=plain_request_for(), max_connections=4)
    next(outcomes)
    outcomes.close()

    assert read[0] < 1000


def test_two_transfers_to_one_path_wait_for_each_other(server, tmp_path):
    """Neither corrupts the other; the later one finds what the first one made."""
    first = server.add("first.tif", size_bytes=2_000_000, delay_s=0.05)
    second = server.add("second.tif", size_bytes=2_500_000)
    target = tmp_path / "scene.tif"

    outcomes = fetch_many(
        [transfer_to(target, first.href), transfer_to(target, second.href, if_exists="overwrite")]
    )

    assert [o.state for o in outcomes] == ["fetched", "fetched"]
    assert [o.transfer.href for o in outcomes] == [first.href, second.href]
    assert target.read_bytes() == second.content


def test_the_same_file_asked_for_twice_is_fetched_once(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=2_000_000)
    transfer = transfer_to(tmp_path / "scene.tif", scene.href)

    assert [o.state for o in fetch_many([transfer, transfer])] == ["fetched", "kept"]


def test_two_threads_at_one_path_both_end_with_a_whole_file(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=3_000_000, trickle_s=0.005)
    target = tmp_path / "scene.tif"
    states = []

    def run():
        states.append(fetch(scene.href, target, if_exists="overwrite").state)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert states == ["fetched"] * 3
    assert target.read_bytes() == scene.content
    assert [path.name for path in tmp_path.iterdir()] == ["scene.tif"]


def test_a_cancelled_run_ends_within_a_moment(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=3_000_000, stall_after=1_000_000)
    cancel = threading.Event()
    threading.Timer(0.1, cancel.set).start()
    began = time.monotonic()

    with pytest.raises(TransferFailed) as failed:
        fetch_one(
            transfer_to(tmp_path / "scene.tif", scene.href), request_for=plain_request_for(), cancel=cancel
        )

    assert str(failed.value) == f"{scene.href} was cancelled"
    assert time.monotonic() - began < 1
    assert not (tmp_path / "scene.tif").exists()


def test_a_record_that_fails_ends_the_run_and_names_nothing(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=1000)

    def record(_):
        raise OSError("the manifest's disk is full")

    with pytest.raises(OSError, match="the manifest's disk is full"):
        fetch_many([transfer_to(tmp_path / "scene.tif", scene.href)], record=record)

    assert list(tmp_path.iterdir()) == []


def test_progress_counts_every_byte_once(server, tmp_path):
    """Also when some of them were fetched twice."""
    scenes = [
        server.add("a", size_bytes=2_000_000, faults=[Fault(cut_after=1_500_000)]),
        server.add("b", size_bytes=2_000_000, ignores_range=True, faults=[Fault(cut_after=1_500_000)]),
        server.add("c", size_bytes=1000, chunked=True),
    ]

    class Counter(Progress):
        done = expected = 0

        def advance(self, n):
            self.done += n

        def expect(self, n):
            self.expected += n

    counter = Counter()

    fetch_many([transfer_to(tmp_path / str(n), s.href) for n, s in enumerate(scenes)], progress=counter)

    assert (counter.done, counter.expected) == (4_001_000, 4_001_000)


def test_a_large_file_is_never_held_in_memory(server, tmp_path):
    """100 MB arrive with less than 30 MB in use."""
    size = 100_000_000
    piece = b"0123456789" * 10_000
    server.route(
        "GET",
        "big",
        lambda _: Response(200, {"Content-Length": str(size)}, (piece for _ in range(size // len(piece)))),
    )
    tracemalloc.start()

    fetch(f"{server.url}/big", tmp_path / "big")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (tmp_path / "big").stat().st_size == size
    assert peak < 30_000_000


def test_a_small_file_is_not_held_in_memory_once_it_is_written(server, tmp_path):
    """18 MB of them arrive with less than 6 MB in use, though the garbage collector never runs."""
    scene = server.add("scene.tif", size_bytes=60_000)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    try:
        outcomes = fetch_many(
            (transfer_to(tmp_path / f"{n}.tif", scene.href) for n in range(300)), max_connections=8
        )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
        gc.enable()

    assert [each.state for each in outcomes] == ["fetched"] * 300
    assert peak < 6_000_000


def test_no_more_bytes_a_second_arrive_than_are_allowed(server, tmp_path):
    """600 kB at 1 MB/s take over half a second."""
    scenes = [server.add(f"{n}.tif", size_bytes=20_000) for n in range(30)]
    began = time.monotonic()

    fetch_many(
        (transfer_to(tmp_path / f"{n}.tif", s.href) for n, s in enumerate(scenes)), max_bytes_per_s=1_000_000
    )

    assert 0.4 < time.monotonic() - began < 3
    assert all((tmp_path / f"{n}.tif").read_bytes() == s.content for n, s in enumerate(scenes))


def test_an_outage_costs_its_limit_and_not_as_much_for_each_file(server, tmp_path):
    """200 files of a host that is down: given up together, each with a reason of its own."""
    scene = server.add("scene.tif", status=500)
    patience = Patience(first_wait_s=0.1, longest_wait_s=0.1, tries=50, outage_s=0.5)
    began = time.monotonic()

    outcomes = list(
        fetch_all(
            (transfer_to(tmp_path / f"{n}.tif", scene.href) for n in range(200)),
            request_for=plain_request_for(),
            max_connections=4,
            patience=patience,
        )
    )

    assert time.monotonic() - began < 3
    assert {outcome.state for outcome in outcomes} == {"failed"}
    given_up = f"{server.url} is given up: it has failed at everything for too long"
    assert outcomes[-1].error == f"{scene.href} could not be fetched: {given_up}"


SERVER_NOW = 1_700_000_000
REST = {
    "503": {"status": 503, "retry_after": 1},
    "429": {"status": 429, "retry_after": 1},
    "503 until a date": {
        "status": 503,
        "retry_after": formatdate(SERVER_NOW + 1, usegmt=True),
        "headers": {"Date": formatdate(SERVER_NOW, usegmt=True)},
    },
}


@pytest.mark.parametrize("asked", REST)
def test_one_host_at_rest_does_not_hold_up_another(tmp_path, asked):
    """A Retry-After of a second keeps the files of its host back, and nobody else's."""
    with FaultServer() as tired, FaultServer() as fresh:
        faults = {n: [Fault(**REST[asked])] for n in range(4)}
        later = [tired.add(f"{n}", size_bytes=10, faults=faults.get(n, [])) for n in range(20)]
        now = [fresh.add(f"{n}", size_bytes=10) for n in range(20)]
        began = time.monotonic()
        seconds = {}
        transfers = [transfer_to(tmp_path / f"{n}", s.href, ident=n) for n, s in enumerate([*later, *now])]
        for outcome in fetch_all(
            transfers, request_for=plain_request_for(), patience=IMPATIENT, max_connections=4
        ):
            assert outcome.state == "fetched", outcome.error
            seconds[outcome.transfer.ident] = time.monotonic() - began

        assert max(seconds[n] for n in range(20, 40)) < 0.9 < min(seconds[n] for n in range(4))


WITH_FEW_FILES = """
import resource, sys
from radiant_mlhub.transfer import Transfer, fetch_all, plain_request_for
folder, *hrefs = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (160, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
transfers = [Transfer(href, f"{folder}/{n}.tif", folder) for n, href in enumerate(hrefs)]
print({outcome.state for outcome in fetch_all(transfers, request_for=plain_request_for())})
"""


def test_no_more_files_are_opened_than_the_system_allows(server, tmp_path):
    """macOS lets a program open 256: connections and parts together stay below."""
    pytest.importorskip("resource")
    hrefs = [server.add(f"{n}.tif", size_bytes=200_000, delay_s=0.05).href for n in range(120)]

    # In a process of its own: what other tests have open is none of its business.
    command = [sys.executable, "-c", WITH_FEW_FILES, str(tmp_path), *hrefs]
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    assert said == "{'fetched'}\n"
    assert server.connections <= 16


@pytest.mark.parametrize(
    "fault",
    [
        Fault(headers={"Content-Length": "9" * 5000}),
        Fault(status=206, headers={"Content-Range": f"bytes 0-999/{'9' * 5000}"}),
        Fault(status=416, headers={"Content-Range": f"bytes */{'9' * 5000}"}),
        Fault(status=503, retry_after="Wed, 21 Oct 99999999999999 07:28:00 GMT"),
        Fault(status=503, retry_after="9" * 5000),
    ],
)
@pytest.mark.parametrize("is_by_session", [False, True], ids=["libcurl", "session"])
def test_numbers_that_nobody_can_mean_cost_one_file_at_most(server, tmp_path, fault, is_by_session):
    odd, good = server.add("odd", faults=[fault] * 9), server.add("good")
    transfers = [transfer_to(tmp_path / name, scene.href) for name, scene in (("odd", odd), ("good", good))]

    session = requests.Session() if is_by_session else None
    outcomes = {each.transfer.href: each.state for each in fetch_many(transfers, session=session)}

    assert outcomes[good.href] == "fetched"
    assert (tmp_path / "good").read_bytes() == good.content
    if outcomes[odd.href] == "fetched":
        assert (tmp_path / "odd").read_bytes() == odd.content
    else:
        assert not (tmp_path / "odd").exists()


@pytest.mark.parametrize("refused", [{17}, set(range(60)), set(range(30, 60))])
@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_signature_costs_its_files_and_a_host_that_refuses_all_is_told_once(
    server, tmp_path, caplog, refused, status
):
    scenes = [server.add(str(n), **({"status": status} if n in refused else {})) for n in range(60)]
    transfers = [transfer_to(tmp_path / str(n), scene.href, ident=n) for n, scene in enumerate(scenes)]

    outcomes = fetch_many(transfers, max_connections=1)

    assert {outcome.transfer.ident for outcome in outcomes if outcome.state == "failed"} == refused
    assert caplog.text.count("refuses every request") == (len(refused) > 1)
