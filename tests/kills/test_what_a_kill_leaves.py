"""Parts and notes as a kill between two system calls leaves them: gone after one more call."""

import pytest

from radiant_mlhub.transfer import FileRecord
from radiant_mlhub.transfer.owners import this_owner
from support.fault_server import FaultServer
from support.fetching import fetch, interrupt, left_over

SIZE = 4_000_000
HALF = 2_000_000


@pytest.fixture
def server():
    with FaultServer() as server:
        yield server


@pytest.fixture
def scene(server):
    return server.add("scene.tif", size_bytes=SIZE)


@pytest.fixture
def target(tmp_path):
    return tmp_path / "scene.tif"


def notes_of_a_dead_run(scene, target):
    """The part and the note of an interrupted call, renamed to a process of an earlier boot."""
    interrupt(scene, target, HALF)
    part, _ = left_over(target.parent)
    fields = part.rsplit(".", 4)
    dead = target.parent / ".".join([*fields[:2], f"{this_owner().host}-000000-1-1", *fields[3:]])
    (target.parent / part).rename(dead)
    note = dead.with_name(f"{dead.name}.json")
    (target.parent / f"{part}.json").rename(note)
    return dead, note


def test_a_note_whose_part_has_its_final_name_is_deleted(scene, target):
    _, note = notes_of_a_dead_run(scene, target)
    text = note.read_text()
    whole = fetch(scene.href, target).record
    note.write_text(text)

    outcome = fetch(scene.href, target, record=whole)

    assert outcome.state == "kept"
    assert left_over(target.parent) == []


def test_a_note_that_was_being_written_is_deleted_and_the_one_before_it_holds(scene, target):
    _, note = notes_of_a_dead_run(scene, target)
    note.with_name(f"{note.name}~").write_text('{"format": 1, "sour')

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE - HALF
    assert left_over(target.parent) == []


def test_a_part_that_was_claimed_but_not_its_note_begins_again(scene, target):
    """The kill came between two renames; neither half is of use to anybody."""
    part, _ = notes_of_a_dead_run(scene, target)
    part.rename(part.with_name(part.name.replace("-000000-1-1.", "-000000-2-2.")))

    outcome = fetch(scene.href, target)

    assert outcome.bytes_fetched == SIZE
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


def test_an_overwrite_that_was_killed_goes_on_where_it_was(scene, target):
    """The old copy stays until the new one is whole; the part of the new one is continued."""
    notes_of_a_dead_run(scene, target)
    target.write_bytes(b"old")
    record = FileRecord(target.stat().st_size, target.stat().st_mtime_ns)

    outcome = fetch(scene.href, target, if_exists="overwrite", record=record)

    assert outcome.bytes_fetched == SIZE - HALF
    assert target.read_bytes() == scene.content
    assert left_over(target.parent) == []


def test_parts_beside_a_file_that_is_whole_are_deleted(scene, target):
    notes_of_a_dead_run(scene, target)
    halves = {path: path.read_bytes() for path in target.parent.iterdir()}
    whole = fetch(scene.href, target).record
    for path, content in halves.items():
        path.write_bytes(content)

    assert fetch(scene.href, target, record=whole).state == "kept"

    assert left_over(target.parent) == []
