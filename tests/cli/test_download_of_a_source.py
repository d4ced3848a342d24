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
