"""``mlhub publish``, ``unpublish``, ``publish-model`` and ``hub check``: what people and scripts see."""

import json
import os
import shlex
from contextlib import closing

import pytest
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub
from radiant_mlhub.hub.sqlite_store import open_store
from support.training_dataset import TrainingDataset, item, write_json

ML_MODEL = "https://stac-extensions.github.io/ml-model/v1.0.0/schema.json"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """The hub's folder, which the environment names."""
    monkeypatch.setenv("MLHUB_HUB", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.fixture
def run():
    def call(*words):
        return CliRunner().invoke(mlhub, [str(word) for word in words], prog_name="mlhub")

    return call


@pytest.fixture
def model(tmp_path):
    """A model with a checkpoint beside it."""
    told = {
        "datetime": "2020-01-01T00:00:00Z",
        "ml-model:type": "ml-model",
        "ml-model:learning_approach": "supervised",
        "ml-model:prediction_type": "classification",
        "ml-model:architecture": "nearest centroid",
    }
    (tmp_path / "model.npy").write_bytes(b"centroids")
    body = item("crop_model", "models", {"checkpoint": {"href": "./model.npy"}}, stac_extensions=[ML_MODEL])
    return write_json(tmp_path / "model.json", {**body, "properties": told})


def test_publish_says_what_came_of_it_and_what_to_do_next(run, hub, crops):
    result = run("publish", crops.folder, "--id", "crops", "--title", "Crops", "--tag", "crop")

    assert result.exit_code == 0, result.output
    first, *others = result.stdout.splitlines()
    assert first.startswith('"crops" is published: 6 items, 7 files, ')
    assert others == ["  crops_source: 3 items, source imagery", "  crops_labels: 3 items, labels"]
    assert result.stderr.splitlines() == [
        "hint: mlhub serve",
        "hint: mlhub hub check",
        "hint: mlhub unpublish crops",
    ]


def test_what_to_do_next_is_for_the_hub_that_was_named(run, crops, model, tmp_path):
    """Also where its path has a space: the hints can be typed as they stand."""
    folder = tmp_path / "my hub"

    dataset = run("publish", crops.folder, "--id", "crops of 2026", "--hub", folder)
    published_model = run("publish-model", model, "--hub", folder)

    assert dataset.stderr.splitlines() == [
        f"hint: mlhub serve --hub '{folder}'",
        f"hint: mlhub hub check --hub '{folder}'",
        f"hint: mlhub unpublish 'crops of 2026' --hub '{folder}'",
    ]
    assert published_model.stderr == f"hint: mlhub serve --hub '{folder}'\n"
    assert run(*shlex.split(dataset.stderr.splitlines()[-1])[2:]).exit_code == 0


def test_an_id_that_looks_like_an_option_can_be_typed(run, hub, crops):
    told = run("publish", crops.folder, "--id", "-crops").stderr.splitlines()

    assert told[-1] == "hint: mlhub unpublish -- -crops"
    assert run(*shlex.split(told[-1])[2:]).exit_code == 0


def test_publish_again_says_that_it_replaced(run, hub, crops):
    run("publish", crops.folder, "--id", "crops")

    assert '"crops" was replaced: 6 items' in run("publish", crops.folder, "--id", "crops").stdout


def test_publish_tells_scripts_in_json(run, hub, crops):
    told = json.loads(run("publish", crops.folder, "--id", "crops", "--in-place", "--json").stdout)

    assert (told["dataset_id"], told["items"], told["files"], told["skipped"]) == ("crops", 6, 7, 0)
    assert [each["types"] for each in told["collections"]] == [["source_imagery"], ["labels"]]


def test_problems_are_named_with_file_and_place_and_nothing_is_published(run, hub, crops):
    crops.change_item("place_0001", "labels", stac_version="0.9.0")

    result = run("publish", crops.folder, "--id", "crops")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "crops_labels/place_0001_labels/place_0001_labels.json: $.stac_version: is '0.9.0'; STAC 1.0 and 1.1 "
        "are understood. Migrate it, with pystac for instance",
        'Error: "crops" has 1 problem; nothing was published.',
        "hint: --skip-invalid publishes what is valid",
    ]
    assert list((hub / "publications").iterdir()) == []


@pytest.mark.parametrize("option", [[], ["--check"], ["--skip-invalid"]])
def test_where_nothing_is_valid_there_is_no_hint_to_skip_what_is_not(run, hub, crops, option):
    whole = (crops.folder / "catalog.json").read_text()
    (crops.folder / "catalog.json").write_text(whole[: len(whole) // 2])

    result = run("publish", crops.folder, "--id", "crops", *option)

    assert result.exit_code == 1
    assert 'Error: "crops" has 1 problem; nothing was published.\n' in result.stderr
    assert "hint" not in result.stderr


def test_where_no_item_is_valid_there_is_no_hint_to_skip_them(run, hub, crops):
    for name in crops.names:
        for kind in ("source", "labels"):
            crops.change_item(name, kind, properties={"datetime": "yesterday"})

    result = run("publish", crops.folder, "--id", "crops")

    assert result.exit_code == 1
    assert result.stderr.endswith('Error: "crops" has 6 problems; nothing was published.\n')


def test_where_a_catalog_alone_is_not_valid_the_rest_can_be_published(run, hub, crops):
    path = crops.folder / "catalog.json"
    path.write_text(path.read_text().replace('"stac_version": "1.0.0"', '"stac_version": "0.9.0"'))

    refused = run("publish", crops.folder, "--id", "crops")
    published = run("publish", crops.folder, "--id", "crops", "--skip-invalid")

    assert refused.stderr.endswith("hint: --skip-invalid publishes what is valid\n")
    assert (refused.exit_code, published.exit_code) == (1, 7)
    assert '"crops" is published: 6 items' in published.stdout


def test_what_is_skipped_is_listed(run, hub, crops):
    crops.change_item("place_0001", "labels", id="")

    result = run("publish", crops.folder, "--id", "crops", "--skip-invalid")

    assert result.exit_code == 7
    assert "Left out, with 1 problem:" in result.stderr
    assert "place_0001_labels.json: $.id" in result.stderr


def test_a_collection_that_loses_all_its_items_is_left_out_and_told(run, hub, crops):
    for name in crops.names:
        crops.change_item(name, "labels", properties={"datetime": "yesterday"})

    checked = run("publish", crops.folder, "--id", "crops", "--skip-invalid", "--check")
    published = run("publish", crops.folder, "--id", "crops", "--skip-invalid")

    for result in (checked, published):
        assert result.exit_code == 7
        assert "crops_source: 3 items, source imagery" in result.stdout
        assert "crops_labels" not in result.stdout
        assert "  crops_labels: left out, not one of its items is valid\n" in result.stderr


@pytest.mark.parametrize("option", [[], ["--check"]])
def test_where_no_item_is_valid_skipping_them_publishes_nothing(run, hub, crops, option):
    for name in crops.names:
        for kind in ("source", "labels"):
            crops.change_item(name, kind, properties={"datetime": "yesterday"})

    result = run("publish", crops.folder, "--id", "crops", "--skip-invalid", *option)

    assert result.exit_code == 1
    assert result.stderr.endswith(
        'Error: "crops" has 6 problems, and not one valid item; nothing was published.\n'
    )


def test_a_check_makes_no_hub(run, hub, crops):
    result = run("publish", crops.folder, "--id", "crops", "--check")

    assert result.exit_code == 0
    assert '"crops" would be published: 6 items' in result.stdout
    assert not hub.exists()


def test_a_check_says_of_the_hub_what_publish_would(run, hub, crops):
    """That it takes an earlier version's place, or that a collection is another dataset's."""
    run("publish", crops.folder, "--id", "crops")
    before = sorted((hub / "publications").iterdir())

    again = run("publish", crops.folder, "--id", "crops", "--check")
    checked = run("publish", crops.folder, "--id", "other", "--check")
    published = run("publish", crops.folder, "--id", "other")

    assert again.stdout.startswith('"crops" would be replaced: 6 items, in ')
    assert (checked.exit_code, checked.stdout) == (1, "")
    assert checked.stderr == (
        'Error: The collection "crops_source" belongs to the dataset "crops". Rename the collection, or '
        "unpublish that dataset. Nothing was published.\n"
    )
    assert (published.exit_code, published.stderr) == (checked.exit_code, checked.stderr)
    assert sorted((hub / "publications").iterdir()) == before


def test_unpublish_takes_it_away_and_says_when_there_is_nothing(run, hub, crops):
    run("publish", crops.folder, "--id", "crops")

    assert run("unpublish", "crops").exit_code == 0
    again = run("unpublish", "crops")

    assert again.exit_code == 3
    assert 'There is no dataset "crops"' in again.stderr


def test_a_model_is_published_with_its_file(run, hub, model):
    result = run("publish-model", model)

    assert (result.exit_code, result.stdout) == (0, 'The model "crop_model" is published.\n')
    with closing(open_store(hub)) as store:
        href = store.model("crop_model")["assets"]["checkpoint"]["href"]
        version, _, path = href.removeprefix("mlhub-hub:/files/").partition("/")
        assert (hub / store.file(version, path).location).read_bytes() == b"centroids"
    assert run("hub", "check", "--digests").exit_code == 0


def test_a_model_published_again_replaces_the_first_and_keeps_its_files_for_a_day(run, hub, model):
    run("publish-model", model)
    with closing(open_store(hub)) as store:
        first = store.model("crop_model")["assets"]["checkpoint"]["href"]
    (model.parent / "model.npy").write_bytes(b"better centroids")

    run("publish-model", model)

    with closing(open_store(hub)) as store:
        [told] = store.models()
        assert told["assets"]["checkpoint"]["file:size"] == len(b"better centroids")
        version, _, path = first.removeprefix("mlhub-hub:/files/").partition("/")
        assert (hub / store.file(version, path).location).read_bytes() == b"centroids"
    assert run("unpublish", "crop_model", "--model").exit_code == 0
    assert run("unpublish", "crop_model", "--model").exit_code == 3


def test_what_is_no_model_is_refused(run, hub, crops):
    result = run("publish-model", crops.item_file("place_0001", "source"))

    assert result.exit_code == 1
    assert "names no ml-model extension" in result.stderr


def test_hub_check_finds_a_file_that_is_gone_cut_or_changed(run, hub, crops):
    run("publish", crops.folder, "--id", "crops", "--in-place")
    before = run("hub", "check")
    assert before.exit_code == 0
    assert before.stdout.startswith("1 dataset, ")
    crops.chip("place_0000").unlink()
    crops.chip("place_0001").write_bytes(b"cut")

    result = run("hub", "check")

    assert result.exit_code == 6
    assert f"{crops.chip('place_0000')} cannot be read (No such file or directory)." in result.stdout
    assert f"{crops.chip('place_0001')} has 3 bytes instead of 20." in result.stdout


def test_hub_check_compares_digests_when_it_is_asked_to(run, hub, crops):
    run("publish", crops.folder, "--id", "crops")
    [chip] = (hub / "publications").glob("*/assets/crops_source/place_0001_source/image.tif")
    status = chip.stat()
    chip.write_bytes(b"PIXELS of place_0001")
    os.utime(chip, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert run("hub", "check").exit_code == 0
    assert "is damaged: its MD5 is not" in run("hub", "check", "--digests").stdout


def test_hub_check_tells_what_belongs_to_nothing_and_takes_it_for_no_harm(run, hub, crops):
    run("publish", crops.folder, "--id", "crops")
    run("publish", crops.folder, "--id", "crops")
    assert "hint" not in run("hub", "check").stderr
    replaced, shown = sorted((hub / "publications").iterdir())
    strays = [replaced / "mine.txt", shown / "assets/crops_source/place_0000_source/mine.tif"]
    for stray in strays:
        stray.write_bytes(b"put there by hand")
    (shown / "work").mkdir()

    result = run("hub", "check")

    assert result.exit_code == 0
    for stray in strays:
        assert f"{stray} belongs to no publication and is served to nobody; delete it" in result.stderr
    assert f"{shown / 'work'} is left of a publication that was broken off" in result.stderr
    told = json.loads(run("hub", "check", "--json").stdout)
    assert told["strays"] == sorted(map(str, strays))
    assert told["leftovers"] == [str(shown / "work")]


@pytest.mark.parametrize(
    ("place", "reason"), [("model.npy", "File exists"), ("model.npy/hub", "Not a directory")]
)
def test_a_hub_where_no_folder_can_be_is_said(run, model, tmp_path, place, reason):
    """A file is there."""
    TrainingDataset(tmp_path / "crops")
    for words in (("publish", tmp_path / "crops", "--id", "crops"), ("publish-model", model)):
        result = run(*words, "--hub", tmp_path / place)

        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == (
            f"Error: There can be no hub in {tmp_path / place}: {reason}. Name another folder.\n"
        )


@pytest.mark.parametrize(
    "words", [("hub", "check"), ("keys", "list"), ("unpublish", "crops"), ("unpublish", "crops", "--model")]
)
def test_a_hub_that_is_not_there_is_said_and_not_made(run, hub, words):
    result = run(*words)

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: There is no hub in {hub}. Publish a dataset into it first.\n"
    assert not hub.exists()
