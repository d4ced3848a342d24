"""Programs that fork, as `multiprocessing` does on Linux: parent and child download, each for itself."""

import sys

import pytest

from support.scripts import run_script
from support.whole_downloads import PublishedDataset

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork is the way of Linux")

FIRST = """
import multiprocessing, sys, warnings
{first}
from radiant_mlhub import Dataset
warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12: threads do not live on in the child

def download(dataset_id, folder):
    report = Dataset.fetch(dataset_id).download(folder, progress=False, max_connections=4)
    if report.failed or report.fetched == 0:
        raise SystemExit(f"{{dataset_id}}: {{report}}")

def in_a_child(dataset_id, folder):
    child = multiprocessing.get_context("fork").Process(target=download, args=(dataset_id, folder))
    child.start()
    return child

def end(child):
    child.join(20)
    if child.is_alive():
        child.kill()
        raise SystemExit("the child hangs")
    if child.exitcode:
        raise SystemExit(f"the child ended with {{child.exitcode}}")
"""
NAMES = ("one", "two", "three")
WITHOUT_PYCURL = "sys.modules['pycurl'] = None"

AFTER = """
download("one", {one!r})
children = [in_a_child("two", {two!r}), in_a_child("three", {three!r})]
for child in children:
    end(child)
"""


@pytest.mark.parametrize("first", ["", WITHOUT_PYCURL], ids=["libcurl", "a session"])
def test_children_download_and_so_does_their_parent(hub, tmp_path, monkeypatch, first):
    datasets = {
        name: PublishedDataset(hub, small=8, large_bytes=[2_000_000], dataset_id=name) for name in NAMES
    }
    folders = {name: tmp_path / name for name in NAMES}
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
    monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
    texts = {name: str(folder) for name, folder in folders.items()}

    run_script(FIRST.format(first=first) + AFTER.format(**texts), timeout_s=40)

    for name, dataset in datasets.items():
        assert dataset.differences(folders[name]) == []
    assert hub.blobs.bytes_sent() == sum(dataset.total_bytes for dataset in datasets.values())


HELD = """
import os, sys, time, warnings
from pathlib import Path
from radiant_mlhub.download import folder_lock
from radiant_mlhub.exceptions import DirectoryUnusable
warnings.simplefilter("ignore", DeprecationWarning)
with folder_lock.kept_for_one_run("ds", Path({folder!r})), folder_lock._held_guard:
    child = os.fork()
    if child == 0:
        try:
            with folder_lock.kept_for_one_run("ds", Path({folder!r}), wait_s=0):
                os._exit(1)
        except DirectoryUnusable as error:
            os._exit(0 if f"by process {{os.getppid()}} on" in str(error) else 2)
    for _ in range(1000):
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            sys.exit(os.waitstatus_to_exitcode(status))
        time.sleep(0.01)
    os.kill(child, 9)
    sys.exit("the child hangs")
"""


def test_a_child_does_not_take_its_parents_lock_for_its_own(tmp_path):
    """Nor does it wait for a thread of the parent's that was taking it."""
    run_script(HELD.format(folder=str(tmp_path)))
