"""A publication appears whole, replaces the one before it, and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from radiant_mlhub.exceptions import HubStoreUnusable
from radiant_mlhub.hub.queries import ItemQuery
from radiant_mlhub.hub.sqlite_store import SqliteStore, open_store
from radiant_mlhub.hub.store import StoredKey
from support.stored import all_ids, asset, collection, ids, item, publication

NOBODY = 65534


def test_what_is_published_is_there(store):
    """Dataset, collections, items, files, each by its name."""
    stored = item("a", bbox=(1.5, 2, 3, 4), start_us=7, end_us=9)
    archive = asset("archives/crops_labels.tar.gz", 100, needs_token=True)

    store.publish(
        publication([stored], files=[asset("assets/a.tif", 30), archive], version="v_one", doi="10.1/ABC")
    )

    assert store.dataset("crops") == store.dataset_by_doi("10.1/abc") == store.datasets()[0]
    assert store.version("crops") == "v_one"
    assert store.dataset_of("crops_labels") == "crops"
    assert store.collection("crops_labels") == store.collections()[0] == collection("crops_labels")
    assert store.item("crops_labels", "a") == stored.text
    assert store.item_count("crops_labels") == 1
    assert store.file("v_one", "assets/a.tif") == asset("assets/a.tif", 30)
    assert store.file("v_one", archive.path) == archive
    assert store.asset_bytes("crops") == 30
    with store.all_items("crops") as items:
        assert list(items) == [stored]


def test_what_is_not_there_is_none(store):
    """Also for ids that no database can hold."""
    for name in ("no", "", "a\0b", "\ud800", "x" * 100_000):
        assert store.dataset(name) is store.dataset_by_doi(name) is store.version(name) is None
        assert store.dataset_of(name) is store.collection(name) is store.model(name) is None
        assert store.item(name, name) is store.file(name, name) is store.key_by_digest(name) is None
        assert store.item_count(name) == store.asset_bytes(name) == 0
        assert not store.unpublish(name)
        assert not store.unpublish_model(name)
        assert not store.revoke_key(name, "now")
        assert store.items(ItemQuery(collections=[name], ids=[name])).texts == []


def test_publishing_again_replaces_all_of_it(store):
    """No item, collection, tag or word of the old version is found; its files are, for a while."""
    store.publish(
        publication([item("old")], version="v_old", files=[asset("a.tif")], tags=["wheat"], title="Maize")
    )

    store.publish(publication([item("new", collection_id="other")], version="v_new", collections=["other"]))

    assert ids(store.items(ItemQuery())) == [("other", "new")]
    assert store.collection("crops_labels") is None
    assert store.version("crops") == "v_new"
    assert store.file("v_old", "a.tif") == asset("a.tif")
    assert store.known_versions() == {"v_old", "v_new"}
    assert store.forget_versions(3600) == set()
    assert store.forget_versions(0) == {"v_old"}
    assert store.file("v_old", "a.tif") is None
    assert store.known_versions() == {"v_new"}
    assert store.problems() == []


def test_unpublish_takes_all_of_it_away(store):
    """And says whether there was anything."""
    store.publish(publication([item("a")]))

    assert store.unpublish("crops")
    assert not store.unpublish("crops")
    assert store.datasets() == store.collections() == []
    assert ids(store.items(ItemQuery())) == []
    assert store.problems() == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            publication(dataset_id="other", collections=["crops_labels"]),
            'The collection "crops_labels" belongs to the dataset "crops". '
            "Rename the collection, or unpublish that dataset.",
        ),
        (publication([item("a"), item("a")]), 'The item "a" comes twice in the collection "crops_labels".'),
        (
            publication([item("a", collection_id="no")]),
            'The item "a" belongs to the collection "no", which "crops" does not have.',
        ),
        (
            publication([item("a", bbox=(0, 5, 0, float("nan")))]),
            'The item "a" of "crops_labels" has the bbox (0, 5, 0, nan).',
        ),
        (publication(files=[asset("a"), asset("a")]), 'A file of "crops" comes twice.'),
        (publication(collections=["b", "b"]), 'The collection "b" comes twice in "crops".'),
        (publication(version="v_there"), 'A version "v_there" was published before. Choose another name.'),
    ],
)
def test_a_publication_that_contradicts_itself_changes_nothing(store, wrong, sentence):
    """One sentence says why; the old version stays."""
    store.publish(publication([item("old")], version="v_there"))

    with pytest.raises(ValueError) as told:  # noqa: PT011 - the whole sentence is compared
        store.publish(wrong)

    assert str(told.value) == sentence
    assert ids(store.items(ItemQuery())) == [("crops_labels", "old")]
    assert store.known_versions() == {"v_there"}
    assert store.problems() == []


def test_a_source_that_breaks_off_changes_nothing(store):
    """Whatever its items raise comes out as it is."""

    def broken():
        yield from (item(f"{n}") for n in range(6000))
        raise KeyError("gone")

    store.publish(publication([item("old")]))
    with pytest.raises(KeyError):
        store.publish(publication(broken()))

    assert ids(store.items(ItemQuery())) == [("crops_labels", "old")]
    assert store.problems() == []


def test_publishing_again_and_again_takes_no_more_room(tmp_path):
    """What is deleted makes room for what comes."""
    store = open_store(tmp_path)
    sizes = []
    for _ in range(100):
        store.publish(publication((item(f"{n:04}", note="x" * 500) for n in range(100)), files=[asset("a")]))
        store.forget_versions(0)
        sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
    store.close()

    assert max(sizes) <= 1.1 * max(sizes[:30])


def test_a_token_goes_on_in_the_new_version(store):
    """The next page begins behind the last item given, whatever version it is of."""
    store.publish(publication([item("a"), item("b"), item("d")]))
    first = store.items(ItemQuery(limit=2))

    store.publish(publication([item("b"), item("c"), item("e")]))

    assert ids(first) == [("crops_labels", "a"), ("crops_labels", "b")]
    rest = all_ids(store, ItemQuery(limit=2, token=first.next_token))
    assert rest == [("crops_labels", "c"), ("crops_labels", "e")]


def test_models_and_keys_come_and_go(store):
    """A model is replaced by its id; a key is revoked once."""
    store.publish_model({"id": "m", "type": "Feature"})
    store.publish_model({"id": "m", "type": "Feature", "title": "new"})
    key = StoredKey("k1", "Ada", "d" * 64, "2026-01-01T00:00:00Z")
    store.add_key(key)

    assert store.models() == [store.model("m")] == [{"id": "m", "type": "Feature", "title": "new"}]
    assert store.unpublish_model("m")
    assert store.models() == []
    assert store.keys() == [store.key_by_digest("d" * 64)] == [key]
    with pytest.raises(ValueError, match='There is a key "k1" already'):
        store.add_key(key)
    assert store.revoke_key("k1", "2026-01-02T00:00:00Z")
    assert not store.revoke_key("k1", "2026-01-03T00:00:00Z")
    assert store.keys()[0].revoked == "2026-01-02T00:00:00Z"


def test_a_store_for_reading_makes_and_writes_nothing(tmp_path):
    """Where there is no hub it says so."""
    with pytest.raises(HubStoreUnusable, match=r"There is no hub in .*Publish a dataset into it first"):
        open_store(tmp_path / "none", read_only=True)
    assert list(tmp_path.iterdir()) == []
    open_store(tmp_path).close()
    store = open_store(tmp_path, read_only=True)

    with pytest.raises(HubStoreUnusable, match="was opened for reading only"):
        store.publish(publication())
    assert store.datasets() == []
    store.close()


def test_a_hub_can_be_read_from_where_nothing_can_be_written(tmp_path):
    """As from a disc."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "none", disk], capture_output=True, check=False).returncode:
        pytest.skip("mounting a file system needs root")
    try:
        store = open_store(disk)
        store.publish(publication([item("a")]))
        store.close()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        store = open_store(disk, read_only=True)

        assert ids(store.items(ItemQuery())) == [("crops_labels", "a")]
        assert store.problems() == []
        store.close()
    finally:
        subprocess.run(["umount", disk], check=True)


def test_who_may_not_write_into_the_folder_is_told_so():
    """What one process reads another may replace meanwhile: the two must share a file beside the database."""
    if os.geteuid() != 0:
        pytest.skip("taking on another user's rights needs root")
    with tempfile.TemporaryDirectory() as made:
        Path(made).chmod(0o755)
        store = open_store(Path(made))
        store.publish(publication([item("a")]))
        store.close()
        program = (
            "import os\n"
            "from pathlib import Path\n"
            "from radiant_mlhub.hub.sqlite_store import open_store\n"
            f"os.setuid({NOBODY})\n"
            f"open_store(Path({made!r}), read_only=True)"
        )
        told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert "whoever serves a hub or publishes must be allowed to write into its folder" in told.stderr


def test_another_file_is_not_taken_for_a_hub(tmp_path):
    """Neither text nor another program's database is touched."""
    (tmp_path / "hub.sqlite").write_text("Dear diary, " * 1000)

    with pytest.raises(HubStoreUnusable, match="is no hub's database"):
        open_store(tmp_path)


def test_a_second_publication_waits_and_then_says_so(tmp_path):
    """The wait is bounded; what it says can be acted on."""
    first = open_store(tmp_path)
    second = SqliteStore(tmp_path / "hub.sqlite", publication_wait_s=0.1)

    def slow():
        with pytest.raises(
            HubStoreUnusable, match=r"Another publication into .* Try again when it has ended"
        ):
            second.publish(publication(dataset_id="other", collections=["other"]))
        yield item("a")

    first.publish(publication(slow()))

    assert ids(second.items(ItemQuery())) == [("crops_labels", "a")]
    first.close()
    second.close()
