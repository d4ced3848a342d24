"""What the disk refuses is told as that, and not as a fault of the network."""

import json
import os
import random
import subprocess
import sys
from contextlib import suppress

import pytest

from support.scripted_hub import item
from support.tmpfs import tmpfs

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    with tmpfs(tmp_path, mebibytes=4) as disk:
        yield disk


def told(result):
    return result.stderr.splitlines()


def test_a_catalog_that_does_not_fit_is_no_fault_of_the_hub(run, hub, small_disk):
    noise = random.Random(1).randbytes(5 * MIB)
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})], members={"ds/noise": noise})

    result = run("download", "ds", "-o", str(small_disk))

    assert result.exit_code == 1
    assert told(result) == [
        f"Error: {hub.root_url}catalog/ds could not be written: there is no space left on the disk. "
        "Free some and run the same call again",
        f"hint: the folder that it was to come to: {small_disk}",
        "hint: to another folder: --output DIR, --assets-to DIR",
    ]


@pytest.mark.parametrize("folder", ["", "new/one"])
def test_an_archive_onto_a_disk_that_is_read_only(run, hub, small_disk, folder):
    hub.archive("scenes", b"archive")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    result = run("archive", "scenes", "-o", str(small_disk / folder))

    assert result.exit_code == 1
    error, *hints = told(result)
    assert error.startswith(f"Error: {hub.root_url}archive/scenes could not be written: {small_disk}")
    assert error.endswith("the file system is read-only. Choose another folder")
    assert hints == [
        f"hint: the folder that it was to come to: {small_disk / folder}",
        "hint: to another folder: --output DIR",
    ]


def test_an_archive_onto_a_full_disk(run, hub, small_disk):
    """Too large for memory alone: it comes in pieces."""
    hub.archive("scenes", random.Random(1).randbytes(5 * MIB))

    result = run("archive", "scenes", "-o", str(small_disk))

    assert result.exit_code == 1
    assert "could not be written: there is no space left on the disk" in result.stderr


def test_with_too_few_open_files_no_other_folder_is_named(run_process, hub, tmp_path):
    """As after ``ulimit -n 10``: whichever file it is that is one too many."""
    resource = pytest.importorskip("resource")
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    limited = f"import resource; resource.setrlimit({resource.RLIMIT_NOFILE}, (10, 10))"

    done = run_process("download", "ds", "-o", str(tmp_path / "data"), before=limited)

    assert done.returncode == 1
    assert "too many open files. Raise the limit (ulimit -n), or lower max_connections" in done.stderr
    assert "Traceback" not in done.stderr
    assert "another folder" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere file names are UTF-8, whatever the locale")
def test_where_file_names_are_ascii_what_helps_is_said(run_process, hub, tmp_path):
    """Of download and verify, of an id that has no ASCII form."""
    hub.publish("ds", [item("grün", {"image": hub.file("a.tif").href})])
    here = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    bare = here | {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    assert run_process("download", "ds", "-o", str(tmp_path / "whole")).returncode == 0

    downloaded = run_process("download", "ds", "-o", str(tmp_path / "data"), env=bare)
    verified = run_process("verify", str(tmp_path / "whole"), env=bare)

    for done in (downloaded, verified):
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].endswith(
            " cannot be reached: this Python names files in ascii, which has no ü. "
            "Set PYTHONUTF8=1, or a locale of UTF-8 (LC_ALL=C.UTF-8), and run the same call again"
        ), done.stderr


READ_ONLY = "the file system is read-only. Choose another folder"
NO_SPACE = "there is no space left on the disk. Free some and run the same call again"
NO_FOLDER = "a file stands where a folder is needed. Move it, or choose another folder"
IN_THE_WAY = "a folder is in the way. Move it, or choose another folder"
TOO_LONG = "the name is too long for this file system. Choose a shorter folder"


@pytest.fixture(params=["crops.db", "crops.parquet"])
def name(request):
    """Of a file that is to be written."""
    if request.param.endswith(".parquet"):
        pytest.importorskip("rustac")
    return request.param


@pytest.fixture
def crops(tmp_path):
    """A file of 3,000 items, of 6 MB that do not deflate to 4."""
    noise = random.Random(1)
    path = tmp_path / "crops.ndjson"
    with path.open("w") as lines:
        for number in range(3000):
            told = {"datetime": "2020-01-01T00:00:00Z", "noise": noise.randbytes(2000).hex()}
            lines.write(json.dumps(item(f"a{number}", {"image": "a.tif"}, properties=told)) + "\n")
    return path


@pytest.fixture
def index(run, crops):
    """Write an index that the disk refuses to the path: what is said of it."""

    def call(path):
        result = run("index", str(crops), "-o", str(path), "--quiet")
        assert (result.exit_code, result.stdout) == (1, "")
        error, hint = told(result)
        assert hint == "hint: to another file: --output FILE"
        return error.removeprefix(f"Error: {path} could not be written: ")

    return call


@pytest.mark.parametrize("folder", ["", "new/one"])
def test_an_index_onto_a_disk_that_is_read_only(index, small_disk, folder, name):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    assert index(small_disk / folder / name) == READ_ONLY


def test_an_index_that_fills_the_disk(index, small_disk, name):
    assert index(small_disk / name) == NO_SPACE
    assert list(small_disk.iterdir()) == []


def test_an_index_onto_a_full_disk(index, small_disk, name):
    """Not even an empty one has room there."""
    with (small_disk / "other").open("wb", buffering=0) as other, suppress(OSError):
        while True:
            other.write(b"a" * 4096)

    assert index(small_disk / name) == NO_SPACE
    assert [path.name for path in small_disk.iterdir()] == ["other"]


@pytest.mark.parametrize(
    ("place", "reason"), [("file", NO_FOLDER), ("file/below", NO_FOLDER), ("n" * 300, TOO_LONG)]
)
def test_an_index_where_no_file_can_be(index, tmp_path, name, place, reason):
    (tmp_path / "file").touch()

    assert index(tmp_path / place / name) == reason


def test_an_index_in_the_place_of_a_folder(index, tmp_path, name):
    (tmp_path / name / "kept").mkdir(parents=True)

    assert index(tmp_path / name) == IN_THE_WAY
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["crops.ndjson", name])
