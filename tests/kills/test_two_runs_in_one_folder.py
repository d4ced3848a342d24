"""Two processes at one folder: one works, the other says who does; and no file is ever half."""

import os
import threading
from pathlib import Path

import pytest

from radiant_mlhub.download.folder_lock import kept_for_one_run
from radiant_mlhub.exceptions import DirectoryUnusable
from support.downloads_apart import ASSET_SUFFIX
from support.scripted_hub import item
from support.whole_downloads import PublishedDataset, ended_well
from support.wire import Response


@pytest.fixture
def held(hub):
    """The event until which the one asset of the dataset "held" does not come."""
    let_go = threading.Event()

    def answer(_):
        let_go.wait(20)
        return Response(200, {"ETag": '"one"'}, b"content")

    hub.blobs.route("GET", "/held", answer)
    hub.publish("held", [item("a", {"image": f"{hub.blobs.url}/held/a{ASSET_SUFFIX}"})])
    yield let_go
    let_go.set()


def start_and_hold(interpreter, hub, folder, **options):
    """A download of "held" that is under way and does not end by itself."""
    first = interpreter.start(hub.root_url, folder, dataset_id="held", **options)
    assert first.wait_for("unpack")
    return first


def test_the_second_run_says_who_is_there(interpreter, hub, held, tmp_path):
    first = start_and_hold(interpreter, hub, tmp_path)
    asked_before = len(hub.blobs.requests)

    second = interpreter.start(hub.root_url, tmp_path, dataset_id="held")
    second.wait()

    assert second.told["error"] == "DirectoryUnusable"
    assert second.told["text"] == (
        f'"held" is being downloaded into {tmp_path} by process {first.pid} on {os.uname().nodename}. '
        "Wait until that has ended, or choose another folder."
    )
    assert len([each for each in hub.blobs.requests[asked_before:] if "catalogs" in each.path]) == 0
    held.set()
    assert ended_well(first)
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_the_second_run_waits_for_one_that_is_just_ending(interpreter, hub, held, tmp_path):
    first = start_and_hold(interpreter, hub, tmp_path)
    second = interpreter.start(hub.root_url, tmp_path, dataset_id="held")
    threading.Timer(0.3, held.set).start()

    assert ended_well(second)

    assert ended_well(first)
    assert (second.told["fetched"], second.told["kept"]) == (0, 1)


def test_the_folder_of_the_assets_is_kept_to_one_run_too(interpreter, hub, held, tmp_path):
    """Two catalogs' folders, one folder for the assets."""
    start_and_hold(interpreter, hub, tmp_path / "1", asset_output_dir=str(tmp_path / "assets"))

    second = interpreter.start(
        hub.root_url, tmp_path / "2", dataset_id="held", asset_output_dir=str(tmp_path / "assets")
    )
    second.wait()

    assert f'"held" is being downloaded into {tmp_path / "assets"} by process' in second.told["text"]


def test_other_datasets_in_the_folder_do_not_wait(interpreter, hub, held, tmp_path):
    start_and_hold(interpreter, hub, tmp_path)
    other = PublishedDataset(hub, small=3, dataset_id="other")

    second = interpreter.start(hub.root_url, tmp_path, dataset_id="other")

    assert ended_well(second)
    assert second.told["fetched"] == other.assets


def test_a_killed_run_locks_nobody_out(interpreter, hub, held, tmp_path):
    """The system takes the lock away with the process; the file it leaves says nothing more."""
    first = start_and_hold(interpreter, hub, tmp_path)
    first.kill()
    held.set()
    assert [path.name for path in tmp_path.glob(".*in-use")] == [".held.in-use"]

    assert ended_well(interpreter.start(hub.root_url, tmp_path, dataset_id="held"))

    assert list(tmp_path.glob(".*")) == []


def test_without_locks_files_are_whole_all_the_same(interpreter, hub, tmp_path):
    """A network folder may have none. Parts have names of their own, so nobody writes into another's."""
    dataset = PublishedDataset(hub, small=20, large_bytes=[3_000_000])

    both = [interpreter.start(hub.root_url, tmp_path, locks=False) for _ in range(2)]
    for run in both:
        run.wait()

    assert any("error" not in run.told for run in both), both
    assert [each for each in dataset.differences(tmp_path) if "other bytes" in each] == []
    assert ended_well(interpreter.start(hub.root_url, tmp_path, locks=False))
    assert dataset.differences(tmp_path) == []


def test_two_threads_of_one_process_are_kept_apart(tmp_path):
    with (
        kept_for_one_run("ds", tmp_path),
        pytest.raises(DirectoryUnusable, match="by another thread of this process"),
        kept_for_one_run("ds", tmp_path, wait_s=0),
    ):
        pytest.fail("the folder was given to two")


def test_two_runs_with_crossed_folders_do_not_wait_for_each_other_forever(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    refused = []

    def run(*folders):
        try:
            with kept_for_one_run("ds", *folders, wait_s=0.2):
                threading.Event().wait(0.05)
        except DirectoryUnusable as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=folders) for folders in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert not any(thread.is_alive() for thread in threads)
    with kept_for_one_run("ds", one, other, wait_s=0):
        assert len(list(tmp_path.rglob(".ds.in-use"))) == 2


def test_one_folder_named_twice_is_locked_once(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)

    with kept_for_one_run("ds", tmp_path, tmp_path / "link", wait_s=0):
        pass

    assert list(tmp_path.glob(".*")) == []


def test_an_error_takes_the_lock_away(tmp_path):
    with pytest.raises(ZeroDivisionError), kept_for_one_run("ds", tmp_path):
        raise ZeroDivisionError

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")

    with (
        pytest.raises(DirectoryUnusable, match=r"file/below cannot be written: Not a directory$"),
        kept_for_one_run("ds", Path(tmp_path / "file" / "below")),
    ):
        pass
