"""What the disk refuses is told as that, and not as a fault of the network."""

import random
import subprocess

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
