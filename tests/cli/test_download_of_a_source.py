"""``mlhub download SOURCE``: what is at hand or at an address, without a hub."""

import json
import shlex

import pytest

from support.scripted_hub import item


@pytest.fixture
def crops(hub, tmp_path):
    """A file of one item in the working directory; no hub has a dataset of its name."""
    line = json.dumps(item("a", {"image": hub.file("a.tif", b"a" * 500).href}))
    (tmp_path / "crops.ndjson").write_text(line)
    return tmp_path / "crops.ndjson"


def test_a_file_is_a_source(run, crops, tmp_path):
    result = run("download", "crops.ndjson", "-o", "data", "--json")

    assert (result.exit_code, json.loads(result.stdout)["fetched"]) == (0, 1)
    assert (tmp_path / "data/crops/scenes/a/image.tif").read_bytes() == b"a" * 500


def test_it_is_called_as_one_likes(run, crops, tmp_path):
    assert run("download", str(crops), "--id", "kenya", "-o", "data", "--quiet").exit_code == 0
    assert (tmp_path / "data/kenya/scenes/a/image.tif").is_file()


def test_an_id_of_the_hub_has_its_name_already(run, crops):
    result = run("download", "crops", "--id", "kenya")

    assert result.exit_code == 2
    assert result.stderr == (
        'Error: --id names the dataset of a SOURCE, and "crops" is an id or DOI of the hub\n'
    )


@pytest.mark.parametrize("command", ["download", "search", "index"])
@pytest.mark.parametrize("named", ["farmfolder", "my farm"])
def test_a_folder_of_the_name_of_no_dataset_is_told(run, hub, tmp_path, command, named):
    """A bare word is an id; what lies here is named with its place."""
    hub.publish("ds", [item("a", {})])
    (tmp_path / named).mkdir()

    result = run(command, named)

    assert result.exit_code == 3
    assert result.stderr.splitlines() == [
        f'Error: Dataset "{named}" does not exist.',
        f"hint: there is a folder of that name here: mlhub {command} {shlex.quote(f'./{named}')}",
        "hint: all there are: mlhub datasets",
    ]


def test_a_file_here_is_told_without_any_hub(run, crops, tmp_path, monkeypatch):
    """Whoever begins has neither hub nor key, and a file to try."""
    monkeypatch.delenv("MLHUB_API_KEY")
    crops.rename(tmp_path / "crops")

    result = run("download", "crops")

    assert result.exit_code == 4
    assert result.stderr.splitlines()[1] == "hint: there is a file of that name here: mlhub download ./crops"


def test_a_name_that_no_file_can_have_is_no_dataset_either(run, hub):
    assert run("download", "x" * 300).exit_code == 3


def test_what_a_download_left_is_no_source(run, hub):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    run("download", "ds")
    hub.datasets.clear()

    result = run("download", "ds")

    assert result.exit_code == 3
    assert "of that name here" not in result.stderr


def test_a_file_that_is_missing_is_told(run, hub, tmp_path):
    result = run("download", "nothing.ndjson")

    assert result.exit_code == 3
    assert result.stderr.startswith(f"Error: There is no file {tmp_path / 'nothing.ndjson'}.\n")


def test_files_that_moved_are_asked_for_where_they_lie_now(run, hub, tmp_path):
    """Two mirrors: the first has nothing, and the line below the report counts what the second gave."""
    hub.file("new/a.tif", b"a" * 500)
    old = f"{hub.blobs.url}/old/"
    (tmp_path / "crops.ndjson").write_text(json.dumps(item("a", {"image": f"{old}a.tif"})))
    here = hub.file("x.tif").href.removesuffix("x.tif")

    result = run(
        "download",
        "crops.ndjson",
        "-o",
        "data",
        "--mirror",
        f"{old}={old}no/",
        "--mirror",
        f"{old}={here}new/",
    )

    assert result.exit_code == 0
    assert "  1 file came from mirrors or alternate addresses\n" in result.stdout
    assert (tmp_path / "data/crops/scenes/a/image.tif").read_bytes() == b"a" * 500


def test_what_is_no_mirror_is_a_mistake_of_the_command(run, crops):
    result = run("download", "crops.ndjson", "--mirror", "nonsense")

    assert result.exit_code == 2
    assert 'mirrors has "nonsense"; write OLD_PREFIX=NEW_PREFIX' in result.stderr


EMPTY = {
    "catalog.json": '{"type": "Catalog", "stac_version": "1.0.0", "id": "crops", "links": []}',
    "crops.json": '{"type": "FeatureCollection", "features": []}',
}


@pytest.fixture(params=EMPTY)
def empty(request, hub, tmp_path):
    """A source without items in the working directory, by its name."""
    (tmp_path / request.param).write_text(EMPTY[request.param])
    return request.param


@pytest.mark.parametrize("option", ["--dry-run", "--json", "--max-connections=8"])
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_source_without_items_is_said_to_be_one(run, empty, option, time):
    if time == "second":
        run("download", empty)

    result = run("download", empty, option)

    assert result.exit_code == 0
    assert "0 of 0 files" in result.stdout or json.loads(result.stdout)["is_empty"]
    assert result.stderr == "hint: crops has no items: there is nothing to download\n"


@pytest.mark.parametrize(
    "options", [["--bbox", "1,1,2,2"], ["--datetime", "2020-01-01", "--bbox", "1,1,2,2"]]
)
def test_no_filter_is_blamed_where_there_are_no_items(run, empty, options):
    result = run("download", empty, *options)

    assert result.exit_code == 1
    error, *hints = result.stderr.splitlines()
    assert "zero assets to download" in error
    assert hints == ["hint: crops has no items at all, whatever is asked for"]


def test_what_a_source_leaves_out_by_itself_is_not_counted_as_nothing(run, crops):
    """An index gives only what a filter may leave: there is nothing to count."""
    run("index", "crops.ndjson", "-o", "crops.db")

    result = run("download", "./crops.db", "--bbox", "-10,-10,-9,-9")

    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "hint: where its items lie, west,south,east,north as --bbox takes it: mlhub search ./crops.db"
    ]


def test_what_an_address_is_signed_with_stands_in_no_hint(run, hub):
    """What cannot be shown whole is not to be typed either."""
    line = json.dumps(item("a", {"image": hub.file("a.tif").href})).encode()
    address = f"{hub.file('crops.ndjson', line).href}?sv=2020-10-02&sig=c2VjcmV0"

    result = run("download", address, "--bbox", "-10,-10,-9,-9")

    assert result.exit_code == 1
    assert result.stderr.endswith("as --bbox takes it: mlhub search SOURCE\n")
    assert "c2VjcmV0" not in result.output


def test_items_without_assets_are_items(run, hub, tmp_path):
    (tmp_path / "crops.ndjson").write_text(json.dumps(item("a", {})))

    result = run("download", "crops.ndjson")

    assert result.exit_code == 0
    assert result.stderr == "hint: check the files later, offline: mlhub verify crops\n"


def test_a_catalog_whose_links_are_all_broken_is_not_called_empty(run, hub, tmp_path):
    root = json.loads(EMPTY["catalog.json"])
    root["links"] = [{"rel": "item", "href": "gone.json"}]
    (tmp_path / "catalog.json").write_text(json.dumps(root))

    result = run("download", "catalog.json")

    assert result.exit_code == 7
    assert "no items" not in result.stderr


def test_an_index_of_no_items_says_so(run, empty, caplog):
    result = run("index", empty, "-o", "new.db")

    assert result.exit_code == 0
    assert caplog.messages == ['"crops" has no items, and so new.db holds none.']


def test_there_is_no_parquet_of_no_items(run, empty, tmp_path):
    pytest.importorskip("rustac")

    result = run("index", empty, "-o", "new.parquet", "--quiet")

    assert result.exit_code == 6
    assert result.stderr.splitlines() == [
        'Error: "crops" has no items, and a .parquet cannot be without.',
        "hint: a .db can: mlhub index SOURCE -o FILE.db",
    ]
    assert not (tmp_path / "new.parquet").exists()
