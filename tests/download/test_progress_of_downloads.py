"""What a download, a repair and the documented single calls tell of their progress."""

import io
import json
import sys

import pytest

import radiant_mlhub
from radiant_mlhub import Dataset, MLModel, ProgressEvent
from radiant_mlhub.client import CatalogDownloader, CatalogDownloaderConfig, download_collection_archive
from radiant_mlhub.exceptions import InvalidArgument
from radiant_mlhub.session import get_session
from support.faults import Fault
from support.scripted_hub import item
from support.scripts import run_script

SIZE = 3000


@pytest.fixture
def scenes(hub):
    """Twelve files whose sizes the catalog names."""
    files = [hub.file(f"{n}.tif", size_bytes=SIZE) for n in range(12)]
    hub.publish(
        "ds",
        [item(f"i{n}", {"image": {"href": each.href, "file:size": SIZE}}) for n, each in enumerate(files)],
    )
    return files


def last(events, phase):
    return [event for event in events if event.phase == phase][-1]


def phases(events):
    return list(dict.fromkeys(event.phase for event in events))


def test_a_download_tells_each_of_its_steps_to_its_end(scenes, tmp_path):
    """The catalog by bytes, its reading by items, the assets by both, the catalog's files by number."""
    events = []

    report = Dataset.fetch("ds").download(tmp_path, progress=events.append)

    assert set(phases(events)) == {"catalog", "assets", "index", "unpack"}
    assert phases(events)[0] == "catalog"
    assert {event.subject for event in events} == {"ds"}
    assert all(last(events, phase).ended for phase in phases(events))
    catalog, assets = last(events, "catalog"), last(events, "assets")
    archive_bytes = (tmp_path / "ds.tar.gz").stat().st_size
    assert catalog.bytes_done == catalog.bytes_total == archive_bytes
    assert (assets.files_done, assets.files_total) == (12, 12)
    assert assets.bytes_done == assets.bytes_total == report.bytes_fetched == 12 * SIZE
    assert last(events, "index").files_done == 12
    unpacked = sum(path.is_file() for path in (tmp_path / "ds").rglob("*.json"))
    assert last(events, "unpack").files_done == last(events, "unpack").files_total >= unpacked


def test_a_second_run_counts_what_is_there(scenes, tmp_path):
    """Nothing comes, so there is no speed; and nothing is read or unpacked again."""
    dataset, events = Dataset.fetch("ds"), []
    dataset.download(tmp_path, progress=False)

    dataset.download(tmp_path, progress=events.append)

    assets = last(events, "assets")
    assert phases(events) == ["catalog", "assets"]
    assert (assets.files_done, assets.bytes_done, assets.bytes_per_s) == (12, 12 * SIZE, 0)


def test_sizes_that_the_catalog_does_not_name_leave_the_total_open(hub, tmp_path):
    files = [hub.file(f"{n}.tif", size_bytes=SIZE) for n in range(3)]
    hub.publish("ds", [item(f"i{n}", {"image": each.href}) for n, each in enumerate(files)])
    events = []

    Dataset.fetch("ds").download(tmp_path, progress=events.append)

    assets = last(events, "assets")
    assert (assets.files_total, assets.bytes_done, assets.bytes_total) == (3, 3 * SIZE, None)


def test_a_host_that_asks_to_wait_is_told_during_a_download(hub, tmp_path):
    slow = hub.file("slow.tif", size_bytes=SIZE, faults=[Fault(status=429, retry_after=1)])
    hub.publish("ds", [item("a", {"image": slow.href})])
    events = []

    Dataset.fetch("ds").download(tmp_path, progress=events.append)

    waits = [wait for event in events for wait in event.waits]
    assert waits
    assert all(slow.href.startswith(wait.host) and 0 <= wait.seconds <= 1 for wait in waits)
    assert last(events, "assets").retries == 1


@pytest.mark.parametrize("phase", ["catalog", "index", "assets", "unpack"])
def test_an_error_of_the_callback_ends_the_download_and_the_next_call_goes_on(scenes, tmp_path, phase):
    """In whichever step: that very error comes out, and no lock, part or half file is in the way."""
    dataset, wrong = Dataset.fetch("ds"), RuntimeError("enough")

    def told(event):
        if event.phase == phase:
            raise wrong

    with pytest.raises(RuntimeError) as raised:
        dataset.download(tmp_path, progress=told)
    report = dataset.download(tmp_path, progress=False)

    assert raised.value is wrong
    assert report.fetched + report.kept == 12
    assert radiant_mlhub.verify(tmp_path, progress=False).is_whole


@pytest.mark.parametrize("value", ["json", 1, None, 0.5])
def test_progress_is_a_truth_or_a_function(scenes, tmp_path, value):
    with pytest.raises(InvalidArgument) as refused:
        Dataset.fetch("ds").download(tmp_path, progress=value)

    assert str(refused.value) == (
        f"progress is {value!r}; it must be True, False, or a function that takes a ProgressEvent."
    )
    assert not (tmp_path / "ds.tar.gz").exists()


def test_the_documented_downloader_takes_a_function(scenes, tmp_path):
    events = []
    config = CatalogDownloaderConfig(
        dataset_id="ds", output_dir=tmp_path, mlhub_api_session=get_session(), progress=events.append
    )

    CatalogDownloader(config)()

    assert last(events, "assets").files_done == 12


def test_verifying_tells_bytes_and_files(scenes, tmp_path):
    """The catalog archive beside the folder is one of the files."""
    Dataset.fetch("ds").download(tmp_path, progress=False)
    events = []

    radiant_mlhub.verify(tmp_path / "ds", progress=events.append)

    verified = last(events, "verify")
    archive_bytes = (tmp_path / "ds.tar.gz").stat().st_size
    assert phases(events) == ["verify"]
    assert verified.files_done == 13
    assert verified.bytes_done == verified.bytes_total == 12 * SIZE + archive_bytes


def test_a_repair_tells_what_it_fetches_and_what_it_looks_at_again(scenes, tmp_path):
    Dataset.fetch("ds").download(tmp_path, progress=False)
    next((tmp_path / "ds").rglob("*.tif")).write_bytes(b"wrong")
    events = []

    radiant_mlhub.verify(tmp_path, repair=True, progress=events.append)

    repaired = last(events, "repair")
    assert [event.phase for event in events if event.ended] == ["verify", "repair", "verify"]
    assert (repaired.files_done, repaired.files_total, repaired.bytes_done) == (1, 1, SIZE)


def test_an_error_of_the_callback_ends_a_verification(scenes, tmp_path):
    Dataset.fetch("ds").download(tmp_path, progress=False)

    def told(event):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        radiant_mlhub.verify(tmp_path, progress=told)


def test_a_model_tells_its_files(hub, tmp_path):
    checkpoint, runtime = hub.file("c.pt", size_bytes=SIZE), hub.file("r.yml", size_bytes=10)
    model = MLModel.from_dict(item("m", {"checkpoint": checkpoint.href, "runtime": runtime.href}))
    events = []

    model.download(tmp_path, progress=events.append)

    told = last(events, "model")
    assert (told.subject, told.files_done, told.files_total, told.bytes_done) == ("m", 2, 2, SIZE + 10)


def test_an_archive_tells_its_bytes(hub, tmp_path):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    hub.archive("scenes", size_bytes=SIZE)
    events = []

    path = download_collection_archive("scenes", tmp_path, progress=events.append)

    told = last(events, "archive")
    assert (told.subject, told.bytes_done, told.bytes_total) == (path.name, SIZE, SIZE)
    assert told.ended


def test_the_events_of_a_run_are_json_lines(scenes, tmp_path):
    lines = io.StringIO()

    Dataset.fetch("ds").download(
        tmp_path, progress=lambda event: print(json.dumps(event.to_dict()), file=lines)
    )

    told = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert all(set(each) == set(ProgressEvent.__dataclass_fields__) for each in told)


def test_a_log_has_one_line_a_step(scenes, tmp_path, capfd):
    """No terminal: no bars, no carriage returns."""
    assert not sys.stderr.isatty()

    Dataset.fetch("ds").download(tmp_path)

    shown = capfd.readouterr()
    lines = [line for line in shown.err.splitlines() if line.startswith("ds: ")]
    assert "\r" not in shown.err
    assert shown.out == ""
    assert [line.partition(": ")[2].partition(":")[0] for line in lines] == [
        "fetch stac catalog",
        "read stac catalog",
        "unpack stac catalog",
        "download assets",
    ]
    assert "100 %, 12/12 files, 36.0/36.0 kB, in " in lines[-1]


@pytest.mark.parametrize("name", [None, "radiant_mlhub", "radiant_mlhub.client.catalog_downloader"])
def test_whoever_turns_the_log_down_is_heeded(scenes, tmp_path, name):
    """Of the whole package, or of the documented logger; without it, the steps are told."""
    turned_down = f"import logging\nlogging.getLogger({name!r}).setLevel(logging.WARNING)\n" if name else ""

    done = run_script(
        f"{turned_down}from radiant_mlhub import Dataset\n"
        f"Dataset.fetch('ds').download({str(tmp_path)!r}, progress=False)\n"
    )

    assert ("INFO:radiant_mlhub.client.catalog_downloader:" in done.stderr) == (name is None)
