"""What is told where the manifest fails a run: what happened, and advice only where it helps."""

import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset, layout
from radiant_mlhub.download.manifest_errors import manifest_unusable
from radiant_mlhub.exceptions import DirectoryUnusable
from support.scripted_hub import item

AGAIN = "and run the same call again"
MAKE_ROOM = f"Free some space, check the folder's rights, or choose another folder, {AGAIN}"


@pytest.fixture
def hub(hub):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    return hub


def told(manifest, statements):
    """What is told of the error that SQLite has with these statements."""
    with closing(sqlite3.connect(manifest)) as connection, pytest.raises(sqlite3.Error) as caught:
        connection.executescript(statements)
    return str(manifest_unusable(manifest, caught.value)).removeprefix(str(manifest))


def test_a_full_disk(tmp_path):
    fill = "PRAGMA max_page_count = 1; CREATE TABLE a (x); CREATE TABLE b (x);"

    assert told(tmp_path / "full.db", fill) == (
        f" cannot be written: database or disk is full (SQLITE_FULL). {MAKE_ROOM}"
    )


def test_a_file_that_may_not_be_written(tmp_path):
    read_only = "PRAGMA query_only = 1; CREATE TABLE a (x);"

    assert told(tmp_path / "kept.db", read_only) == (
        f" cannot be written: attempt to write a readonly database (SQLITE_READONLY). {MAKE_ROOM}"
    )


def test_a_damaged_file(tmp_path):
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"no database" * 100)

    assert told(damaged, "SELECT * FROM sqlite_master") == (
        f" is damaged: file is not a database (SQLITE_NOTADB). Delete it, {AGAIN}"
    )


def test_a_mistake_is_told_as_what_it_is(tmp_path):
    assert told(tmp_path / "m.db", "SELECT * FROM nowhere") == (
        " cannot be used: no such table: nowhere (SQLITE_ERROR)"
    )
    misuse = sqlite3.ProgrammingError("Cannot operate on a closed database.")
    assert str(manifest_unusable(tmp_path / "m.db", misuse)).endswith(
        "m.db cannot be used: Cannot operate on a closed database. (ProgrammingError)"
    )


def test_a_folder_in_the_place_of_the_manifest(hub, tmp_path):
    layout.manifest_file(tmp_path / "ds").mkdir(parents=True)

    with pytest.raises(DirectoryUnusable, match=r"cannot be written: .*check the folder's rights"):
        Dataset.fetch("ds").download(tmp_path, progress=False)


def test_what_somebody_put_into_the_manifest_is_told_as_what_it_is(hub, tmp_path):
    Dataset.fetch("ds").download(tmp_path, progress=False)
    with closing(sqlite3.connect(layout.manifest_file(tmp_path / "ds"))) as theirs:
        theirs.execute("CREATE TRIGGER t BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'not today'); END")
    hub.publish("ds", [item("b", {"image": hub.file("b.tif").href})])

    with pytest.raises(DirectoryUnusable, match=r"used: not today \(SQLITE_CONSTRAINT_TRIGGER\)$"):
        Dataset.fetch("ds").download(tmp_path, progress=False, if_exists="overwrite")
