"""After a run nothing runs or is open any more; and what others did to the folder costs time only."""

import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from support.downloads_apart import ASSET_SUFFIX
from support.faults import Fault
from support.scripted_hub import item
from support.scripts import run_script
from support.whole_downloads import ERR_REPORT, MANIFEST, PublishedDataset, ended_well


@pytest.fixture
def dataset(hub):
    return PublishedDataset(hub, small=6, large_bytes=[1_500_000])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def run(interpreter, hub, folder, **options):
    started = interpreter.start(hub.root_url, folder, **options)
    started.wait()
    return started


def asset_requests(hub):
    return [request.path for request in hub.asset_requests()]


def test_no_thread_socket_or_file_is_left_after_a_run(interpreter, hub, dataset, folder):
    told = run(interpreter, hub, folder).told

    assert (told["fetched"], told["threads"], told["open"]) == (dataset.assets, [], [])


def test_nor_after_an_error(interpreter, hub, folder):
    """An asset that is not there, and an archive that is none."""
    gone = f"{hub.blobs.url}/files/none{ASSET_SUFFIX}"
    hub.publish("gone", [item("a", {"image": gone, "b": hub.file(f"a{ASSET_SUFFIX}").href})])
    hub.publish("broken", [])
    hub.blobs.add("/mlhub/catalogs/broken.tar.gz", b"\x1f\x8b\x08\x00 no gzip")

    for dataset_id, error in (("gone", "DownloadFailed"), ("broken", "CatalogBroken")):
        told = run(interpreter, hub, folder, dataset_id=dataset_id).told
        assert (told["error"], told["threads"], told["open"]) == (error, [], [])
    assert list(folder.rglob(".*")) == []


ENDED = """
import json, sys
sys.modules["pycurl"] = None
from radiant_mlhub import Dataset
from support.left_open import open_files, other_threads
for dataset_id in ("ds", "gone", "broken", "late"):
    dataset = Dataset.fetch(dataset_id)
    before = open_files()
    error = None
    try:
        dataset.download({folder!r}, progress=False)
    except OSError as raised:
        error = type(raised).__name__
    print(json.dumps([error, other_threads(), sorted(open_files() - before)]))
"""


def test_nor_without_libcurl(hub, dataset, folder, monkeypatch):
    """Where threads of `requests` carry the files: after a run, and after runs that failed."""
    for name, value in (("ROOT_URL", hub.root_url), ("API_KEY", "a-key-of-the-tests")):
        monkeypatch.setenv(f"MLHUB_{name}", value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    hub.publish("gone", [item("a", {"image": f"{hub.blobs.url}/files/none{ASSET_SUFFIX}"})])
    hub.publish("broken", [])
    hub.blobs.add("/mlhub/catalogs/broken.tar.gz", b"\x1f\x8b\x08\x00 no gzip")
    hub.publish(
        "late", [item("a", {"image": hub.file(f"s{ASSET_SUFFIX}", status=503, retry_after=999).href})]
    )

    lines = run_script(ENDED.format(folder=str(folder))).stdout.splitlines()

    told = [json.loads(line) for line in lines]
    assert [error for error, _, _ in told] == [None, "DownloadFailed", "CatalogBroken", "DownloadFailed"]
    assert [(threads, files) for _, threads, files in told] == [([], [])] * 4


EVERY_DOOR = """
import json, sys
{first}
from pathlib import Path
from radiant_mlhub import Dataset, MLModel
from radiant_mlhub.client import download_collection_archive
from radiant_mlhub.client.resumable_downloader import ResumableDownloader
from radiant_mlhub.download.verify import verify
from radiant_mlhub.exceptions import MLHubException
from support.left_open import open_files, other_threads

folder, files = Path({folder!r}), {files!r}

def told(call, *arguments, **options):
    before = open_files()
    error = None
    try:
        call(*arguments, **options)
    except MLHubException as raised:
        error = type(raised).__name__
    print(json.dumps([error, other_threads(), sorted(open_files() - before)]))

MLModel.fetch("whole")  # the connection to the hub is kept
for name, href in files.items():
    told(download_collection_archive, name, folder, progress=False)
    told(ResumableDownloader(href, folder / name).run)
    told(MLModel.fetch(name).download, folder / "models", progress=False)
told(Dataset.fetch("half").download, folder, progress=False)
(folder / "half/scenes/a/a.bin").unlink()
told(verify, folder / "half", repair=True, progress=False)
"""


@pytest.mark.parametrize("first", ["", "sys.modules['pycurl'] = None"], ids=["libcurl", "a session"])
def test_nor_of_an_archive_a_file_a_model_a_repair(hub, folder, monkeypatch, first):
    """One that comes, one that is not there, one of which a half came; and a repair of a half."""
    for name, value in (("ROOT_URL", hub.root_url), ("API_KEY", "a-key-of-the-tests")):
        monkeypatch.setenv(f"MLHUB_{name}", value)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    scripts = {
        "whole": {},
        "gone": {"status": 404},
        "cut": {"status": 403, "faults": [Fault(reset_after=1_200_000)]},
    }
    scenes = {}
    for name, script in scripts.items():
        hub.archive(name, size_bytes=1_500_000, **script)
        scenes[name] = hub.file(name, size_bytes=1_500_000, **script)
        model = hub.file(f"{name}.pt", size_bytes=1_500_000, **script)
        hub.models[name] = item(name, {"weights": model.href})
    repaired = hub.file(f"a{ASSET_SUFFIX}")
    hub.publish("half", [item("a", {"a": repaired.href, "b": scenes["gone"].href})])
    code = EVERY_DOOR.format(
        first=first, folder=str(folder), files={name: scene.href for name, scene in scenes.items()}
    )

    told = [json.loads(line) for line in run_script(code).stdout.splitlines()]

    errors = {
        "whole": [None, None, None],
        "gone": ["EntityDoesNotExist", "TransferFailed", "DownloadFailed"],
        "cut": ["TransferFailed", "TransferFailed", "DownloadFailed"],
    }
    expected = [*itertools.chain(*errors.values()), "DownloadFailed", None]
    assert [error for error, _, _ in told] == expected
    assert [(threads, files) for _, threads, files in told] == [([], [])] * len(expected)
    assert (folder / "half/scenes/a/a.bin").read_bytes() == repaired.content


@pytest.mark.parametrize("damage", ["garbage", "half", "empty", "none", "another's", "wal alone"])
def test_a_manifest_that_cannot_be_used_costs_requests_and_no_bytes(
    interpreter, hub, dataset, folder, damage
):
    assert ended_well(run(interpreter, hub, folder))
    manifest = folder / "ds" / MANIFEST
    content = manifest.read_bytes()
    manifest.unlink()
    if damage == "another's":
        with closing(sqlite3.connect(manifest)) as connection:
            connection.execute("CREATE TABLE assets (x)")
            connection.commit()
    elif damage == "wal alone":
        manifest.with_name(f"{MANIFEST}-wal").write_bytes(content[:5000])
    elif damage != "none":
        manifest.write_bytes({"garbage": b"garbage" * 999, "half": content[:9000], "empty": b""}[damage])
    hub.blobs.requests.clear()

    assert ended_well(run(interpreter, hub, folder))

    assert dataset.differences(folder) == []
    assert hub.blobs.bytes_sent() <= 10  # bytes asked for to be told a length


def test_a_manifest_that_somebody_has_open_is_no_hindrance(interpreter, hub, dataset, folder):
    assert ended_well(run(interpreter, hub, folder))
    with closing(sqlite3.connect(folder / "ds" / MANIFEST)) as reader:
        assert reader.execute("SELECT COUNT(*) FROM assets").fetchone() == (dataset.assets,)

        assert ended_well(run(interpreter, hub, folder))
        assert reader.execute("SELECT COUNT(*) FROM assets").fetchone() == (dataset.assets,)

    assert ended_well(run(interpreter, hub, folder))
    assert dataset.differences(folder) == []


def test_reading_the_manifest_writes_nothing(interpreter, hub, dataset, folder):
    """Not even while it is open: it may lie where nothing can be written."""
    assert ended_well(run(interpreter, hub, folder))

    with closing(sqlite3.connect(folder / "ds" / MANIFEST)) as reader:
        assert reader.execute("SELECT COUNT(*) FROM assets").fetchone() == (dataset.assets,)

        assert [path.name for path in folder.glob(f"ds/{MANIFEST}*")] == [MANIFEST]


@pytest.mark.parametrize("keeps_times", [False, True])
def test_a_copied_folder_knows_what_is_done(interpreter, hub, dataset, folder, keeps_times):
    """`cp -r` gives new times, `cp -rp` the old ones: either way no asset is asked for."""
    assert ended_well(run(interpreter, hub, folder))
    copy = folder.with_name("copy")
    shutil.copytree(folder, copy, copy_function=shutil.copy2 if keeps_times else shutil.copyfile)
    hub.blobs.requests.clear()

    again = run(interpreter, hub, copy)

    assert (again.told["fetched"], again.told["kept"]) == (0, dataset.assets)
    assert asset_requests(hub) == []
    assert dataset.differences(copy) == []


def test_a_catalog_that_grew_shrank_and_changed_between_runs(interpreter, hub, folder):
    """New assets come, changed addresses replace what lay there, what is gone from it stays on disk."""
    files = {name: hub.file(f"{name}{ASSET_SUFFIX}", name.encode() * 500) for name in ("a", "b", "c", "b2")}
    hub.publish("ds", [item("1", {"image": files["a"].href}), item("2", {"image": files["b"].href})])
    assert ended_well(run(interpreter, hub, folder))
    hub.publish("ds", [item("2", {"image": files["b2"].href}), item("3", {"image": files["c"].href})])
    hub.blobs.requests.clear()

    assert ended_well(run(interpreter, hub, folder))

    assert sorted(asset_requests(hub)) == [f"/files/b2{ASSET_SUFFIX}", f"/files/c{ASSET_SUFFIX}"]
    held = {path.parent.name: path.read_bytes() for path in folder.rglob(f"image{ASSET_SUFFIX}")}
    assert held == {"1": b"a" * 500, "2": b"b2" * 500, "3": b"c" * 500}
    assert list(folder.rglob(".*")) == []


def test_a_catalog_that_changed_after_a_kill_is_what_counts(interpreter, hub, dataset, folder):
    """The killed run was at the old one; the next run ends with the new one, whole."""
    killed = interpreter.start(hub.root_url, folder, die_at_name=3)
    killed.wait()
    changed = PublishedDataset(hub, small=9, large_bytes=[1_500_000, 2_000_000])

    assert ended_well(run(interpreter, hub, folder))

    assert changed.differences(folder) == []


def test_a_failed_asset_keeps_its_part_and_the_rest_arrives(interpreter, hub, folder):
    """A server that gives up in the middle: the next run begins where it stopped."""
    large = hub.file(f"large{ASSET_SUFFIX}", size_bytes=3_000_000, cut_after=2_000_000)
    hub.publish("ds", [item("a", {"image": large.href, "b": hub.file(f"b{ASSET_SUFFIX}").href})])
    large.faults[:] = [Fault(cut_after=2_000_000), *[Fault(status=404)] * 9]

    first = run(interpreter, hub, folder)
    assert (first.told["error"], (folder / "ds" / ERR_REPORT).read_bytes() != b"") == ("DownloadFailed", True)
    large.faults[:], large.always = [], Fault()
    hub.blobs.requests.clear()

    assert ended_well(run(interpreter, hub, folder))

    assert hub.blobs.bytes_sent() <= 1_000_000
    assert (folder / "ds/scenes/a" / f"image{ASSET_SUFFIX}").read_bytes() == large.content
    assert list(folder.rglob(".*")) == []


@pytest.fixture
def read_only(tmp_path):
    """A function that makes a folder read-only, for root too."""
    made = []

    def make(folder):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False).returncode == 0
        except FileNotFoundError:
            done = False
        if not done:
            pytest.skip("a read-only file system cannot be mounted here: that takes root")
        made.append(folder)

    yield make
    for folder in made:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("which", ["folder", "dataset's folder", "assets' folder"])
def test_a_read_only_folder_is_named_before_an_asset_moves(interpreter, hub, folder, read_only, which):
    PublishedDataset(hub, small=1)
    assets = folder.with_name("assets")
    options = {"asset_output_dir": str(assets)} if which == "assets' folder" else {}
    place = {"folder": folder, "dataset's folder": folder / "ds", "assets' folder": assets}[which]
    read_only(place)

    told = run(interpreter, hub, folder, **options).told

    assert told["error"] == "DirectoryUnusable", told
    assert f"{place}" in told["text"]
    assert "Read-only file system" in told["text"]
    assert asset_requests(hub) == []
    assert (told["threads"], told["open"]) == ([], [])
