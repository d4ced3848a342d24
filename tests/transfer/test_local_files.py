"""Files of this machine, by the same rules as those of servers: whole or nothing, checked, continued."""

import os
import threading
import time

import pytest

from radiant_mlhub.sources.asking import request_for_hrefs
from radiant_mlhub.transfer import fetch_all
from support.faults import Fault, made_up
from support.fetching import attempt, left_over, transfer_to

MIB = 1024 * 1024
EVERYWHERE = request_for_hrefs(local=["file:///"])


@pytest.fixture
def scene(tmp_path):
    """A file whose name has to be quoted, to be copied into another folder."""
    folder = tmp_path / "data here"
    folder.mkdir()
    file = folder / "scene #1 ü.tif"
    file.write_bytes(made_up(3 * MIB, "scene"))
    return file


def copied(href, target, request_for=EVERYWHERE, **fields):
    target.parent.mkdir(exist_ok=True)
    return attempt(href, target, request_for=request_for, **fields)


@pytest.mark.usefixtures("each_carrier")
@pytest.mark.parametrize("size_bytes", [0, 1000, 3 * MIB])
def test_a_file_of_this_machine_is_copied_whole(scene, tmp_path, size_bytes):
    scene.write_bytes(made_up(size_bytes, "scene"))

    outcome = copied(scene.as_uri(), tmp_path / "to" / "x")

    assert outcome.state == "fetched"
    assert outcome.bytes_fetched == size_bytes
    assert (tmp_path / "to" / "x").read_bytes() == scene.read_bytes()
    assert left_over(tmp_path / "to") == []


def test_a_digest_that_the_catalog_names_is_checked(scene, tmp_path):
    outcome = copied(scene.as_uri(), tmp_path / "to" / "x", digests=("md5:" + "0" * 32,))

    assert outcome.state == "failed"
    assert "md5" in outcome.error
    assert not (tmp_path / "to" / "x").exists()


def test_a_copy_that_was_interrupted_is_continued(scene, tmp_path):
    scene.write_bytes(made_up(40 * MIB, "scene"))
    target = tmp_path / "to" / "x"
    target.parent.mkdir()
    cancel = threading.Event()

    def watch():
        while not any('"ranges": [[' in note.read_text() for note in target.parent.glob(".*.part.json")):
            pass
        cancel.set()

    threading.Thread(target=watch, daemon=True).start()
    transfers = [transfer_to(target, scene.as_uri())]
    list(fetch_all(transfers, request_for=EVERYWHERE, cancel=cancel, max_bytes_per_s=20 * MIB))
    assert not target.exists()

    outcome = copied(scene.as_uri(), target)

    assert 0 < outcome.bytes_fetched < 40 * MIB
    assert target.read_bytes() == scene.read_bytes()


def test_a_file_that_changed_is_begun_anew(scene, tmp_path):
    target = tmp_path / "x"
    target.write_bytes(scene.read_bytes()[: 2 * MIB])
    scene.write_bytes(made_up(3 * MIB, "other"))

    outcome = attempt(scene.as_uri(), target, request_for=EVERYWHERE, if_exists="overwrite")

    assert outcome.state == "fetched"
    assert target.read_bytes() == scene.read_bytes()


def test_a_copy_that_lies_there_already_is_adopted(scene, tmp_path):
    target = tmp_path / "x"
    target.write_bytes(scene.read_bytes())

    outcome = attempt(scene.as_uri(), target, request_for=EVERYWHERE)

    assert outcome.state == "kept"


def test_a_file_may_be_its_own_copy(scene):
    """A catalog downloaded into its own folder."""
    outcome = attempt(scene.as_uri(), scene, request_for=EVERYWHERE)

    assert outcome.state == "kept"
    assert scene.stat().st_size == 3 * MIB


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: None, "404 Not Found"),
        (lambda path: path.mkdir(), "404 Not Found"),
        (os.mkfifo, "404 Not Found"),
    ],
)
def test_what_is_no_file_is_said_at_once(tmp_path, make, says):
    there = tmp_path / "there"
    make(there)

    outcome = attempt(there.as_uri(), tmp_path / "x", request_for=EVERYWHERE)

    assert outcome.error == f"{there.as_uri()} could not be fetched: {says}"


def test_a_file_of_this_machine_is_read_for_nobody_who_may_not(scene, tmp_path):
    outcome = copied(scene.as_uri(), tmp_path / "to" / "x", request_for_hrefs())

    assert outcome.error.endswith("is a file of this machine, and its catalog is not: it was not read")


@pytest.mark.parametrize("way", ["/../../secret", "/%2e%2e/secret", "/a/../../secret", "-not/x"])
def test_nothing_is_read_outside_of_a_folder_that_may_be_read(tmp_path, way):
    folder = tmp_path / "mirror"
    folder.mkdir()
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "mirror-not").mkdir()
    (tmp_path / "mirror-not" / "x").write_text("secret")

    outcome = attempt(
        folder.as_uri() + way, tmp_path / "x", request_for=request_for_hrefs(local=[folder.as_uri()])
    )

    assert "it was not read" in outcome.error
    assert not (tmp_path / "x").exists()


def test_a_file_of_another_machine_is_none(tmp_path):
    outcome = attempt("file://elsewhere/x.tif", tmp_path / "x", request_for=EVERYWHERE)

    assert 'it names a file of another machine, "elsewhere"' in outcome.error


def test_files_and_servers_are_read_side_by_side(scene, server, tmp_path):
    slow = server.add("slow.tif", size_bytes=100_000, trickle_s=0.01, piece_bytes=10_000)
    flaky = server.add("flaky.tif", size_bytes=500, faults=[Fault(status=500)])
    (tmp_path / "to").mkdir()
    transfers = [transfer_to(tmp_path / "to" / str(n), scene.as_uri()) for n in range(50)]
    transfers += [
        transfer_to(tmp_path / "to" / "s", slow.href),
        transfer_to(tmp_path / "to" / "f", flaky.href),
    ]

    outcomes = list(fetch_all(transfers, request_for=EVERYWHERE))

    assert {outcome.error for outcome in outcomes} == {None}
    assert len(outcomes) == 52


def test_a_server_stands_in_for_a_file_that_is_gone(scene, server, tmp_path):
    there = server.add("scene.tif", size_bytes=500)
    gone = (tmp_path / "gone.tif").as_uri()

    outcome = attempt(there.href, tmp_path / "x", request_for=EVERYWHERE, addresses=(gone, there.href))

    assert outcome.state == "fetched"
    assert outcome.came_from is None


@pytest.mark.parametrize("most", [1, 2])
def test_the_next_file_is_read_at_once_however_few_may_be_at_a_time(tmp_path, most):
    """100 files took 0.1 s each, one after the other, while nobody had anything to wait for."""
    (tmp_path / "from").mkdir()
    (tmp_path / "to").mkdir()
    for n in range(100):
        (tmp_path / "from" / str(n)).write_bytes(made_up(100, str(n)))
    transfers = [
        transfer_to(tmp_path / "to" / str(n), (tmp_path / "from" / str(n)).as_uri()) for n in range(100)
    ]
    began = time.monotonic()

    outcomes = list(fetch_all(transfers, request_for=EVERYWHERE, max_connections=most))

    assert {outcome.state for outcome in outcomes} == {"fetched"}
    assert time.monotonic() - began < 2
