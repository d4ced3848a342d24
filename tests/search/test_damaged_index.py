"""An index that was damaged after it was written: its own name is told, and what mends it."""

import json
import random
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest

from radiant_mlhub import Dataset, verify
from radiant_mlhub.exceptions import CatalogBroken
from radiant_mlhub.sources.item_index import deflated
from support.scripted_hub import item

STATEMENTS = {
    "a row that does not inflate": "UPDATE items SET body = x'00010203' WHERE number = 200",
    "a row of another type": "UPDATE items SET body = 7 WHERE number = 200",
    "a row that is missing": "DELETE FROM items WHERE number = 200",
    "a place of another type": "UPDATE items SET place = x'61' WHERE number = 200",
    "a place with a NUL": "UPDATE items SET place = 'a' || char(0) WHERE number = 200",
    "a place outside of the folder": "UPDATE items SET place = '../../a.json' WHERE number = 200",
    "a place of a file of the download": "UPDATE items SET place = 'mlhub_stac_assets.db' WHERE number = 200",
    "an address of another type": "UPDATE items SET href = x'61' WHERE number = 200",
    "an address that is no UTF-8": "UPDATE items SET href = CAST(x'ff' AS TEXT) WHERE number = 200",
}
OF_THE_BEGINNING = {
    "no name": "DELETE FROM about WHERE name = 'dataset_id'",
    "no root": "DELETE FROM about WHERE name = 'root'",
    "a root that is no JSON": "UPDATE about SET value = '{\"type\": ' WHERE name = 'root'",
    "a root that is no object": "UPDATE about SET value = '[]' WHERE name = 'root'",
    "a table is missing": "DROP TABLE about",
    "a root that is no UTF-8": "UPDATE about SET value = CAST(x'7bff7d' AS TEXT) WHERE name = 'root'",
    "a name that is no UTF-8": "INSERT INTO about VALUES (CAST(x'ff' AS TEXT), '')",
}


@pytest.fixture(scope="session")
def whole_index(items, tmp_path_factory):
    lines = tmp_path_factory.mktemp("index") / "crops.ndjson"
    lines.write_text("".join(f"{json.dumps(each)}\n" for each in items))
    return Dataset.from_stac(lines).index(lines.with_suffix(".db"), progress=False)


@pytest.fixture
def index(whole_index, tmp_path):
    """An index of 400 items that a test may damage."""
    return shutil.copy(whole_index, tmp_path / "crops.db")


def change(index, statement):
    with closing(sqlite3.connect(index)) as connection:
        connection.execute(statement)
        connection.commit()


def overwrite(index, table):
    """Fill the first page of a table with what no page begins with."""
    with closing(sqlite3.connect(index)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (page_bytes,) = connection.execute("PRAGMA page_size").fetchone()
    with index.open("r+b") as file:
        file.seek((page - 1) * page_bytes)
        file.write(b"\xff" * page_bytes)


def told_by(index, call):
    """The error of ``call``, which has to name the index and what mends it."""
    with pytest.raises(CatalogBroken) as caught:
        call()
    assert str(caught.value).startswith(f"{index} is a damaged index of items: ")
    assert caught.value.__notes__ == [f"write it again: mlhub index SOURCE -o {index}"]
    return str(caught.value)


@pytest.mark.parametrize("statement", OF_THE_BEGINNING.values(), ids=OF_THE_BEGINNING)
def test_what_the_index_says_of_itself_is_damaged(index, statement):
    change(index, statement)

    told_by(index, lambda: Dataset.from_stac(index))


def test_the_page_of_what_it_says_of_itself_is_overwritten(index):
    overwrite(index, "about")

    assert "malformed" in told_by(index, lambda: Dataset.from_stac(index))


def test_collections_of_a_damaged_index(index):
    overwrite(index, "collections")

    assert "malformed" in told_by(index, lambda: Dataset.from_stac(index).collections)


@pytest.mark.parametrize("body", ["x'00010203'", "7", "x'789c4b040000620062'"])
def test_a_collection_that_cannot_be_read(index, body):
    """It does not inflate, is no text, or is the letter ``a``, which is no JSON."""
    change(index, f"UPDATE collections SET body = {body} WHERE number = 2")

    told_by(index, lambda: Dataset.from_stac(index).collections)


@pytest.mark.parametrize("change_of", ["id = x'61', body = NULL", "href = x'61'"])
def test_a_collection_of_which_something_is_of_another_type(index, change_of):
    change(index, f"UPDATE collections SET {change_of} WHERE number = 2")

    told_by(index, lambda: Dataset.from_stac(index).collections)


def test_a_collection_without_an_id_is_a_row_and_the_rest_is_planned(index, tmp_path):
    body = deflated(b'{"type": "Collection", "stac_version": "1.0.0", "links": []}').hex()
    change(index, f"UPDATE collections SET body = x'{body}' WHERE number = 2")

    report = Dataset.from_stac(index).download(tmp_path / "data", dry_run=True, progress=False)

    assert [failure.error for failure in report.failures] == ['a collection of crops.db: it has no "id"']
    assert report.planned == 400


@pytest.mark.parametrize("table", ["items", "reaches"])
def test_a_search_in_overwritten_pages(index, table):
    overwrite(index, table)

    assert "malformed" in told_by(index, lambda: list(Dataset.from_stac(index).search()))


def test_a_search_for_words_in_overwritten_pages(index):
    overwrite(index, "words_data")

    told_by(index, lambda: list(Dataset.from_stac(index).search(text="farm 3")))


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_search_comes_to_a_damaged_row(index, statement):
    """What was found before it is handed out; nothing is left out without a word."""
    change(index, statement)

    told_by(index, lambda: list(Dataset.from_stac(index).search()))


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_an_index_made_of_a_damaged_one(index, statement):
    """The source is blamed, not the file that was to be written, which does not appear."""
    change(index, statement)
    there = sorted(each.name for each in index.parent.iterdir())

    told_by(index, lambda: Dataset.from_stac(index).index(index.with_name("new.db"), progress=False))

    assert sorted(each.name for each in index.parent.iterdir()) == there


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_a_download_comes_to_a_damaged_row(index, tmp_path, statement, dry_run):
    change(index, statement)

    told_by(
        index,
        lambda: Dataset.from_stac(index).download(
            tmp_path / "data/deep", assets=["none"], dry_run=dry_run, progress=False
        ),
    )

    assert not (tmp_path / "data/a.json").exists()


def test_a_database_of_another_program_is_no_index_and_is_not_to_be_overwritten(tmp_path):
    change(tmp_path / "notes.db", "CREATE TABLE notes (text)")

    with pytest.raises(CatalogBroken, match="is no index of items that this version reads") as caught:
        Dataset.from_stac(tmp_path / "notes.db")

    assert caught.value.__notes__ == ["make one: mlhub index SOURCE -o FILE.db"]


@pytest.mark.parametrize("seed", range(3))
def test_a_changed_bit_is_damage_or_does_no_harm(index, seed):
    """Wherever it is, and whatever is asked: no other error comes of it."""
    whole, chance = index.read_bytes(), random.Random(seed)
    for _ in range(20):
        damaged = bytearray(whole)
        damaged[chance.choice([at for at in range(0, len(whole), 7) if whole[at]])] ^= 1 << chance.randrange(
            8
        )
        index.write_bytes(damaged)
        with suppress(CatalogBroken):
            assert Dataset.from_stac(index).collections
        with suppress(CatalogBroken):
            list(Dataset.from_stac(index).search(text="farm"))


def test_an_index_made_of_overwritten_pages(index):
    overwrite(index, "items")

    told_by(index, lambda: Dataset.from_stac(index).index(index.with_name("new.db"), progress=False))


def test_a_download_of_overwritten_pages_leaves_the_manifest(hub, tmp_path):
    """The index is blamed, not the manifest of the run before: what it says of files serves the next run."""
    scene = item("a", {"image": hub.file("a.tif").href})
    (tmp_path / "ds.ndjson").write_text(json.dumps(scene))
    index = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.db", progress=False)
    report = Dataset.from_stac(index).download(tmp_path / "data", progress=False)
    arrived, whole, files = list(report.paths), index.read_bytes(), files_in(report.manifest)
    overwrite(index, "items")

    told_by(index, lambda: Dataset.from_stac(index).download(tmp_path / "data", progress=False))

    assert files_in(report.manifest) == files
    index.write_bytes(whole)
    hub.blobs.requests.clear()
    assert list(Dataset.from_stac(index).download(tmp_path / "data", progress=False).paths) == arrived
    assert hub.asset_requests() == []


def test_of_a_damaged_index_the_manifest_holds_what_was_read(index, tmp_path):
    """But for a last part that was not written down yet; and nothing says that it is all there is."""
    change(index, STATEMENTS["a row that does not inflate"])

    told_by(
        index, lambda: Dataset.from_stac(index).download(tmp_path / "data", assets=["none"], progress=False)
    )

    with closing(sqlite3.connect(tmp_path / "data/crops/mlhub_stac_assets.db")) as manifest:
        (items,) = manifest.execute("SELECT COUNT(*) FROM items WHERE item_id IS NOT NULL").fetchone()
        facts = [name for (name,) in manifest.execute("SELECT name FROM run")]
    assert 99 <= items <= 199
    assert "catalog" not in facts


def test_after_a_download_of_a_damaged_index_its_files_can_be_verified(hub, tmp_path):
    """Of the catalog's rows the manifest holds those that could be read, and verify says that more may be."""
    scene = item("a", {"image": hub.file("a.tif").href})
    (tmp_path / "ds.ndjson").write_text(json.dumps(scene))
    index = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.db", progress=False)
    Dataset.from_stac(index).download(tmp_path / "data", progress=False)
    overwrite(index, "items")
    told_by(index, lambda: Dataset.from_stac(index).download(tmp_path / "data", progress=False))

    report = verify(tmp_path / "data", progress=False)

    assert (report.checked, report.right) == (1, 1)
    assert report.unlisted == (tmp_path / "data/ds",)


def files_in(manifest):
    """What a manifest says of the files that arrived."""
    with closing(sqlite3.connect(manifest)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = connection.execute("SELECT * FROM files").fetchall()
    assert found
    return found
