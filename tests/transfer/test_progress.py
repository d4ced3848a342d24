"""Progress: what is counted, how often it is told, to whom, and in how many columns."""

import io
import itertools
import json
import re
import time
from pathlib import Path

import pytest

from radiant_mlhub import ProgressEvent
from radiant_mlhub.progress_events import Wait
from radiant_mlhub.transfer import Patience, fetch_all, plain_request_for
from radiant_mlhub.transfer.listeners import EVENTS_EVERY_S, Callback, NotebookLine, PlainLines
from radiant_mlhub.transfer.progress import Counter, Standing, count_outcome, progress
from radiant_mlhub.transfer.progress_text import fitted, line
from support.faults import Fault
from support.fetching import IMPATIENT, transfer_to
from support.terminals import screen_of

MB = 1_000_000
FULL = Path("/dev/full")


class Clock:
    """Time that passes when it is told to."""

    now = 100.0

    def __call__(self):
        return self.now


class Heard(list):
    """A listener that keeps what it hears."""

    every_s = EVENTS_EVERY_S

    def hear(self, event):
        self.append(event)

    def close(self):
        pass


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def heard():
    return Heard()


def counter(heard, clock, **totals):
    return Counter("assets", "crops", heard, clock=clock, **totals)


def fetched_with_progress(transfers, heard, **options):
    """Fetch, and hear of it, until all is there."""
    transfers = list(transfers)
    with progress("model", "m", heard.append, files_total=len(transfers)) as bar:
        for outcome in fetch_all(transfers, request_for=plain_request_for(), progress=bar, **options):
            count_outcome(bar, outcome)
    return heard


def test_the_speed_is_that_of_what_came_and_not_of_what_was_here(heard, clock):
    """30 MB were here, 10 MB came in two seconds: 5 MB/s, and 60 MB are left for 12 s."""
    step = counter(heard, clock)
    step.plan(4, 100 * MB)
    step.keep(20 * MB)
    step.found(10 * MB)
    clock.now += 2
    step.advance(10 * MB)
    step.turn()

    assert heard[-1].bytes_done == 40 * MB
    assert heard[-1].bytes_per_s == 5 * MB
    assert heard[-1].seconds_left == 12


def test_without_sizes_the_time_left_is_told_by_files(heard, clock):
    """Five of twenty files a second, and ten to go."""
    step = counter(heard, clock)
    step.plan(20, None)
    step.keep(1000)
    clock.now += 2
    step.count(9)
    step.turn()

    assert heard[-1].bytes_total is None
    assert heard[-1].seconds_left == pytest.approx(10 / 4.5, abs=0.1)


def test_a_silent_network_has_no_speed_and_no_end(heard, clock):
    """What came more than ten seconds ago says nothing about now."""
    step = counter(heard, clock, bytes_total=100 * MB)
    for _ in range(50):
        clock.now += 0.1
        step.advance(MB)
        step.turn()
    assert heard[-1].bytes_per_s == pytest.approx(10 * MB)

    for _ in range(110):
        clock.now += 0.1
        step.turn()

    assert heard[-1].bytes_per_s == 0
    assert heard[-1].seconds_left is None


def test_at_most_ten_events_a_second(heard, clock):
    step = counter(heard, clock)
    for _ in range(10_000):
        clock.now += 0.001
        step.advance(1)
        step.turn()

    assert 90 <= len(heard) <= 101
    assert heard[-1].bytes_done >= 9900


def test_nothing_is_told_where_something_is_counted(heard, clock):
    """An error of a listener inside a callback of libcurl would be lost."""
    step = counter(heard, clock)
    clock.now += 1000

    step.advance(1), step.found(1), step.expect(1), step.count(), step.keep(1), step.retry()

    assert heard == []


def test_an_event_is_json():
    event = ProgressEvent("assets", "crops", 1, 2, 3, None, 4.5, waits=(Wait("https://h", 2.0),))

    assert json.loads(json.dumps(event.to_dict())) == {
        "phase": "assets",
        "subject": "crops",
        "files_done": 1,
        "files_total": 2,
        "bytes_done": 3,
        "bytes_total": None,
        "bytes_per_s": 4.5,
        "seconds_left": None,
        "seconds": 0.0,
        "retries": 0,
        "retrying": 0,
        "waits": [{"host": "https://h", "seconds": 2.0}],
        "ended": False,
    }


def test_one_large_file_is_told_from_its_first_to_its_last_byte(server, tmp_path):
    """Its answer names its size; the last event says that it has ended."""
    scene = server.add("a", size_bytes=2 * MB, faults=[Fault(trickle_s=0.02, piece_bytes=100_000)])

    heard = fetched_with_progress([transfer_to(tmp_path / "a", scene.href)], [])

    done = [event.bytes_done for event in heard]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 2 * MB)
    assert {event.bytes_total for event in heard} == {None, 2 * MB}
    assert [event.ended for event in heard] == [False] * (len(heard) - 1) + [True]
    assert any(0 < event.bytes_done < 2 * MB and event.seconds_left for event in heard)


def test_what_an_earlier_call_left_counts_but_not_as_speed(server, tmp_path):
    """1.9 of 2 MB are here: what comes is 0.1 MB."""
    scene = server.add("a", size_bytes=2 * MB, faults=[Fault(cut_after=1_900_000)])
    transfer = transfer_to(tmp_path / "a", scene.href)
    list(fetch_all([transfer], request_for=plain_request_for(), patience=Patience(tries=1)))
    heard = Heard()
    step = Counter("file", "a", heard, files_total=1)

    list(fetch_all([transfer], request_for=plain_request_for(), progress=step))
    time.sleep(0.2)
    step.end()

    assert heard[-1].bytes_done == heard[-1].bytes_total == 2 * MB
    assert 0 < heard[-1].bytes_per_s <= 100_000 / 0.2


def test_the_sizes_of_some_files_are_not_the_size_of_all(server, tmp_path):
    """Nobody named them beforehand, and a growing total would look like the end."""
    scenes = [server.add(name, size_bytes=100_000) for name in "abc"]

    heard = fetched_with_progress([transfer_to(tmp_path / s.href[-1], s.href) for s in scenes], [])

    assert {event.bytes_total for event in heard} == {None}
    assert (heard[-1].files_done, heard[-1].files_total, heard[-1].bytes_done) == (3, 3, 300_000)


def test_a_host_that_asks_to_wait_is_named_with_the_wait(server, tmp_path):
    """503 with Retry-After: 2."""
    scene = server.add("a", size_bytes=1000, faults=[Fault(status=503, retry_after=2)])

    heard = fetched_with_progress([transfer_to(tmp_path / "a", scene.href)], [])

    waiting = [event for event in heard if event.waits]
    assert {wait.host for event in waiting for wait in event.waits} == {scene.href.rpartition("/")[0]}
    seconds = [event.waits[0].seconds for event in waiting]
    assert seconds == sorted(seconds, reverse=True)
    assert 1.5 <= seconds[0] <= 2
    assert {event.retrying for event in waiting} == {1}
    assert (heard[-1].retries, heard[-1].retrying, heard[-1].waits) == (1, 0, ())


@pytest.mark.parametrize("error", [ValueError("enough"), OSError("enough"), KeyboardInterrupt()])
def test_an_error_of_the_callback_ends_the_work_and_is_what_comes_out(server, tmp_path, error):
    """The part is kept for the next call."""
    scene = server.add("a", size_bytes=4 * MB, faults=[Fault(trickle_s=0.01, piece_bytes=20_000)])

    def told(event):
        if event.bytes_done > MB:
            raise error

    with pytest.raises(type(error)) as raised, progress("file", "a", told, files_total=1) as bar:
        list(
            fetch_all(
                [transfer_to(tmp_path / "a", scene.href)], request_for=plain_request_for(), progress=bar
            )
        )

    assert raised.value is error
    parts = [path for path in tmp_path.rglob(".*.part") if path.stat().st_size > MB]
    assert len(parts) == 1


def test_a_step_that_an_error_ends_has_no_last_event(server, tmp_path):
    heard = []

    with pytest.raises(RuntimeError), progress("file", "a", heard.append):
        raise RuntimeError

    assert [event.ended for event in heard] == [False]


def test_a_log_has_a_line_every_thirty_seconds_and_one_at_the_end(clock):
    """Not one before, and no control characters."""
    log = io.StringIO()
    step = counter(PlainLines(log, None), clock, files_total=100)
    step.turn()
    for _ in range(65):
        clock.now += 1
        step.advance(500_000)
        step.turn()
    step.end()

    lines = log.getvalue().splitlines()
    assert lines == [
        "crops: download assets: 0 %, 0/100 files, 15.0 MB, 500.0 kB/s",
        "crops: download assets: 0 %, 0/100 files, 30.0 MB, 500.0 kB/s",
        "crops: download assets: 0 %, 0/100 files, 32.5 MB, in 1:05",
    ]


@pytest.mark.skipif(not FULL.exists(), reason="only Linux has a device that is always full")
def test_a_log_on_a_full_disk_ends_no_work(clock):
    with FULL.open("wb", buffering=0) as disk:
        step = counter(PlainLines(io.TextIOWrapper(disk, write_through=True), None), clock, files_total=1)
        step.end()


EVENT = ProgressEvent(
    "assets", "a_dataset_of_fields", 1234, 2825, 34_500_000, 77_200_000, 3_400_000.0, 12.6, 9.0, retries=3
)
WAITING = ProgressEvent("assets", "ds", 1, 2, 3, None, retries=2, retrying=1, waits=(Wait("https://h", 7.0),))


def test_what_is_said_of_an_event():
    assert line(EVENT) == (
        "a_dataset_of_fields: download assets: 44 %, 1,234/2,825 files, 34.5/77.2 MB, 3.4 MB/s, 13 s left, "
        "3 retries"
    )
    assert line(WAITING) == "ds: download assets: 50 %, 1/2 files, 3 bytes, 2 retries, h asked to wait 7 s"


def test_the_least_needed_is_left_out_first():
    """Down to the wait that explains why nothing moves."""
    told = list(dict.fromkeys(fitted(WAITING, None, width) for width in range(80, 10, -1)))

    assert told == [
        "1/2 files, 3 bytes, 2 retries, h asked to wait 7 s",
        "1/2 files, 2 retries, h asked to wait 7 s",
        "1/2 files, h asked to wait 7 s",
        "h asked to wait 7 s",
    ]


SHOWN = """
import time
from pathlib import Path
from radiant_mlhub.transfer.progress import progress
with progress("catalog", "a_dataset_of_fields", unit="KB", files_total=1) as bar:
    bar.expect(1234567)
    bar.advance(1234567)
    bar.count()
with progress("assets", "a_dataset_of_fields") as bar:
    bar.plan(2825, 77_200_000)
    for n in range(5):
        bar.advance(12_345_678)
        bar.count(500)
        time.sleep(0.11)
        bar.turn()
"""


@pytest.mark.parametrize("columns", [30, 40, 60, 80, 120, 200])
def test_no_line_is_wider_than_the_terminal(columns):
    """A wider one would wrap, and be drawn below itself again and again."""
    shown = screen_of(SHOWN, columns)

    lines = [each for each in re.split(r"[\r\n]+|\x1b\[A", shown) if each.strip()]
    assert max(map(len, lines)) <= columns
    last = lines[-1]
    assert "62/77" in last.replace("61.7", "62").replace("77.2", "77") or "2,500/2,825" in last
    assert ("|" in last) == (columns >= 60)


def test_a_notebook_shows_one_line_that_changes_in_its_place():
    """HTML without scripts, with what the hub named escaped, and plain text for those without HTML."""
    shown = []

    class Handle:
        def update(self, bundle, *, raw):
            shown.append(bundle)

    def display(bundle, *, raw, display_id):
        assert (raw, display_id) == (True, True)
        shown.append(bundle)
        return Handle()

    notebook = NotebookLine(display, None)
    for done in range(3):
        notebook.hear(ProgressEvent("assets", "<b>&", done, 2))

    assert [bundle["text/plain"] for bundle in shown] == [
        "<b>&: download assets: 0 %, 0/2 files",
        "<b>&: download assets: 50 %, 1/2 files",
        "<b>&: download assets: 100 %, 2/2 files",
    ]
    assert 'value="50"' in shown[1]["text/html"]
    assert "&lt;b&gt;&amp;: download assets" in shown[1]["text/html"]
    assert "<script" not in shown[1]["text/html"]


def test_counting_takes_less_than_a_fiftieth_of_what_a_small_file_takes(clock):
    """A file of 4 KiB takes 100 us at the least. In processor time, so that others do not matter."""
    step = Counter("assets", "ds", Callback(lambda event: None), files_total=100_000)
    files = 100_000

    began = time.process_time()
    for _ in itertools.repeat(None, files):
        step.expect(4096)
        step.advance(4096)
        step.count()
        step.turn()
    seconds = time.process_time() - began

    assert seconds / files < 2e-6


def test_patient_transfers_tell_how_many_wait_for_another_try(server, tmp_path):
    """Without a Retry-After, nobody asked to wait, and yet they do."""
    scenes = [server.add(name, size_bytes=100, faults=[Fault(status=500)]) for name in "abc"]
    transfers = [transfer_to(tmp_path / s.href[-1], s.href) for s in scenes]

    heard = fetched_with_progress(transfers, [], patience=Patience(first_wait_s=0.5))

    assert max(event.retrying for event in heard) == 3
    assert all(event.waits == () for event in heard)
    assert heard[-1].retries == 3
    assert "3 waiting for another try" in " ".join(line(event) for event in heard)


def test_standing_is_asked_for_only_when_something_is_told(heard, clock):
    asked = []

    def standing():
        asked.append(1)
        return Standing()

    step = counter(heard, clock)
    for _ in range(1000):
        clock.now += 0.001
        step.turn(standing)

    assert len(asked) == len(heard) <= 11


def test_a_session_of_ones_own_tells_the_same(server, tmp_path):
    """Whoever carries the requests."""
    import requests

    scene = server.add("a", size_bytes=300_000)
    with requests.Session() as session:
        heard = fetched_with_progress(
            [transfer_to(tmp_path / "a", scene.href)], [], session=session, patience=IMPATIENT
        )

    assert heard[-1].bytes_done == heard[-1].bytes_total == 300_000
