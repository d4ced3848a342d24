"""A finished download looked at again: what is right, wrong, missing, and fetched anew."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from hashlib import md5

import pytest

import radiant_mlhub
from radiant_mlhub import Dataset
from radiant_mlhub.download import integrity
from radiant_mlhub.download.folder_lock import kept_for_one_run
from radiant_mlhub.download.recorded_files import Expected
from radiant_mlhub.download.verify_report import Spool
from radiant_mlhub.exceptions import (
    APIKeyNotFound,
    DirectoryUnusable,
    DownloadFailed,
    InvalidArgument,
    NoAssetsMatched,
    NotADownload,
)
from radiant_mlhub.transfer.progress import Silent
from support.faults import Fault
from support.processes import opened
from support.scripted_hub import item
from support.time_limits import wait_until

KEY = "a-key-of-the-tests"
GONE = Fault(status=404)


@pytest.fixture
def scenes(hub, tmp_path):
    """A download of two files: the server names an MD5 of ``a``, and of ``b`` nothing."""
    scenes = {
        "a": hub.file("a.tif", b"a" * 500),
        "b": hub.file("b.tif", b"b" * 700, content_md5=False),
    }
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])
    download("ds", tmp_path)
    hub.blobs.requests.clear()
    hub.api.requests.clear()
    return scenes


def download(dataset_id, folder, **options):
    return Dataset.fetch(dataset_id).download(folder, progress=False, **options)


def verify(folder, **options):
    return radiant_mlhub.verify(folder, progress=False, **options)


def image(folder, name):
    return folder / f"ds/scenes/{name}/image.tif"


def damage(path):
    """Change one byte, and neither size nor times."""
    told = path.stat()
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(told.st_atime_ns, told.st_mtime_ns))


def counts(report):
    return report.right, report.wrong, report.missing, report.unrecorded


def told(report):
    """State and reason of each failure, by path."""
    return {failure.path.name: (failure.state, failure.reason) for failure in report.failures}


def changed(folder, statement, *values):
    """Change the manifest."""
    with closing(sqlite3.connect(folder / "ds/mlhub_stac_assets.db")) as connection:
        connection.execute(statement, values)
        connection.commit()


def test_a_finished_download_is_right_and_nobody_is_asked(hub, scenes, tmp_path):
    """Two assets and the catalog archive; of each it is said what it was compared by."""
    report = verify(tmp_path / "ds")

    assert (report.checked, counts(report)) == (3, (3, 0, 0, 0))
    assert report.is_whole
    assert report.compared == {"named": 2, "own": 1, "length": 0}
    assert report.bytes_checked == 500 + 700 + (tmp_path / "ds.tar.gz").stat().st_size
    assert list(report.failures) == []
    assert repr(report).startswith("<VerifyReport 3 of 3 files right (")
    assert hub.blobs.requests == hub.api.requests == []


def test_nothing_is_written(scenes, tmp_path):
    """A folder that may only be read can be verified; its manifest stays byte for byte."""
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    manifest = (tmp_path / "ds/mlhub_stac_assets.db").read_bytes()

    verify(tmp_path)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    assert (tmp_path / "ds/mlhub_stac_assets.db").read_bytes() == manifest


def test_a_changed_byte_is_found_whatever_digest_is_known(scenes, tmp_path):
    for name in "ab":
        damage(image(tmp_path, name))

    report = verify(tmp_path)

    assert counts(report) == (1, 2, 0, 0)
    assert [(failure.path, failure.state, failure.reason) for failure in report.failures] == [
        (image(tmp_path, "a"), "wrong", "its md5 is not the one named when it came"),
        (image(tmp_path, "b"), "wrong", "its crc32 is not the one taken when it was written"),
    ]
    assert [failure.href for failure in report.failures] == [scenes["a"].href, scenes["b"].href]


def test_another_size_needs_no_reading(scenes, tmp_path):
    image(tmp_path, "a").write_bytes(b"a" * 499)

    report = verify(tmp_path)

    assert told(report) == {"image.tif": ("wrong", "it has 499 bytes, and 500 were recorded")}
    assert report.bytes_checked == 700 + (tmp_path / "ds.tar.gz").stat().st_size


def test_a_deleted_file_is_missing(scenes, tmp_path):
    image(tmp_path, "a").unlink()
    shutil.rmtree(image(tmp_path, "b").parent)

    assert counts(verify(tmp_path)) == (1, 0, 2, 0)


def test_a_copied_folder_verifies_like_the_first(scenes, tmp_path):
    """Other times, another name, no archive beside it: what counts is bytes."""
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "ds", copy, copy_function=shutil.copyfile)
    for path in copy.rglob("*"):
        os.utime(path, (1, 1))

    assert counts(verify(copy)) == (2, 0, 0, 0)


def test_a_damaged_catalog_archive_is_found(scenes, tmp_path):
    damage(tmp_path / "ds.tar.gz")

    assert told(verify(tmp_path)) == {"ds.tar.gz": ("wrong", "its md5 is not the one named when it came")}


def test_what_the_catalog_names_is_compared_too(hub, tmp_path):
    """Also of a file that nobody recorded, as when another client brought it."""
    right, wrong = b"r" * 300, b"w" * 300
    scenes = {
        "right": hub.file("right.tif", right, faults=[GONE]),
        "wrong": hub.file("wrong.tif", wrong, faults=[GONE]),
    }
    named = {"file:checksum": f"d50110{md5(right).hexdigest()}", "file:size": 300}
    hub.publish("ds", [item(k, {"image": {"href": s.href, **named}}) for k, s in scenes.items()])
    with pytest.raises(DownloadFailed):
        download("ds", tmp_path)
    for name, content in (("right", right), ("wrong", wrong)):
        image(tmp_path, name).parent.mkdir(parents=True, exist_ok=True)
        image(tmp_path, name).write_bytes(content)

    report = verify(tmp_path)

    assert report.compared == {"named": 2, "own": 0, "length": 0}  # with the catalog archive
    assert told(report) == {"image.tif": ("wrong", "its md5 is not the one that the catalog names")}

    image(tmp_path, "wrong").write_bytes(right[:299])
    assert told(verify(tmp_path)) == {
        "image.tif": ("wrong", "it has 299 bytes, and the catalog names 300"),
    }


def test_a_file_of_which_nothing_is_known_is_not_called_right(hub, tmp_path):
    """It lies where the download wants one, but the download has not come to it."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", b"new", faults=[GONE]).href})])
    with pytest.raises(DownloadFailed):
        download("ds", tmp_path)
    image(tmp_path, "a").parent.mkdir(parents=True, exist_ok=True)
    image(tmp_path, "a").write_bytes(b"new")

    report = verify(tmp_path)

    assert (counts(report), report.is_whole) == ((1, 0, 0, 1), False)
    assert told(report) == {"image.tif": ("unrecorded", "nothing tells its size or digest")}


def test_without_a_digest_the_length_is_compared(scenes, tmp_path):
    changed(tmp_path, "UPDATE files SET digest = NULL, verified_by = 'nothing'")

    assert verify(tmp_path).compared == {"named": 0, "own": 0, "length": 3}


def test_files_of_earlier_downloads_into_the_folder_count(hub, tmp_path):
    """Downloads of several parts add up; the last one's filters do not make the others forgotten."""
    places = {"west": [-10.0, 0.0, -9.0, 1.0], "east": [9.0, 0.0, 10.0, 1.0]}
    hub.publish(
        "ds",
        [item(n, {"image": hub.file(f"{n}.tif", size_bytes=99).href}, bbox=b) for n, b in places.items()],
    )
    for box in places.values():
        download("ds", tmp_path, bbox=box)
    image(tmp_path, "west").unlink()

    assert counts(verify(tmp_path)) == (2, 0, 1, 0)


def test_a_file_of_an_older_address_is_told(scenes, hub, tmp_path):
    """The catalog names another file there by now, and the last run did not fetch it."""
    moved = hub.file("moved.tif", b"a" * 500, faults=[GONE])
    hub.publish("ds", [item("a", {"image": moved.href})])
    with pytest.raises(DownloadFailed):
        download("ds", tmp_path)

    report = verify(tmp_path)

    assert told(report) == {
        "image.tif": ("wrong", f"the file there came from another address, {scenes['a'].href}")
    }


@pytest.mark.parametrize("in_the_way", ["folder", "link"])
def test_what_is_no_file_is_wrong(scenes, tmp_path, in_the_way):
    """A link at a final path is not followed, not even to the right bytes."""
    path = image(tmp_path, "a")
    path.rename(tmp_path / "elsewhere.tif")
    path.mkdir() if in_the_way == "folder" else path.symlink_to(tmp_path / "elsewhere.tif")

    assert told(verify(tmp_path)) == {
        "image.tif": ("wrong", "no file but a folder, a link or the like stands in its place")
    }


def test_nothing_is_read_through_a_link_that_leads_out(scenes, tmp_path):
    """A link that stays inside is as good as a folder."""
    shutil.move(image(tmp_path, "a").parent, tmp_path / "outside")
    image(tmp_path, "a").parent.symlink_to(tmp_path / "outside")
    shutil.move(image(tmp_path, "b").parent, tmp_path / "ds/inside")
    image(tmp_path, "b").parent.symlink_to(tmp_path / "ds/inside")

    report = verify(tmp_path)

    assert report.right == 2
    assert told(report) == {
        "image.tif": ("wrong", f"its folder is a link that leads out of {tmp_path / 'ds'}")
    }


@pytest.mark.parametrize(
    "path",
    ["../../secret", "a/../../../secret", "/secret", "../other.tar.gz", "..\\secret", "C:/secret", "a\0b"],
)
@pytest.mark.parametrize("repair", [False, True])
def test_a_path_that_leads_out_is_not_looked_at(scenes, tmp_path, path, repair):
    """Whoever wrote it into the manifest: nothing outside of the folder is read, or fetched."""
    row = "INSERT INTO files VALUES (?, ?, 3, 0, NULL, NULL, 'length', NULL)"
    changed(tmp_path, row, path, scenes["a"].href)

    assert verify(tmp_path, repair=repair).checked == 3


def test_a_folder_of_datasets_is_verified_as_a_whole(hub, scenes, tmp_path):
    hub.publish("other", [item("c", {"image": hub.file("c.tif", size_bytes=10).href})])
    download("other", tmp_path)
    damage(image(tmp_path, "a"))

    report = verify(tmp_path)

    assert report.folders == (tmp_path / "ds", tmp_path / "other")
    assert counts(report) == (4, 1, 0, 0)


def test_a_dataset_verifies_its_own_download(hub, scenes, tmp_path, monkeypatch):
    """Beside the catalog, in a folder of the assets' own, and in the working directory."""
    dataset = Dataset.fetch("ds")
    dataset.download(tmp_path, asset_output_dir=tmp_path / "assets", progress=False)
    monkeypatch.chdir(tmp_path)

    assert dataset.verify(progress=False).right == 3
    report = dataset.verify(tmp_path, asset_output_dir=tmp_path / "assets", progress=False)
    assert report.folders == (tmp_path / "assets/ds",)
    assert counts(report) == (2, 0, 0, 0)


@pytest.mark.parametrize(
    ("folder", "text", "note"),
    [
        ("none", "{}/none does not exist", None),
        ("empty/none/none", "{}/empty/none/none does not exist", None),
        ("file", "{}/file is no folder", None),
        (
            "empty",
            "There is no download in {}/empty: no mlhub_stac_assets.db in it, nor in a folder of it",
            "Name a dataset's folder, or the output_dir that a download was given",
        ),
        (
            "ds/scenes",
            "There is no download in {}/ds/scenes: no mlhub_stac_assets.db in it, nor in a folder of it",
            "It is part of the download in {}/ds: verify that",
        ),
    ],
)
def test_where_there_is_no_download(scenes, tmp_path, folder, text, note):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()

    with pytest.raises(NotADownload) as caught:
        verify(tmp_path / folder)

    assert str(caught.value) == text.format(tmp_path)
    assert getattr(caught.value, "__notes__", [None])[0] == (note and note.format(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"folder": ""}, "folder is ''; name a folder"),
        ({"folder": None}, "folder is None; it must be a path"),
        ({"folder": "s3://bucket/ds"}, "s3://bucket/ds"),
        ({"folder": ".", "max_connections": 0}, "max_connections is 0; it must be a number from 1 to 1024"),
    ],
)
def test_arguments_that_cannot_be_meant(arguments, text):
    with pytest.raises(InvalidArgument, match=text):
        verify(**arguments)


def old_manifest(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE assets (asset_save_path TEXT)")


def newer_manifest(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1000")


@pytest.mark.parametrize(
    ("write", "text"),
    [
        (
            lambda path: (path.unlink(), old_manifest(path)),
            "of another client (0.5.5 or older), which recorded no",
        ),
        (newer_manifest, "has format 1000, and this version reads format "),
        (
            lambda path: path.write_bytes(b"no database " * 100),
            "cannot be read (file is not a database). Delete it",
        ),
        (
            lambda path: os.truncate(path, 5000),
            "cannot be read (database disk image is malformed). Delete it",
        ),
        (lambda path: os.truncate(path, 0), "mlhub_stac_assets.db is empty"),
    ],
    ids=["of another client", "of a newer version", "garbage", "cut", "empty"],
)
@pytest.mark.parametrize("repair", [False, True])
def test_a_manifest_that_cannot_be_used_is_told_and_kept(scenes, tmp_path, write, text, repair):
    """A repair must not make it anew either: then nothing would be known any more."""
    path = tmp_path / "ds/mlhub_stac_assets.db"
    write(path)
    before = path.read_bytes()

    with pytest.raises(NotADownload) as caught:
        verify(tmp_path, repair=repair)

    assert text in str(caught.value)
    assert "Run the download again into this folder" in caught.value.__notes__[0]
    assert path.read_bytes() == before


def test_a_download_that_had_not_come_to_any_file(hub, tmp_path):
    """The catalog archive alone is no download."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    with pytest.raises(NoAssetsMatched):
        download("ds", tmp_path, bbox=[50.0, 0.0, 51.0, 1.0])

    with pytest.raises(NotADownload, match="names no file: its download had not come to any"):
        verify(tmp_path)

    hub.publish("other", [item("c", {"image": hub.file("c.tif", size_bytes=10).href})])
    download("other", tmp_path)
    assert verify(tmp_path).right == 3  # two archives and a file


def test_repair_fetches_only_what_is_not_right(hub, scenes, tmp_path):
    damage(image(tmp_path, "a"))

    report = verify(tmp_path, repair=True)

    assert (counts(report), report.repaired, report.bytes_fetched) == ((3, 0, 0, 0), 1, 500)
    assert [request.path for request in hub.blobs.requests] == ["/files/a.tif"]
    assert image(tmp_path, "a").read_bytes() == scenes["a"].content
    assert counts(verify(tmp_path)) == (3, 0, 0, 0)
    assert download("ds", tmp_path).kept == 2


def test_repair_of_a_right_download_asks_nobody(hub, scenes, tmp_path):
    assert verify(tmp_path, repair=True).repaired == 0
    assert hub.blobs.requests == hub.api.requests == []


def test_repair_of_a_missing_file_and_of_the_archive(hub, scenes, tmp_path):
    """The hub alone is shown the key."""
    image(tmp_path, "b").unlink()
    damage(tmp_path / "ds.tar.gz")

    report = verify(tmp_path, repair=True)

    assert (report.repaired, report.is_whole) == (2, True)
    assert [request.query for request in hub.api.requests] == [f"key={KEY}"]
    assert not any(KEY in f"{request.query}{request.headers}" for request in hub.blobs.requests)


def test_a_wrong_file_stays_until_its_replacement_is_whole(hub, scenes, tmp_path):
    """The source is gone: what is left is damaged, but more than nothing."""
    damage(image(tmp_path, "a"))
    damaged = image(tmp_path, "a").read_bytes()
    hub.file("a.tif", b"a" * 500, faults=[Fault(status=404)] * 9)

    report = verify(tmp_path, repair=True)

    assert (counts(report), report.repaired) == ((2, 1, 0, 0), 0)
    assert "404" in told(report)["image.tif"][1]
    assert image(tmp_path, "a").read_bytes() == damaged


def test_repair_adopts_a_file_that_nobody_recorded_if_the_server_agrees(hub, tmp_path):
    scene = hub.file("a.tif", b"new", faults=[GONE])
    hub.publish("ds", [item("a", {"image": scene.href})])
    with pytest.raises(DownloadFailed):
        download("ds", tmp_path)
    image(tmp_path, "a").parent.mkdir(parents=True, exist_ok=True)
    image(tmp_path, "a").write_bytes(b"new")

    report = verify(tmp_path, repair=True)

    assert (report.right, report.repaired, report.bytes_fetched) == (2, 1, 0)


def test_repair_needs_no_key_where_none_is_configured(hub, scenes, tmp_path, monkeypatch):
    """Files lie in stores that want none. A profile that is named must be there, though."""
    monkeypatch.delenv("MLHUB_API_KEY")
    damage(image(tmp_path, "a"))

    with pytest.raises(APIKeyNotFound):
        verify(tmp_path, repair=True, profile="field-work")
    assert verify(tmp_path, repair=True).repaired == 1


def test_no_repair_while_a_download_runs_there(scenes, tmp_path, monkeypatch):
    """Looking is harmless, though."""
    monkeypatch.setattr("radiant_mlhub.download.folder_lock.WAIT_S", 0.0)
    with kept_for_one_run("ds", tmp_path):
        with pytest.raises(DirectoryUnusable, match='"ds" is being downloaded into'):
            verify(tmp_path, repair=True)
        assert verify(tmp_path).is_whole


def test_a_repaired_file_is_looked_at_again(hub, scenes, tmp_path, monkeypatch):
    """What the disk gives back is what counts, not that the bytes came."""
    image(tmp_path, "a").unlink()
    reached = image(tmp_path, "a")
    findings = integrity.findings

    def after_a_fault_of_the_disk(folder, expected, *others):
        if reached.exists():
            damage(reached)
        return findings(folder, expected, *others)

    monkeypatch.setattr("radiant_mlhub.download.verify.findings", after_a_fault_of_the_disk)

    report = verify(tmp_path, repair=True)

    assert (counts(report), report.repaired) == ((2, 1, 0, 0), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what a process is at")
def test_ctrl_c_ends_it_within_a_second(scenes, tmp_path):
    """Also in the middle of a large file, and leaves everything as it was."""
    path = image(tmp_path, "a")
    with path.open("r+b") as file:
        file.truncate(1 << 40)  # sparse: a tebibyte to read
    changed(tmp_path, "UPDATE files SET size_bytes = ? WHERE save_path LIKE '%a/image.tif'", 1 << 40)
    code = "import sys, radiant_mlhub; radiant_mlhub.verify(sys.argv[1])"
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: str(path.resolve()) in opened(process.pid))
            process.send_signal(signal.SIGINT)
            started = time.monotonic()
            error = process.communicate(timeout=20)[1]
        finally:
            process.kill()

    assert time.monotonic() - started < 1
    assert "KeyboardInterrupt" in error
    assert process.returncode == -signal.SIGINT


def test_ctrl_c_is_heard_while_a_large_manifest_is_read(scenes, tmp_path, monkeypatch):
    """SQLite may be busy for seconds without a single instruction of Python."""
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n;"
    monkeypatch.setattr("radiant_mlhub.download.recorded_files._EXPECTED", endless)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    started = time.monotonic()

    with pytest.raises(KeyboardInterrupt):
        verify(tmp_path)

    assert time.monotonic() - started < 1


class Counted(Silent):
    total = 0

    def advance(self, n):
        self.total += n


def test_the_bar_ends_at_its_end(scenes, tmp_path):
    """Also where files are not there to be read."""
    image(tmp_path, "a").unlink()
    bar = Counted()
    expected = [Expected(f"scenes/{n}/image.tif", "http://h", size) for n, size in (("a", 500), ("b", 700))]

    assert [each.state for each in integrity.findings(tmp_path / "ds", expected, bar)] == ["missing", "right"]
    assert bar.total == 500 + 700


def test_leaving_early_leaves_no_thread(scenes, tmp_path):
    before = set(threading.enumerate())
    expected = [Expected("scenes/a/image.tif", "http://h/a")] * 1000
    found = integrity.findings(tmp_path / "ds", expected, Silent())
    next(found)
    found.close()

    assert set(threading.enumerate()) <= before  # one of the hub's may have ended meanwhile


def test_failures_are_kept_on_disk_and_read_in_order():
    """A million of them must not fill the memory."""
    spool = Spool(Expected)
    for number in range(20_000):
        spool.append(Expected(f"scenes/{number}/image.tif", "http://h/with-an-address-of-some-length"))

    for number, each in enumerate(spool):
        assert each.save_path == f"scenes/{number}/image.tif"
        if number == 10_000:
            spool.append(Expected("scenes/20000/image.tif", "http://h/while-it-is-read"))
    assert number == 20_000
    assert spool._file._rolled
