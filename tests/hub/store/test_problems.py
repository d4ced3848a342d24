"""What is wrong with a database is told; what a broken-off publication left is nothing wrong."""

import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub.hub.sqlite_store import open_store
from support.stored import item, publication

PAGE_BYTES = 4096


@pytest.fixture
def path(tmp_path):
    """A database of a hundred items, closed."""
    store = open_store(tmp_path)
    store.publish(publication(item(f"{n}", note="x" * 500) for n in range(100)))
    assert store.problems() == []
    store.close()
    return tmp_path / "hub.sqlite"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (
            "DELETE FROM items WHERE item_id = '7'",
            'The collection "crops_labels" should have 100 items and has 99.',
        ),
        ("DELETE FROM texts WHERE item < 4", "3 items have no text."),
        ("DELETE FROM boxes WHERE id < 6", "2 items have no box."),
        ("UPDATE publications SET state = 'pending'", 'The dataset "crops" belongs to no publication.'),
    ],
)
def test_rows_that_contradict_each_other_are_told(path, damage, sentence):
    """In a sentence that says how many, or which."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(damage)

    store = open_store(path.parent)

    assert sentence in store.problems()
    store.close()


def test_damaged_pages_are_told(path):
    """Whatever SQLite makes of them, it is no failure of the check."""
    content = bytearray(path.read_bytes())
    content[-PAGE_BYTES * 12 : -PAGE_BYTES * 2] = b"\xff" * PAGE_BYTES * 10
    path.write_bytes(content)

    store = open_store(path.parent)

    assert any("damaged" in problem for problem in store.problems())
    store.close()
