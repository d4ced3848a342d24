"""``mlhub index`` and ``mlhub search``: a catalog in one file, and what is in it."""

import json
import shlex
import sqlite3
from contextlib import closing

import pytest

from support.scripted_hub import item


@pytest.fixture
def crops(hub, tmp_path):
    """A file of twelve items, one a month, in the working directory."""
    lines = [
        json.dumps(
            item(
                f"field_{month:02}",
                {"image": hub.file(f"{month}.tif").href},
                bbox=[month, 0, month + 0.5, 0.5],
                datetime=f"2019-{month:02}-15T00:00:00Z",
            )
        )
        for month in range(1, 13)
    ]
    (tmp_path / "crops.ndjson").write_text("\n".join(lines))
    return tmp_path


def test_a_catalog_becomes_a_file(run, crops):
    result = run("index", "crops.ndjson")

    assert result.exit_code == 0
    assert result.stdout.startswith("crops.db (")
    assert result.stderr == "hint: look for items in it: mlhub search crops.db --bbox W,S,E,N\n"


def test_a_file_that_looks_like_an_option_can_be_typed(run, crops):
    hinted = run("index", "crops.ndjson", "-o", "-crops.db").stderr

    assert hinted == "hint: look for items in it: mlhub search --bbox W,S,E,N -- -crops.db\n"
    typed = shlex.split(hinted.partition(": mlhub ")[2].replace("W,S,E,N", "1,0,2,1"))
    assert run(*typed).stdout.startswith("field_01")


def test_a_file_lies_here_whatever_a_dataset_is_called(run, hub, tmp_path):
    """Ids come from a hub: one with a slash in it names no folder, and none leads out of this one."""
    for dataset_id, doi in (("2019/07", "10.1/inside"), ("../escaped", "10.1/outside")):
        hub.publish(dataset_id, [item("a", {"image": hub.file("a.tif").href})])
        hub.datasets[dataset_id]["doi"] = doi

    inside, outside = run("index", "10.1/inside"), run("index", "10.1/outside")

    assert (inside.exit_code, outside.exit_code) == (0, 2)
    assert [path.name for path in tmp_path.glob("*.db")] == ["2019%2F07.db"]
    assert not (tmp_path.parent / "escaped.db").exists()


def test_what_is_in_it(run, crops):
    run("index", "crops.ndjson", "-o", "index.db")

    result = run("search", "index.db", "--bbox", "3,0,5,1", "--datetime", "2019-04-01/..")

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "field_04  scenes  2019-04-15  4,0,4.5,0.5  image",
        "field_05  scenes  2019-05-15  5,0,5.5,0.5  image",
    ]


def test_as_json_lines(run, crops):
    result = run("search", "crops.ndjson", "--text", "field 07", "--json")

    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["field_07"]


def test_the_first_ten_unless_told_otherwise(run, crops):
    few, all_of_them = run("search", "crops.ndjson"), run("search", "crops.ndjson", "--limit", "0")

    assert len(few.stdout.splitlines()) == 10
    assert few.stderr == "hint: these are the first 10; for all of them: --limit 0\n"
    assert len(all_of_them.stdout.splitlines()) == 12


def test_nothing_matches(run, crops):
    result = run("search", "crops.ndjson", "--datetime", "1999-01-01")

    assert (result.exit_code, result.stderr) == (0, "No item matches.\n")


def test_a_dataset_of_the_hub(run, hub):
    """Its items are asked for as those of a STAC API are."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    assert [json.loads(line)["id"] for line in run("search", "ds", "--json").stdout.splitlines()] == ["a"]


def test_by_id_and_by_what_is_true_of_them(run, crops):
    ids = run("search", "crops.ndjson", "--ids", "field_03,field_04", "--json").stdout.splitlines()
    true_of = run("search", "crops.ndjson", "--filter", "datetime > TIMESTAMP('2019-11-01T00:00:00Z')").stdout

    assert [json.loads(line)["id"] for line in ids] == ["field_03", "field_04"]
    assert [line.split()[0] for line in true_of.splitlines()] == ["field_11", "field_12"]


@pytest.mark.parametrize(
    "words",
    [
        ("search", "crops.db"),
        ("index", "crops.db", "-o", "new.db"),
        ("download", "crops.db", "--output", "data"),
    ],
)
def test_a_damaged_index_is_told_in_a_line(run, crops, words):
    """Whichever command reads it: a page of it was overwritten."""
    run("index", "crops.ndjson")
    with closing(sqlite3.connect("crops.db")) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'items'").fetchone()
    with (crops / "crops.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)

    result = run(*words)

    assert result.exit_code == 6
    path = crops / "crops.db"
    assert result.stderr.splitlines()[-2:] == [
        f"Error: {path} is a damaged index of items: database disk image is malformed.",
        f"hint: write it again: mlhub index SOURCE -o {path}",
    ]
    assert "Traceback" not in result.output
    assert not (crops / "new.db").exists()
