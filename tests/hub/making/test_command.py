"""``mlhub catalog``, and that what it makes can be published as it is."""

import json
import shlex

import pytest
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub

from .test_make_catalog import write_chip, write_fields


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("MLHUB_HUB", str(tmp_path / "hub"))

    def call(*words):
        return CliRunner().invoke(mlhub, [str(word) for word in words], prog_name="mlhub")

    return call


@pytest.fixture
def folders(tmp_path):
    write_chip(tmp_path / "images/a_20200101.tif")
    write_chip(tmp_path / "images/b_20200101.tif")
    write_fields(tmp_path / "labels/a.geojson")
    return tmp_path


def test_names_that_look_like_options_can_be_typed(run, folders, monkeypatch):
    monkeypatch.chdir(folders)

    told = run("catalog", "images", "labels", "-o", "-made", "--id", "-crops").stderr.splitlines()

    assert told[-1] == "hint: mlhub publish --id -crops -- -made"
    assert run(*shlex.split(told[-1])[2:]).stdout.startswith('"-crops" is published: 3 items')


def test_what_it_makes_is_published_as_it_is(run, folders):
    made = run("catalog", folders / "images", folders / "labels", "-o", folders / "made", "--id", "crops")
    published = run("publish", folders / "made", "--id", "crops", "--json")

    assert made.exit_code == 0, made.output
    assert made.stdout == f"{folders / 'made' / 'catalog.json'}: 2 chips, 1 labels, 1 pairs\n"
    assert made.stderr.splitlines() == [
        "No label belongs to the chip crops_source_b_20200101",
        f"hint: mlhub publish {folders / 'made'} --id crops",
    ]
    told = json.loads(published.stdout)
    assert [(each["collection_id"], each["types"]) for each in told["collections"]] == [
        ("crops_source", ["source_imagery"]),
        ("crops_labels", ["labels"]),
    ]
    assert (told["skipped"], told["notes"]) == (0, {})


def test_the_hint_is_typed_as_it_stands(run, folders):
    """An id with a space in it is quoted, like the folder."""
    output = folders / "made of chips"
    made = run("catalog", folders / "images", folders / "labels", "-o", output, "--id", "farms 2026")

    hint = made.stderr.splitlines()[-1].removeprefix("hint: mlhub ")
    published = run(*shlex.split(hint))

    assert hint == f"publish '{output}' --id 'farms 2026'"
    assert published.stdout.startswith('"farms 2026" is published: 3 items')


def test_options_reach_the_catalog(run, folders):
    made = run(
        *(
            "catalog",
            folders / "images",
            folders / "labels",
            "-o",
            folders / "made",
            "--id",
            "crops",
            "--json",
        ),
        *("--license", "CC0-1.0", "--label", "crop", "--split", "train=1", "--task", "detection"),
    )

    assert json.loads(made.stdout)["pairs"] == 1
    label = json.loads((folders / "made/crops_labels/crops_labels_a/crops_labels_a.json").read_text())
    assert label["properties"]["label:tasks"] == ["detection"]
    assert "train_split" in label["assets"]


@pytest.mark.parametrize("dataset_id", ["", "a/b", "..", "a" * 300])
def test_an_id_that_is_none_is_said_as_publish_says_it(run, folders, dataset_id):
    made = run(
        *("catalog", folders / "images", folders / "labels", "-o", folders / "made", "--id", dataset_id)
    )
    published = run("publish", folders / "images", "--id", dataset_id)

    assert (made.exit_code, made.stdout) == (2, "")
    assert "cannot be a dataset's id: it " in made.stderr
    assert (published.exit_code, published.stderr) == (made.exit_code, made.stderr)
    assert not (folders / "made").exists()


def test_a_label_that_no_feature_has_is_a_wrong_use(run, folders):
    result = run(
        *("catalog", folders / "images", folders / "labels", "-o", folders / "made", "--id", "crops"),
        *("--label", "krop"),
    )

    assert result.exit_code == 2
    assert result.stderr == (
        'Error: No feature of the labels has the property "krop". Did you mean "crop"?\n'
    )


def test_a_split_that_is_none_is_a_wrong_use(run, folders):
    result = run(
        *("catalog", folders / "images", folders / "labels", "-o", folders / "made", "--id", "crops"),
        *("--split", "train=most"),
    )

    assert result.exit_code == 2
    assert "is no split" in result.stderr
