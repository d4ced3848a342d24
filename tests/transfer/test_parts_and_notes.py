"""What an interrupted call leaves, and what the next one makes of it."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from radiant_mlhub.transfer import FileRecord, Patience, fetch_all, plain_request_for
from radiant_mlhub.transfer.answers import Version
from radiant_mlhub.transfer.parts import leftovers, new_part
from support.faults import DATED_EARLIER, Fault, made_up
from support.fetching import IMPATIENT, attempt, fetch, interrupt, left_over, transfer_to
from support.left_open import open_files

SIZE = 4_000_000
HALF = 2_000_000
ONE_TRY = Patience(tries=1, silence_s=0.2)


@pytest.fixture
def scene(server):
    return server.add("scene.tif", size_bytes=SIZE)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "scene.tif"


def test_an_interrupted_file_has_a_part_and_a_note_and_no_final_name(scene, target):
    interrupt(scene, target, HALF)

    part, note = left_over(target.parent)
    assert part.startswith(".scene.tif.")
    assert note == f"{part}.json"
    assert not target.exists()
    told = json.loads((target.parent / note).read_text())
    assert told["ranges"] == [[0, HALF]]
    assert told["version"]["total"] == SIZE


def test_the_next_call_fetches_only_what_is_missing(server, scene, target):
    interrupt(scene, target, HALF)

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE - HALF
    assert server.requests[-1].headers["Range"] == f"bytes={HALF}-"
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


@pytest.mark.parametrize("size", [SIZE, SIZE + 5, SIZE - 5, 100])
def test_a_part_of_an_older_version_is_never_continued(server, scene, target, size):
    interrupt(scene, target, HALF)
    scene.content = made_up(size, "newer")

    fetch(scene.href, target)

    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


def test_an_etag_with_bytes_beyond_ascii_goes_back_as_it_came(server, target):
    """RFC 9110, section 8.8.3, allows them (obs-text)."""
    etag = '"\xe9t\xe9"'
    scene = server.add("scene.tif", size_bytes=SIZE, faults=[Fault(cut_after=HALF, etag=etag)], etag=etag)
    attempt(scene.href, target, patience=Patience(tries=1, silence_s=0.2))

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE - HALF
    assert server.requests[-1].headers["If-Range"] == etag
    assert target.read_bytes() == scene.content


@pytest.mark.parametrize("size", [SIZE, SIZE + 5, SIZE - 5])
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"etag": 'W/"1"'}, {"etag": 'W/"2"'}),
        ({"etag": None, "headers": DATED_EARLIER}, {"etag": None}),
        ({"etag": None, "headers": DATED_EARLIER}, {"etag": None, "ignores_if_range": True}),
    ],
    ids=["weak ETag", "no ETag", "no ETag, condition ignored"],
)
def test_nor_is_one_that_no_strong_etag_tells_from_it(server, target, size, old, new):
    scene = server.add(
        "scene.tif", size_bytes=SIZE, content_md5=False, faults=[Fault(cut_after=HALF, **old)], **new
    )
    attempt(scene.href, target, patience=ONE_TRY)
    assert len(left_over(target.parent)) == 2
    scene.content = made_up(size, "newer")

    fetch(scene.href, target)

    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


def test_a_part_of_another_address_is_never_continued(server, scene, target):
    interrupt(scene, target, HALF)
    other = server.add("other.tif", scene.content)

    outcome = fetch(other.href, target)

    assert outcome.bytes_fetched == SIZE
    assert left_over(target.parent) == []


def test_no_address_stands_in_a_note(server, target):
    """An address may be signed."""
    scene = server.add("scene.tif", size_bytes=SIZE)
    scene.href += "?sig=SECRET"

    interrupt(scene, target, HALF)

    assert "SECRET" not in (target.parent / left_over(target.parent)[1]).read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1}', "\x00"])
def test_a_broken_note_means_starting_again(scene, target, text):
    interrupt(scene, target, HALF)
    (target.parent / left_over(target.parent)[1]).write_text(text)

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


def test_a_part_that_was_whole_when_the_process_died_asks_for_one_byte(server, scene, target):
    """The server has a say before it is published."""
    interrupt(scene, target, SIZE - 1)
    part, note = (target.parent / name for name in left_over(target.parent))
    part.write_bytes(scene.content)
    told = json.loads(note.read_text())
    note.write_text(json.dumps({**told, "ranges": [[0, SIZE]]}))

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == 1
    assert target.read_bytes() == scene.content


def test_a_small_file_leaves_nothing_behind(server, target):
    """Below 1 MiB beginning again is cheaper than a note."""
    scene = server.add("scene.tif", size_bytes=1000)

    interrupt(scene, target, 500)

    assert list(target.parent.iterdir()) == []


def test_a_part_of_a_living_process_is_left_alone(scene, target):
    """Two processes at one file: each writes a part of its own, and both come out whole."""
    interrupt(scene, target, HALF)
    part, _ = left_over(target.parent)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        theirs = renamed_to(target.parent, part, owner_of(other.pid))

        outcome = fetch(scene.href, target)

        other.communicate(b"\n")
    assert outcome.bytes_fetched == SIZE
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == [theirs, f"{theirs}.json"]


def test_a_part_of_a_dead_process_is_claimed(scene, target):
    interrupt(scene, target, HALF)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        renamed_to(target.parent, left_over(target.parent)[0], owner_of(other.pid))
        other.communicate(b"\n")

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE - HALF
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


@pytest.mark.parametrize(("age_s", "fetched"), [(0, SIZE), (3600, SIZE - HALF)])
def test_a_part_of_another_host_is_claimed_once_nobody_has_touched_it_for_long(scene, target, age_s, fetched):
    interrupt(scene, target, HALF)
    theirs = target.parent / renamed_to(target.parent, left_over(target.parent)[0], "ffffff-ffffff-1-1")
    then = time.time() - age_s
    os.utime(theirs, (then, then))

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == fetched
    assert target.read_bytes() == scene.content


def owner_of(pid):
    """The name of a process as it stands in the names of its parts."""
    from radiant_mlhub.transfer.owners import Owner, this_owner

    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return str(Owner(this_owner().host, this_owner().boot, pid, fields[19]))


def renamed_to(folder, part, owner):
    fields = part.rsplit(".", 4)
    name = ".".join([*fields[:2], owner, *fields[3:]])
    (folder / part).rename(folder / name)
    (folder / f"{part}.json").rename(folder / f"{name}.json")
    return name


def test_a_part_that_was_recorded_gets_its_name_at_the_next_start(server, scene, target):
    """A kill between the record and the rename costs neither a request nor a byte."""
    first = fetch(scene.href, target)
    target.rename(target.with_name(f".scene.tif.00000000.{dead_owner()}.0.part"))
    server.requests.clear()

    outcome = fetch(scene.href, target, record=first.record)

    assert (outcome.state, outcome.record) == ("kept", first.record)
    assert target.read_bytes() == scene.content
    assert server.requests == []
    assert left_over(target.parent) == []


def dead_owner():
    from radiant_mlhub.transfer.owners import this_owner

    return f"{this_owner().host}-000000-1-1"  # of an earlier boot


def test_files_are_recorded_before_they_get_their_names(server, tmp_path):
    scenes = [server.add(f"{n}.tif", size_bytes=1000) for n in range(20)]
    seen = []

    def record(outcomes):
        for outcome in outcomes:
            seen.append(outcome.transfer.ident)
            assert not Path(outcome.transfer.target).exists()
            assert outcome.record == FileRecord(
                1000, outcome.record.mtime_ns, outcome.record.validator, outcome.record.digest, "digest"
            )

    outcomes = list(
        fetch_all(
            [transfer_to(tmp_path / f"{n}.tif", scene.href, ident=n) for n, scene in enumerate(scenes)],
            request_for=plain_request_for(),
            record=record,
        )
    )

    assert sorted(seen) == list(range(20))
    for outcome in outcomes:
        told = Path(outcome.transfer.target).stat()
        assert (told.st_size, told.st_mtime_ns) == (outcome.record.size_bytes, outcome.record.mtime_ns)


KILLED = """
import sys
from radiant_mlhub.transfer import *
href, target, root = sys.argv[1:]
print("ready", flush=True)
fetch_one(Transfer(href, target, root), request_for=plain_request_for())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_what_a_killed_process_fetched_is_not_fetched_again(server, tmp_path, number):
    """Under 5 % of the bytes are sent twice; Ctrl-C is out within 1 s, though the server stalls."""
    size = 40_000_000
    scene = server.add("big.tif", size_bytes=size, faults=[Fault(stall_after=size * 3 // 4)])
    target = tmp_path / "big.tif"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED), scene.href, str(target), str(tmp_path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        deadline = time.monotonic() + 20
        while bytes_in_parts(tmp_path) < size * 3 // 4 and time.monotonic() < deadline:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(number)
        process.communicate(timeout=10)
    assert time.monotonic() - began < 1
    assert not target.exists()

    outcome = fetch(scene.href, target, patience=Patience())

    assert target.read_bytes() == scene.content
    assert outcome.bytes_fetched <= size // 4 + size // 20


def bytes_in_parts(folder):
    return sum(path.stat().st_size for path in folder.glob(".*.part"))


def test_leaving_the_iterator_keeps_what_arrived(server, tmp_path):
    """GeneratorExit, as Ctrl-C, leaves parts that the next call goes on with."""
    quick = server.add("quick.tif", size_bytes=1000, delay_s=0.1)  # half of the other is here by then
    slow = server.add("slow.tif", size_bytes=SIZE, faults=[Fault(stall_after=HALF)])
    transfers = [
        transfer_to(tmp_path / "slow.tif", slow.href),
        transfer_to(tmp_path / "quick.tif", quick.href),
    ]
    outcomes = fetch_all(transfers, request_for=plain_request_for())

    assert next(outcomes).transfer.href == quick.href
    outcomes.close()

    assert fetch(slow.href, tmp_path / "slow.tif", patience=IMPATIENT).bytes_fetched < SIZE
    assert (tmp_path / "slow.tif").read_bytes() == slow.content


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # said of what closes itself
def test_ctrl_c_at_any_moment_leaves_no_part_open(tmp_path):
    """Also between the opening of a file and the moment when somebody has hold of it."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("no timer that interrupts")
    interrupted = 0
    new_part(f"{tmp_path}/first.tif", "https://data.example/first.tif", Version()).discard()
    before = open_files()
    handler = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        for n in range(2000):
            part = None
            try:
                signal.setitimer(signal.ITIMER_REAL, 1e-6 * (n % 100 + 1))
                part = new_part(f"{tmp_path}/scene.tif", "https://data.example/scene.tif", Version())
                time.sleep(0.001)
            except KeyboardInterrupt:
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)

    part = None  # noqa: F841 - let go of
    assert interrupted > 100
    assert open_files() == before
    names = [path.name for path in tmp_path.iterdir()]
    assert len(leftovers(f"{tmp_path}/scene.tif", names)) == len(names)
