"""A catalog that names other addresses for the same bytes brings nothing again; of others, everything."""

import hashlib
import os
import sqlite3
import zlib
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DownloadFailed
from support.faults import Fault
from support.scripted_hub import item

BYTES = {"a": b"a" * 400, "b": b"b" * 400}


def sha256_of(content):
    return f"1220{hashlib.sha256(content).hexdigest()}"


def md5_of(content):
    return f"d50110{hashlib.md5(content).hexdigest()}"


def crc32_of(content):
    return f"b20204{zlib.crc32(content):08x}"


def publish(hub, version, contents=BYTES, checksum=sha256_of):
    """The dataset under the addresses of this version; the scenes by their items' ids."""
    scenes = {name: hub.file(f"{version}/{name}.tif", content) for name, content in contents.items()}
    items = []
    for name, content in contents.items():
        image = {"href": scenes[name].href, "file:size": len(content)}
        if checksum is not None:
            image["file:checksum"] = checksum(content)
        items.append(item(name, {"image": image}))
    hub.publish("ds", items)
    hub.blobs.requests.clear()
    return scenes


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def bytes_of(folder):
    return {path.parent.name: path.read_bytes() for path in folder.rglob("*.tif")}


@pytest.mark.parametrize("checksum", [sha256_of, md5_of])
def test_the_same_bytes_at_other_addresses_are_kept(hub, tmp_path, checksum):
    publish(hub, "v1", checksum=checksum)
    download(tmp_path)
    publish(hub, "v2", checksum=checksum)

    report = download(tmp_path)

    assert (report.kept, report.fetched, report.unverified) == (2, 0, 0)
    assert hub.asset_requests() == []


def test_they_are_known_at_their_new_addresses_from_then_on(hub, tmp_path):
    """By the next run, which reads no catalog, and by ``verify``; where they came from stays known."""
    first = publish(hub, "v1")
    download(tmp_path)
    second = publish(hub, "v2")
    report = download(tmp_path)

    assert download(tmp_path).kept == 2
    assert Dataset.fetch("ds").verify(tmp_path, progress=False).wrong == 0
    with closing(sqlite3.connect(report.manifest)) as manifest:
        rows = manifest.execute("SELECT href, came_from, validator FROM files WHERE came_from IS NOT NULL")
        assert sorted(rows) == [(second[name].href, first[name].href, None) for name in "ab"]


def test_files_that_changed_come_anew_though_they_are_as_long(hub, tmp_path):
    publish(hub, "v1")
    download(tmp_path)
    changed = {**BYTES, "b": b"B" * 400}
    publish(hub, "v2", changed)

    report = download(tmp_path)

    assert (report.kept, report.fetched) == (1, 1)
    assert bytes_of(tmp_path) == changed


@pytest.mark.parametrize("checksum", [None, crc32_of])
def test_where_no_good_digest_is_named_they_come_anew(hub, tmp_path, checksum):
    """By size, or by 32 bits, other bytes may pass for them; and an ETag is its address's own."""
    publish(hub, "v1", checksum=checksum)
    download(tmp_path)
    publish(hub, "v2", checksum=checksum)

    assert download(tmp_path).fetched == 2


def test_a_file_that_was_changed_here_comes_anew(hub, tmp_path):
    """What is recorded is not what lies there any more: as long, and of another time."""
    publish(hub, "v1")
    download(tmp_path)
    path = tmp_path / "ds/scenes/a/image.tif"
    path.write_bytes(b"x" * 400)
    os.utime(path, ns=(0, 0))
    publish(hub, "v2")

    report = download(tmp_path)

    assert (report.kept, report.fetched) == (1, 1)
    assert bytes_of(tmp_path) == BYTES


def test_a_file_that_is_gone_comes_anew(hub, tmp_path):
    publish(hub, "v1")
    download(tmp_path)
    (tmp_path / "ds/scenes/a/image.tif").unlink()
    publish(hub, "v2")

    assert download(tmp_path).fetched == 1
    assert bytes_of(tmp_path) == BYTES


def test_two_files_that_changed_places_come_anew(hub, tmp_path):
    """What counts is the digest of the file at that very path."""
    publish(hub, "v1")
    download(tmp_path)
    changed = {"a": BYTES["b"], "b": BYTES["a"]}
    publish(hub, "v2", changed)

    assert download(tmp_path).fetched == 2
    assert bytes_of(tmp_path) == changed


def test_a_common_asset_is_kept_at_its_new_address(hub, tmp_path):
    """Who gets its path is settled when the catalog has been read."""
    same = {"a": b"%PDF" * 100}

    def publish_common(version):
        scene = hub.file(f"{version}/about.pdf", same["a"])
        asset = {"href": scene.href, "file:checksum": sha256_of(same["a"])}
        hub.publish("ds", [item(name, {"documentation": asset}) for name in "ab"])
        hub.blobs.requests.clear()

    publish_common("v1")
    download(tmp_path)
    publish_common("v2")

    report = download(tmp_path)

    assert (report.planned, report.kept) == (1, 1)
    assert hub.asset_requests() == []


def test_files_that_a_filter_leaves_out_are_known_when_they_are_wanted_again(hub, tmp_path):
    publish(hub, "v1")
    download(tmp_path)
    publish(hub, "v2")
    download(tmp_path, ids=["a"])

    report = download(tmp_path)

    assert (report.kept, report.fetched) == (2, 0)


def test_a_dry_run_counts_them_as_here(hub, tmp_path):
    publish(hub, "v1")
    download(tmp_path)
    publish(hub, "v2")

    assert download(tmp_path, dry_run=True).kept == 2


def test_a_download_that_broke_off_goes_on_at_the_new_addresses(hub, tmp_path):
    """What came is kept, and what did not comes whole from where it is now."""
    scenes = publish(hub, "v1")
    scenes["b"].always = Fault(status=404)
    with pytest.raises(DownloadFailed):
        download(tmp_path)
    publish(hub, "v2")

    report = download(tmp_path)

    assert (report.kept, report.fetched) == (1, 1)
    assert bytes_of(tmp_path) == BYTES
