"""The manifest is a cache that nobody else can spoil: read by others, damaged, of another program."""

import resource
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from radiant_mlhub.download.manifest import Manifest
from radiant_mlhub.exceptions import DirectoryUnusable
from radiant_mlhub.transfer import FileRecord, Outcome, Transfer

HREF = "https://h/a.tif"

# Opens a read transaction, says so, and holds it until its stdin is closed.
READER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN")
connection.execute("SELECT COUNT(*) FROM files").fetchone()
print("reading", flush=True)
sys.stdin.read()
print(connection.execute("SELECT COUNT(*) FROM files").fetchone()[0], flush=True)
"""


@pytest.fixture
def path(tmp_path):
    """A manifest that knows one complete file."""
    path = tmp_path / "mlhub_stac_assets.db"
    with opened(path) as manifest:
        record(manifest, tmp_path, "a.tif")
    return path


@contextmanager
def opened(path):
    manifest = Manifest(path)
    try:
        yield manifest
    finally:
        manifest.close()


@contextmanager
def read_by_another(path):
    """Another process in the middle of reading."""
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout.readline() == "reading\n"
        yield reader
        assert reader.communicate(timeout=20)[0].split() == ["1"]


def record(manifest, folder, name):
    transfer = Transfer(HREF, str(folder / name), str(folder))
    manifest.record_files(folder, [Outcome(transfer, "fetched", FileRecord(5, 7))])


def names(folder):
    return sorted(each.name for each in Path(folder).iterdir())


def test_what_is_known_stays_known_while_another_process_reads(path, tmp_path):
    """It goes on reading what it opened; the records are neither lost nor waited for."""
    with read_by_another(path), opened(path) as manifest:
        assert manifest.file_record("a.tif", HREF) == FileRecord(5, 7)
        record(manifest, tmp_path, "b.tif")

    with opened(path) as manifest:
        assert manifest.file_record("b.tif", HREF) == FileRecord(5, 7)
    assert names(tmp_path) == [path.name]


def test_one_who_reads_during_a_run_disturbs_nothing(path, tmp_path):
    """What SQLite keeps beside the file is there until nobody reads any more."""
    with opened(path) as manifest:
        with read_by_another(path):
            record(manifest, tmp_path, "b.tif")
        record(manifest, tmp_path, "c.tif")

    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT COUNT(*) FROM files").fetchone() == (3,)
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("content", [b"", b"garbage" * 999, b"SQLite format 3\0" + bytes(4000)])
def test_what_is_no_manifest_is_made_anew(path, tmp_path, content):
    path.write_bytes(content)

    with opened(path) as manifest:
        assert manifest.file_record("a.tif", HREF) is None
        record(manifest, tmp_path, "a.tif")

    assert names(tmp_path) == [path.name]


def test_another_programs_database_is_no_manifest(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 7")

    with opened(path) as manifest:
        assert manifest.fact("catalog") is None
        assert manifest.file_record("a.tif", HREF) is None


def test_a_used_up_quota_says_nothing_against_what_it_holds(path):
    """Writing is refused for another reason than a full disk: an error of input and output, for SQLite."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        with pytest.raises(DirectoryUnusable, match="SQLITE_IOERR"):
            Manifest(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    with opened(path) as manifest:
        assert manifest.has_files()


def test_the_archive_beside_the_folder_is_no_file_of_it(tmp_path):
    folder = tmp_path / "crops"
    folder.mkdir()
    with opened(folder / "mlhub_stac_assets.db") as manifest:
        record(manifest, folder, "../crops.tar.gz")

        assert not manifest.has_files()
