"""Where the system lets a program open no more files, that is said, and what helps."""

import subprocess
import sys

import pytest

from radiant_mlhub import Dataset
from support.scripted_hub import item

pytest.importorskip("resource")

WITH_FEW_LEFT = """
import logging, os, resource, sys
from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import MLHubException
from radiant_mlhub.download.verify import verify

logging.disable(logging.CRITICAL)
what, folder, most, *dataset_id = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
dataset = Dataset.fetch(*dataset_id) if dataset_id else None

def tried(number):
    if what == "verify":
        return verify(folder, progress=False, repair=number % 2)
    dataset.download(f"{folder}/{number}" if what == "anew" else folder, progress=False)

held = []
try:
    while True:
        held.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for number in range(int(most)):
    try:
        came = tried(number)
    except MLHubException as error:
        print(f"{number}: {type(error).__name__}: {error} {getattr(error, '__notes__', [])}")
    else:
        print(f"{number}: {'done' if came is None or came.is_whole else came}")
    os.close(held.pop())
"""


@pytest.fixture
def came_of(hub):
    hub.publish("ds", [item(f"i{n}", {"image": hub.file(f"{n}.tif").href}) for n in range(3)])

    def run(what, folder, most, *dataset_id):
        """What came of it with none, one, two ... files left to open."""
        command = [sys.executable, "-c", WITH_FEW_LEFT, what, str(folder), str(most), *dataset_id]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


def told_too_few(line):
    text = "too many open files. Raise the limit (ulimit -n), or lower max_connections"
    return "DirectoryUnusable: " in line and text in line


def test_every_number_of_files_too_few_is_told_as_that(came_of, tmp_path):
    """Whichever it is that cannot be opened: the lock's, libcurl's, the manifest's, the archive's."""
    came = came_of("anew", tmp_path / "data", 31, "ds")

    assert told_too_few(came[0])
    assert [line for line in came if not line.endswith(": done") and not told_too_few(line)] == []
    assert came[-1] == "30: done"


def test_a_second_run_without_a_file_for_its_manifest(came_of, tmp_path):
    Dataset.fetch("ds").download(tmp_path / "data", progress=False)

    assert all(map(told_too_few, came_of("again", tmp_path / "data", 4, "ds")))


def test_a_file_that_cannot_be_opened_for_that_is_not_called_wrong(came_of, tmp_path):
    Dataset.fetch("ds").download(tmp_path / "data", progress=False)

    came = came_of("verify", tmp_path / "data", 31)

    assert told_too_few(came[0])
    assert [line for line in came if not line.endswith(": done") and not told_too_few(line)] == []
    assert came[-1] == "30: done"
