"""A disk that is full or too small: said once, before the first byte where that can be known."""

import contextlib
import shutil
import subprocess

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DirectoryUnusable
from support.scripted_hub import item
from support.tmpfs import tmpfs

MIB = 1024 * 1024


@pytest.fixture
def small_disk(tmp_path):
    with tmpfs(tmp_path, mebibytes=4) as disk:
        yield disk


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def test_sizes_that_do_not_fit_are_refused_before_the_first_byte(hub, tmp_path):
    scene = hub.file("a.tif")
    hub.publish("ds", [item("a", {"image": {"href": scene.href, "file:size": 10**18}})])

    with pytest.raises(DirectoryUnusable, match=r"ds is on a disk with .* free, and 1000000.0 TB are"):
        download(tmp_path)

    assert hub.asset_requests() == []


def test_sizes_whose_sum_is_beyond_64_bits_are_refused_like_others(hub, tmp_path):
    scenes = [{"href": hub.file(f"{n}.tif").href, "file:size": 10**18} for n in range(10)]
    hub.publish("ds", [item("a", {f"band{n}": scene for n, scene in enumerate(scenes)})])

    with pytest.raises(DirectoryUnusable, match="are still to come"):
        download(tmp_path)

    assert hub.asset_requests() == []


def test_what_is_there_already_needs_no_space(hub, small_disk):
    """Adopted from an older client, and larger than what is left on the disk."""
    content = b"x" * (5 * MIB // 2)
    scene = hub.file("a.tif", content)
    hub.publish("ds", [item("a", {"image": {"href": scene.href, "file:size": len(content)}})])
    (small_disk / "ds/scenes/a").mkdir(parents=True)
    (small_disk / "ds/scenes/a/image.tif").write_bytes(content)

    report = download(small_disk)

    assert (report.kept, report.fetched) == (1, 0)


def test_a_disk_that_fills_up_ends_the_run_with_one_error(hub, small_disk):
    """Not a row for every file; and the same call goes on once there is space."""
    scenes = {f"i{n}": hub.file(f"{n}.tif", bytes([n]) * MIB) for n in range(8)}
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])

    with pytest.raises(DirectoryUnusable, match=r"no space left on the disk of .*ds\. What arrived is kept"):
        download(small_disk)
    subprocess.run(["mount", "-o", "remount,size=16m", small_disk], check=True)
    report = download(small_disk)

    assert report.planned == report.fetched + report.kept == len(scenes)
    for name, scene in scenes.items():
        assert (small_disk / f"ds/scenes/{name}/image.tif").read_bytes() == scene.content


def test_sizes_that_nobody_names_are_judged_by_the_files_that_came(hub, small_disk):
    """20 MB for 4 MiB: said after some files, long before the disk is full; they are kept."""
    scenes = [hub.file(f"{n}.tif", bytes([n % 251]) * 40_000) for n in range(500)]
    bands = [
        {f"band{n}": scene.href for n, scene in enumerate(scenes[at : at + 10])} for at in range(0, 500, 10)
    ]
    hub.publish("ds", [item(f"i{n}", hrefs) for n, hrefs in enumerate(bands)])

    with pytest.raises(
        DirectoryUnusable, match=r"and about .* MB are still to come, judged by the \d+ files"
    ):
        download(small_disk, max_connections=4)

    assert len(list(small_disk.rglob("band*.tif"))) >= 20
    subprocess.run(["mount", "-o", "remount,size=64m", small_disk], check=True)
    report = download(small_disk)
    assert report.planned == report.fetched + report.kept == len(scenes)
    assert report.kept >= 20


def test_one_large_file_among_small_ones_is_no_reason_to_stop(hub, small_disk):
    """The mean of all would be too much; the files of that key are not."""
    large = hub.file("large.tif", bytes(5 * MIB // 2))
    small = [hub.file(f"{n}.tif", bytes([n]) * 2000) for n in range(40)]
    items = [item(f"i{n:02}", {"labels": scene.href}) for n, scene in enumerate(small)]
    items.insert(0, item("large", {"image": large.href}))
    hub.publish("ds", items)

    assert download(small_disk, max_connections=1).fetched == 41


def test_a_full_disk_is_told_before_anything_else(hub, small_disk):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    (small_disk / "ballast").write_bytes(bytes(4 * MIB - 100_000))

    with pytest.raises(DirectoryUnusable, match="too little to begin"):
        download(small_disk)

    assert hub.blobs.requests == []


@pytest.mark.parametrize("left_kib", [0, 8, 24, 60, 1200])
def test_a_full_disk_costs_no_knowledge(hub, small_disk, left_kib):
    """What an earlier run wrote down is there once there is space again."""
    hub.publish("ds", [item(name, {"image": hub.file(f"{name}.tif").href}) for name in "abc"])
    download(small_disk)
    free_bytes = shutil.disk_usage(small_disk).free
    (small_disk / "ballast").write_bytes(bytes(free_bytes - left_kib * 1024))

    with contextlib.suppress(DirectoryUnusable):
        download(small_disk)
    (small_disk / "ballast").unlink()
    hub.blobs.requests.clear()
    report = download(small_disk)

    assert report.kept == 3
    assert hub.asset_requests() == []
