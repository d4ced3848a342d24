"""``mlhub datasets``, ``mlhub dataset`` and ``mlhub download``: from looking around to files on disk."""

import json
import re

import pytest

from support.scripted_hub import item


@pytest.fixture
def hub(hub):
    """A hub with a dataset of two items in two years."""
    items = [
        item("old", {"image": hub.file("old.tif", b"a" * 500).href, "mask": hub.file("m.tif", b"m").href}),
        item("new", {"image": hub.file("new.tif", b"b" * 700).href}, datetime="2021-05-05T00:00:00Z"),
    ]
    hub.publish("ds", items)
    return hub


def test_what_is_there(run, hub):
    result = run("datasets")

    assert (result.exit_code, result.stdout.split()[0]) == (0, "ds")
    assert result.stderr == "hint: what is in one: mlhub dataset ds\n"


def test_what_is_there_for_a_script(run, hub):
    [line] = run("datasets", "--json").stdout.splitlines()

    assert json.loads(line)["id"] == "ds"


def test_what_a_dataset_is(run, hub):
    result = run("dataset", "ds")

    assert result.exit_code == 0
    assert "scenes" in result.stdout
    assert result.stderr == "hint: what a download would bring: mlhub download ds --dry-run\n"


def test_a_dataset_that_is_not_there(run, hub):
    result = run("dataset", "other")

    assert (result.exit_code, result.stdout) == (3, "")
    assert '"other"' in result.stderr


def test_a_download(run, hub, tmp_path):
    result = run("download", "ds", "-o", "data")

    assert result.exit_code == 0
    assert result.stdout.startswith("ds: fetched 3 of 3 files (")
    assert result.stderr == "hint: check the files later, offline: mlhub verify data/ds\n"
    assert (tmp_path / "data/ds/scenes/old/image.tif").read_bytes() == b"a" * 500


EVERY_FILE = {"old/mask.tif", "old/image.tif", "new/image.tif"}


@pytest.mark.parametrize(
    ("filters", "files"),
    [
        (["--datetime", "2021-01-01/.."], {"new/image.tif"}),
        (["--collection", "scenes=mask"], {"old/mask.tif"}),
        (["--collection", "scenes=mask", "--collection", "scenes=image"], EVERY_FILE),
        (["--collection", "scenes=mask", "--collection", "scenes"], EVERY_FILE),
        (["--intersects", "place.json", "--datetime", "2021-05-05"], {"new/image.tif"}),
        (["--bbox", "-180,-90,180,90", "--datetime", "2021-05-05"], {"new/image.tif"}),
        (["--assets", "mask"], {"old/mask.tif"}),
        (["--assets", "mask, im*", "--ids", "old"], {"old/mask.tif", "old/image.tif"}),
        (["--ids", "new", "--ids", "old"], EVERY_FILE),
        (["--filter", "id = 'new'"], {"new/image.tif"}),
        (["--max-items", "1"], {"old/mask.tif", "old/image.tif"}),
        (["--sample", "1", "--seed", "3", "--assets", "image"], {"old/image.tif", "new/image.tif"}),
    ],
)  # fmt: skip
def test_a_part_of_it(run, hub, tmp_path, filters, files):
    place = {
        "type": "Polygon",
        "coordinates": [[[-180, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
    }
    (tmp_path / "place.json").write_text(json.dumps(place))

    assert run("download", "ds", "--quiet", *filters).stdout == ""

    scenes = tmp_path / "ds/scenes"
    assert {str(path.relative_to(scenes)) for path in scenes.rglob("*.tif")} == files


def test_a_dry_run_for_a_script(run, hub, tmp_path):
    result = run("download", "ds", "--dry-run", "--json")

    told = json.loads(result.stdout)
    assert (told["planned"], told["fetched"], told["dry_run"]) == (3, 0, True)
    assert list(tmp_path.rglob("*.tif")) == []


def test_what_did_not_come_is_told(run, hub, tmp_path):
    """The report on stdout, the reason and the way on on stderr, and an exit code of its own."""
    hub.publish("ds", [item("old", {"image": hub.file("none.tif", b"", status=404).href})])

    result = run("download", "ds", "--json")

    assert result.exit_code == 7
    assert json.loads(result.stdout)["failed"] == 1
    assert f"Error: asset download error(s) were logged to {tmp_path}/ds/err_report.csv\n" in result.stderr
    assert "hint: image of old: " in result.stderr


def test_what_is_broken_in_the_catalog_is_none_of_its_files(run, hub):
    """With two entries that are no items, and one file of two that does not come."""
    links = {"there": hub.file("a.tif", b"a").href, "gone": hub.file("none.tif", b"", status=404).href}
    hub.publish("ds", [item("old", links)], members={"ds/x.json": b"{", "ds/scenes/y/y.json": b"{"})

    result = run("download", "ds")

    assert result.exit_code == 7
    assert "fetched 1 of 2 files (1 byte), kept 0, failed 3 (2 of them in the catalog), in" in result.stdout
    [_, counts, *hints] = result.stderr.splitlines()
    assert counts == (
        "hint: 1 of 2 files did not arrive and 2 entries of the catalog are broken; the rest is on disk. "
        "The same call again fetches only what is missing."
    )
    assert len(hints) == 3
    assert not any("None" in each for each in hints)


@pytest.mark.parametrize("control", ["\x1b[31m", "\x9b31m"], ids=["C0", "C1"])
def test_no_catalog_writes_to_a_terminal(run, hub, tmp_path, control):
    """In ids and addresses of whoever wrote it; not by the report either, which somebody may show there."""
    gone = f"{hub.file('there.tif').href}/{control}gone.tif"
    hub.publish("ds", [item(f"{control}red", {f"{control}image": gone})])

    result = run("download", "ds", "-o", "x")

    assert result.exit_code == 7
    assert "hint: \\x" in result.stderr
    assert "red: " in result.stderr
    report = (tmp_path / "x/ds/err_report.csv").read_text(encoding="utf-8")
    assert "gone.tif" in report
    assert control[0] not in result.stdout + result.stderr + report


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--bbox", "1,2,x,4"], 'Error: --bbox is "1,2,x,4": four numbers are wanted, W,S,E,N in degrees\n'),
        (["--bbox", "1,2,3"], "Error: "),
        (["--intersects", "no.json"], "Error: --intersects: no.json cannot be read: No such file"),
        (["--intersects", "-"], "Error: --intersects: stdin is no JSON: "),
        (["--datetime", "soon"], "Error: "),
        (["--max-connections", "0"], "Error: "),
    ],
)  # fmt: skip
def test_what_cannot_be_meant(run, hub, tmp_path, words, text):
    result = run("download", "ds", *words, input="{")

    assert result.exit_code == 2
    assert result.stderr.startswith(text)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "way_on"),
    [
        (["--bbox", "52,13,53,14"], "mlhub search {}"),
        (["--intersects", "far.json"], "mlhub search {}"),
        (["--datetime", "1999-01-01"], "mlhub collections {}"),
        (["--datetime", "1999-01-01", "--bbox", "10,50,11,51"], "mlhub collections {}"),
    ],
)
def test_where_nothing_is_left_the_way_on_is_that_of_the_filter(run, hub, tmp_path, words, way_on):
    """What helps for a place does not for a time; and the command that is named runs."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href}, bbox=[10.0, 50.0, 11.0, 51.0])])
    far = {"type": "Polygon", "coordinates": [[[52, 13], [53, 13], [53, 14], [52, 13]]]}
    (tmp_path / "far.json").write_text(json.dumps(far))

    result = run("download", "ds", *words)

    command = way_on.format("ds")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1].endswith(f": {command}")
    assert run(*command.split()[1:]).exit_code == 0


def test_the_catalog_alone_is_told_as_that(run, hub):
    """There is nothing to verify then, and no manifest to verify with."""
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    result = run("download", "ds", "-o", "x", "--catalog-only")

    assert (result.exit_code, result.stderr) == (0, "")
    assert re.fullmatch(r"ds: the catalog alone, in [\d.]+ s, in x/ds\n", result.stdout)


def test_a_folder_that_is_mistyped_is_told_as_that(run, hub):
    """Its name has the form of a DOI; the hub's datasets have none."""
    hub.publish("ds")

    result = run("download", "folder/mistyped")

    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        'Error: Dataset with DOI "folder/mistyped" does not exist.',
        "hint: there is no folder or file folder/mistyped here either",
        "hint: all there are: mlhub datasets",
    ]


def test_a_link_that_leads_nowhere_is_no_folder(run, hub, tmp_path):
    (tmp_path / "link").symlink_to("nowhere")

    result = run("download", "ds", "-o", "link")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == (
        f"Error: {tmp_path}/link is no folder, and one is needed there. Move it, or choose another folder."
    )


def test_a_source_without_a_hub_shows_its_items(run, hub, tmp_path):
    (tmp_path / "crops.ndjson").write_text(json.dumps(item("a", {"image": hub.file("a.tif").href})))

    result = run("download", "crops.ndjson", "--datetime", "1999-01-01")

    assert result.stderr.splitlines()[-1] == "hint: when its items are: mlhub search crops.ndjson"
    assert "2020-06-15" in run("search", "crops.ndjson").stdout
