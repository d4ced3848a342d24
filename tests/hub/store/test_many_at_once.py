"""Readers and writers of several processes at once; writers that are killed; a disk that is full."""

import errno
import random
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub.exceptions import HubStoreUnusable
from radiant_mlhub.hub.queries import ItemQuery
from radiant_mlhub.hub.sqlite_store import SqliteStore, open_store
from support.busy_store import ITEMS, keep_busy, marks, writer
from support.store_writer import publish_marked
from support.stored import ids, item, publication
from support.tmpfs import tmpfs

SEEN_ENOUGH = 5
LIMIT_S = 30.0
KILLS = 6


def test_readers_see_whole_publications_while_others_write(tmp_path):
    """Four writers of two processes, sixteen readers; nobody is told that something is locked.

    `make soak-hub` goes on for ten minutes.
    """
    busy = keep_busy(tmp_path, seconds=LIMIT_S, is_enough=lambda busy: len(busy.seen) >= SEEN_ENOUGH)

    assert busy.wrong == []
    assert busy.said == []
    assert len(busy.seen) >= SEEN_ENOUGH
    assert busy.problems == []


def test_a_killed_writer_leaves_the_old_version_or_the_new_one(tmp_path):
    """At seeded moments of a publication; the next publication goes on as if nothing had been."""
    chance = random.Random(20261122)
    store = open_store(tmp_path)
    publish_marked(store, "d", ITEMS)
    for _ in range(KILLS):
        process = writer(tmp_path, "d")
        time.sleep(chance.uniform(0, 0.5))
        process.kill()
        process.communicate()

        assert len(marks(store, "d")) == 1
        assert store.item_count("d_labels") == ITEMS
        assert store.problems() == []

    publish_marked(store, "d", ITEMS)
    assert store.known_versions() >= {store.version("d")}
    assert store.forget_versions(0)
    assert store.known_versions() == {store.version("d")}
    assert rows_of_items(tmp_path / "hub.sqlite") == ITEMS
    store.close()


def rows_of_items(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        count: int = connection.execute("SELECT count(*) FROM items").fetchone()[0]
        return count


@pytest.fixture
def small_disk(tmp_path) -> Iterator[Path]:
    with tmpfs(tmp_path, mebibytes=8) as disk:
        yield disk


def test_a_full_disk_changes_nothing_that_is_published(small_disk):
    """One clear error; reading goes on; with room made, publishing works again."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4 * 1024**2)
    store = SqliteStore(small_disk / "hub.sqlite")
    store.publish(publication([item("old")]))

    with pytest.raises(HubStoreUnusable, match="no space left on the disk") as told:
        store.publish(publication(item(f"{n}", note="x" * 1000) for n in range(12_000)))

    assert told.value.errno == errno.ENOSPC
    assert ids(store.items(ItemQuery())) == [("crops_labels", "old")]
    assert store.problems() == []
    ballast.unlink()
    store.publish(publication([item("new")]))
    assert ids(store.items(ItemQuery())) == [("crops_labels", "new")]
    store.close()
