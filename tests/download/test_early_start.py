"""Files arrive while the catalog is still being read: the first ones first, and every one at its place."""

import os
import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DirectoryUnusable, DownloadFailed
from support.scripted_hub import item

MANY = 2000  # items, so that reading them takes longer than a file


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def many_items(hub, count=MANY):
    """Items with one file each; all files are the same one."""
    scene = hub.file("scene.tif", size_bytes=300)
    return [item(f"i{n:04}", {"image": scene.href}) for n in range(count)]


def with_a_wrong_crc(archive: bytes) -> bytes:
    """A gzip whose fault is found when everything in it was read."""
    return archive[:-8] + bytes(8)


def recorded(folder):
    with closing(sqlite3.connect(folder / "ds/mlhub_stac_assets.db")) as manifest:
        return {path for (path,) in manifest.execute("SELECT save_path FROM files")} - {"../ds.tar.gz"}


def files_of(folder):
    return {
        path.relative_to(folder / "ds").as_posix(): path.read_bytes()
        for path in (folder / "ds").rglob("*")
        if path.is_file() and path.suffix in {".tif", ".json", ".pdf"}
    }


def test_files_arrive_before_the_last_item_was_read(hub, tmp_path):
    """The archive breaks at its very end: by then files are here, and the next run need not ask for them."""
    archive = hub.publish("ds", many_items(hub))
    hub.blobs.add("/mlhub/catalogs/ds.tar.gz", with_a_wrong_crc(archive.content))

    with pytest.raises(CatalogBroken):
        download(tmp_path)

    arrived = recorded(tmp_path)
    assert arrived
    assert arrived <= files_of(tmp_path).keys()
    hub.blobs.add("/mlhub/catalogs/ds.tar.gz", archive.content)
    report = download(tmp_path)
    assert (report.planned, report.failed) == (MANY, 0)
    assert report.kept == len(arrived)


def test_a_file_that_fails_early_says_nothing_against_the_catalog(hub, tmp_path):
    """It is tried again by the next run, which need not read the catalog for that."""
    items = many_items(hub)
    items[0]["assets"]["image"]["href"] = f"{hub.blobs.url}/files/none.tif"
    hub.publish("ds", items)
    for _ in range(2):
        with pytest.raises(DownloadFailed) as caught:
            download(tmp_path)
        archive = tmp_path / "ds.tar.gz"
        before = archive.stat()
        archive.write_bytes(bytes(before.st_size))
        os.utime(archive, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert (caught.value.report.planned, caught.value.report.failed) == (MANY, 1)


def test_a_collection_filter_is_checked_against_the_whole_catalog_first(hub, tmp_path):
    archive = hub.publish("ds", many_items(hub))
    hub.blobs.add("/mlhub/catalogs/ds.tar.gz", with_a_wrong_crc(archive.content))

    with pytest.raises(CatalogBroken):
        download(tmp_path, collection_filter={"scenes": ["image"]})

    assert hub.asset_requests() == []


def test_sizes_that_do_not_fit_are_not_begun_ahead(hub, tmp_path):
    """What fits is fetched; the first file that does not waits for the check of the whole plan."""
    items = many_items(hub)
    items[500]["assets"]["image"]["file:size"] = 10**18
    hub.publish("ds", items)

    with pytest.raises(DirectoryUnusable, match="are still to come"):
        download(tmp_path)

    assert len(hub.asset_requests()) <= 500


def test_the_first_keeps_its_path_however_far_the_second_is(hub, tmp_path):
    """Also where a filter leaves the first one out: a filter never changes a path."""
    items = many_items(hub, 400)
    first, second = (hub.file(f"{name}.tif") for name in ("first", "second"))
    items.insert(0, item("twice", {"image": first.href}, bbox=[70, 1, 71, 2]))
    items.append(item("twice", {"IMAGE": second.href}))
    hub.publish("ds", items)

    report = download(tmp_path)
    filtered = download(tmp_path / "filtered", bbox=[0, 0, 60, 60])

    assert (report.moved, filtered.moved) == (1, 1)
    assert files_of(tmp_path)["scenes/twice/image.tif"] == first.content
    assert files_of(tmp_path)["scenes/twice/IMAGE~2.tif"] == second.content
    assert "scenes/twice/image.tif" not in files_of(tmp_path / "filtered")
    assert files_of(tmp_path / "filtered")["scenes/twice/IMAGE~2.tif"] == second.content


def test_the_second_does_not_take_the_firsts_file_for_its_own(hub, tmp_path):
    """Two items of one id: their files have one name and one length, and nothing else in common."""
    first, second = (hub.file(f"{n}.tif", bytes([n]) * 500, content_md5=False) for n in (1, 2))
    twice = [item("a", {"image": each.href}) for each in (first, second)]
    hub.publish("ds", [twice[0], *many_items(hub, 400), twice[1]])

    report = download(tmp_path)

    assert (report.fetched, report.moved) == (402, 1)
    assert files_of(tmp_path)["scenes/a/image.tif"] == first.content
    assert files_of(tmp_path)["scenes/a/image~2.tif"] == second.content


def test_common_assets_wait_for_the_whole_catalog(hub, tmp_path):
    """One address until the last item but one names another: then they stay with their items' collection."""
    items = many_items(hub, 400)
    one, other = hub.file("one.pdf"), hub.file("other.pdf")
    for each in items:
        each["assets"]["documentation"] = {"href": one.href}
    items.append(item("last", {"documentation": other.href}, collection="labels"))
    hub.publish("ds", items)

    report = download(tmp_path)

    found = {place: content for place, content in files_of(tmp_path).items() if place.endswith(".pdf")}
    assert found == {
        "scenes/_common/documentation.pdf": one.content,
        "labels/_common/documentation.pdf": other.content,
    }
    assert report.planned == report.fetched == 400 + 2


def test_a_file_of_the_catalog_that_comes_late_has_its_place_all_the_same(hub, tmp_path):
    """An asset before it in the archive may have been fetched to that place by then."""
    items = many_items(hub, 400)
    labels = hub.file("labels.json", b'{"a": "label"}')
    items[0]["assets"]["labels"] = {"href": labels.href}
    members = {"ds/scenes/i0000/labels.json": b'{"of": "the catalog"}'}
    hub.publish("ds", items, members=members)

    report = download(tmp_path)
    again = download(tmp_path)

    found = files_of(tmp_path)
    assert found["scenes/i0000/labels.json"] == b'{"of": "the catalog"}'
    assert found["scenes/i0000/labels~2.json"] == labels.content
    assert report.moved == again.moved == 1
    assert (again.planned, again.kept) == (401, 401)
    assert Dataset.fetch("ds").verify(tmp_path, progress=False).wrong == 0
