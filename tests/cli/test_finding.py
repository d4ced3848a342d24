"""``mlhub collections``, ``items``, ``models`` and ``model``: what a hub has, for people and for scripts."""

import json
import shlex

import pytest

from radiant_mlhub.profiles import Profile, write_profile
from support.scripted_hub import collection, item


@pytest.fixture
def hub(hub):
    """A hub with a dataset of two collections, one more collection, and a model."""
    scenes = [
        item("june", {"image": "a.tif", "mask": "b.tif"}, bbox=[10.0, 50.0, 10.5, 50.25]),
        item("july", {"image": "c.tif"}, datetime=None, bbox=[20.0, 50.0, 21.0, 51.0]),
    ]
    scenes[1]["properties"] |= {
        "start_datetime": "2020-07-01T00:00:00Z",
        "end_datetime": "2020-07-31T23:59:59.5Z",
    }
    hub.publish("ds", scenes, collections=[collection("labels", title="Labels of crops")])
    hub.collections["other"] = collection("other", extent={})
    hub.models["net"] = item("net", {"weights": {"href": "w.pt", "file:size": 5_000_000, "title": "Weights"}})
    hub.models["net"]["properties"] |= {"title": "A net", "ml-model:architecture": "U-Net"}
    return hub


def test_collections_of_the_hub(run, hub):
    result = run("collections")

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "labels  2018-01-01/..  CC-BY-4.0  Labels of crops",
            "scenes  2018-01-01/..  CC-BY-4.0  About scenes",
            "other   -              CC-BY-4.0  About other",
        ],
    )
    assert result.stderr == "hint: what is in one: mlhub items labels\n"


def test_collections_of_a_dataset(run, hub):
    assert [line.split()[0] for line in run("collections", "ds").stdout.splitlines()] == ["labels", "scenes"]


def test_a_collection_that_the_dataset_names_and_the_hub_has_not(run, hub):
    del hub.collections["labels"]

    result = run("collections", "ds")

    assert result.stdout.startswith("scenes")
    assert 'Collection "labels" does not exist.\n' in result.stderr


def test_items(run, hub):
    result = run("items", "scenes")

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "june  2020-06-15T12:00:00Z   10,50,10.5,50.25  image, mask",
            "july  2020-07-01/2020-07-31  20,50,21,51       image",
        ],
    )
    assert result.stderr == ""


def test_some_items_of_many(run, hub):
    result = run("items", "scenes", "--limit", "1")

    assert result.stdout.startswith("june")
    assert result.stderr == "hint: these are the first 1; all of them: mlhub items scenes --limit 0\n"


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["--bbox", "9,49,11,51"], ["june"]),
        (["--datetime", "2020-07-15"], ["july"]),
        (["--datetime", "2020-07-15", "--bbox", "9,49,11,51"], []),
        (["--datetime", "2020-07-15/..", "--limit", "1"], ["july"]),
    ],
)
def test_items_of_a_place_and_time(run, hub, words, ids):
    """This hub, as that of 2022, knows no such parameter and sends all: they are judged here."""
    shown = [json.loads(line)["id"] for line in run("items", "scenes", "--json", *words).stdout.splitlines()]

    assert shown == ids


def test_a_hub_that_knows_place_and_time_is_asked_for_them(run, hub):
    """So that not a million items come for the ten that are wanted."""
    run("items", "scenes", "--datetime", "2020-07-15T00:00:00Z", "--bbox", "9,49,11,51")

    asked = hub.api.requests[-1].args
    assert (asked["bbox"], asked["datetime"]) == (["9,49,11,51"], ["2020-07-15T00:00:00Z"])


def test_no_item_matches(run, hub):
    result = run("items", "scenes", "--datetime", "1999-01-01")

    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No item matches.\n")


def test_models(run, hub):
    result = run("models")

    assert (result.exit_code, result.stdout) == (0, "net  A net\n")
    assert result.stderr == "hint: what one is: mlhub model net\n"


def test_a_model(run, hub):
    result = run("model", "net")

    assert (result.exit_code, result.stdout.splitlines()) == (
        0,
        [
            "id            net",
            "title         A net",
            "architecture  U-Net",
            "time          2020-06-15T12:00:00Z",
            "file          weights (5.0 MB): Weights",
        ],
    )
    assert json.loads(run("model", "net", "--json").stdout)["id"] == "net"


@pytest.mark.parametrize("command", ["datasets", "collections", "models"])
def test_lists_for_scripts_are_an_object_a_line(run, hub, command):
    for line in run(command, "--json").stdout.splitlines():
        assert json.loads(line)["id"]


@pytest.mark.parametrize("command", ["datasets", "collections", "models"])
def test_an_empty_hub_says_so_on_stderr(run, hub, command):
    hub.datasets.clear(), hub.collections.clear(), hub.models.clear()

    result = run(command)

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr.endswith(".\n")


@pytest.fixture
def elsewhere(hub, monkeypatch, profiles):
    """Options that name this hub and a profile: without them another one is asked, and nobody has a key."""
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:9/mlhub/v1")
    monkeypatch.delenv("MLHUB_API_KEY")
    write_profile(Profile("field work", "a-key"), profiles)
    return ["--profile", "field work", "--root-url", hub.root_url]


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("datasets", "what is in one: mlhub dataset ds"),
        ("dataset ds", "what a download would bring: mlhub download ds --dry-run"),
        ("dataset dsx", "all there are: mlhub datasets"),
        ("collections", "what is in one: mlhub items labels"),
        ("items scenes --limit 1", "these are the first 1; all of them: mlhub items scenes --limit 0"),
        (
            "items scenes --bbox 9,49,11,51 --datetime 2020-06-01/.. --limit 1",
            "these are the first 1; all of them: "
            "mlhub items scenes --bbox 9,49,11,51 --datetime 2020-06-01/.. --limit 0",
        ),
        ("models", "what one is: mlhub model net"),
        ("model net", "its files: mlhub download-model net"),
    ],
)
def test_what_to_type_next_asks_the_same_hub_for_the_same(run, hub, elsewhere, words, hint):
    result = run(*words.split(), *elsewhere)

    assert result.stderr.splitlines()[-1] == f"hint: {hint} {shlex.join(elsewhere)}"


@pytest.mark.parametrize("command", ["datasets", "collections", "models"])
def test_what_to_type_next_can_be_typed(run, hub, elsewhere, command):
    hinted = run(command, *elsewhere).stderr.partition(": mlhub ")[2]

    assert run(*shlex.split(hinted)).exit_code == 0


def test_a_key_stands_in_no_hint(run, hub):
    assert "secret" not in run("datasets", "--api-key", "a-secret-of-24-characters").output


def test_an_id_with_a_space_is_quoted_where_it_is_to_be_typed(run, hub):
    hub.datasets.clear()
    hub.publish("farms of 2026")

    assert run("datasets").stderr == "hint: what is in one: mlhub dataset 'farms of 2026'\n"


@pytest.fixture
def dashed(hub):
    """A hub whose ids all begin as options do, with a folder and a file here that are called so, too."""
    hub.datasets.clear()
    hub.collections.clear()
    scenes = [item(name, {"image": hub.file(f"{name}.tif").href}, collection="-scenes") for name in "ab"]
    hub.publish("-farms", scenes)
    hub.models["-net"] = item("-net", {"weights": hub.file("w.pt").href})
    del hub.models["net"]
    return hub


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("datasets", "what is in one: mlhub dataset -- -farms"),
        ("dataset -- -farms", "what a download would bring: mlhub download --dry-run -- -farms"),
        ("collections", "what is in one: mlhub items -- -scenes"),
        (
            "items --limit 1 -- -scenes",
            "these are the first 1; all of them: mlhub items --limit 0 -- -scenes",
        ),
        ("models", "what one is: mlhub model -- -net"),
        ("model -- -net", "its files: mlhub download-model -- -net"),
        (
            "download --datetime 1999-01-01 -- -farms",
            "from when to when its collections are: mlhub collections -- -farms",
        ),
        ("download -o . -- -farms", "check the files later, offline: mlhub verify -- -farms"),
    ],
)
def test_an_id_that_looks_like_an_option_stands_behind_two_dashes(run, dashed, words, hint):
    said = run(*words.split()).stderr.splitlines()[-1]

    assert said == f"hint: {hint}"
    assert run(*shlex.split(hint.rpartition(": mlhub ")[2])).exit_code == 0


def test_what_stands_behind_two_dashes_stands_behind_the_options(run, dashed, elsewhere):
    hinted = run("datasets", *elsewhere).stderr.partition(": mlhub ")[2]

    assert shlex.split(hinted) == ["dataset", *elsewhere, "--", "-farms"]
    assert run(*shlex.split(hinted)).exit_code == 0


def test_another_hub_for_one_command(run, hub, monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:9/mlhub/v1")

    assert run("models", "--root-url", hub.root_url).stdout == "net  A net\n"
    assert run("models").exit_code == 5
