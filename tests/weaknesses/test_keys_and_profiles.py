"""A key travels with the object it was given to; profiles mean what they say."""

import configparser
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiant_mlhub import Collection, Dataset, MLModel, get_session
from radiant_mlhub.cli import mlhub
from radiant_mlhub.exceptions import APIKeyNotFound, MLHubException
from support.scripted_hub import collection, item
from support.time_limits import within

GIVEN = "given-by-hand-0123456789"


def keys_sent(hub):
    return {key for request in hub.api.requests for key in request.args.get("key", ["none"])}


def a_model(model_id):
    return item(model_id, {}, properties={"title": "A model", "datetime": "2020-01-01T00:00:00Z"})


@pytest.mark.weakness(42)
def test_a_dataset_fetched_by_id_keeps_its_key(hub_without_key):
    hub = hub_without_key
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])

    assert [each.id for each in Dataset.fetch_by_id("ds", api_key=GIVEN).collections] == ["scenes"]

    assert keys_sent(hub) == {GIVEN}


@pytest.mark.weakness(43)
def test_listed_collections_keep_their_key(hub_without_key):
    hub = hub_without_key
    hub.archive("scenes", size_bytes=1000)

    assert [each.archive_size for each in Collection.list(api_key=GIVEN)] == [1000]

    assert keys_sent(hub) == {GIVEN}


@pytest.mark.weakness(43)
def test_listed_models_keep_their_key(hub_without_key):
    hub_without_key.models["m"] = a_model("m")

    assert [each.session_kwargs for each in MLModel.list(api_key=GIVEN)] == [{"api_key": GIVEN}]


@pytest.mark.weakness(44)
def test_a_collection_downloads_with_its_own_key(hub_without_key, tmp_path):
    hub = hub_without_key
    scene = hub.archive("scenes", size_bytes=1000)

    path = Collection.fetch("scenes", api_key=GIVEN).download(tmp_path)

    assert path.read_bytes() == scene.content
    assert keys_sent(hub) == {GIVEN}


@pytest.mark.weakness(44)
def test_a_dataset_downloads_with_its_own_key(hub_without_key, tmp_path):
    hub = hub_without_key
    scene = hub.file("a.tif")
    hub.publish("ds", [item("a", {"image": scene.href})])

    Dataset.fetch("ds", api_key=GIVEN).download(tmp_path)

    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content
    assert keys_sent(hub) == {GIVEN}


@pytest.mark.weakness(45)
def test_an_empty_variable_is_no_key(hub, monkeypatch, tmp_path):
    """``export MLHUB_API_KEY=`` unsets it, so that the profile is read."""
    monkeypatch.setenv("MLHUB_API_KEY", "")
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    (tmp_path / "profiles").write_text("[default]\napi_key = of-the-profile\n")

    assert get_session().params["key"] == "of-the-profile"


@pytest.mark.weakness(45)
def test_the_anonymous_profile_can_be_chosen_by_the_environment(hub_without_key, monkeypatch):
    hub = hub_without_key
    monkeypatch.setenv("MLHUB_PROFILE", "__anonymous__")

    Dataset.list()

    assert keys_sent(hub) == {"none"}


@pytest.fixture
def home(monkeypatch, tmp_path):
    """An empty home of the configuration."""
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    monkeypatch.delenv("MLHUB_API_KEY", raising=False)
    return tmp_path


@pytest.mark.weakness(46)
def test_a_percent_sign_in_a_key_survives(home):
    done = CliRunner().invoke(mlhub, ["configure", "--api-key", "100%key%(x)s"])

    assert done.exit_code == 0
    assert get_session().params["key"] == "100%key%(x)s"


@pytest.mark.weakness(46)
def test_the_section_default_in_capitals_is_no_profile_of_all(home):
    """configparser hands [DEFAULT] down into every section; a profile without key has none."""
    (home / "profiles").write_text("[DEFAULT]\napi_key = leaked\n\n[mine]\nother = 1\n")

    with pytest.raises(APIKeyNotFound):
        get_session(profile="mine")


@pytest.mark.weakness(46)
def test_a_profile_that_was_written_can_be_read(home):
    """Whatever its name: one that cannot be kept is refused instead."""
    done = CliRunner().invoke(mlhub, ["configure", "--profile", "DEFAULT", "--api-key", GIVEN])

    assert done.exit_code != 0 or get_session(profile="DEFAULT").params["key"] == GIVEN


@pytest.mark.weakness(46)
def test_a_profiles_file_that_is_no_ini_is_named(home):
    (home / "profiles").write_text("api_key = without a section\n")

    with pytest.raises(MLHubException) as raised:
        get_session()

    assert str(home / "profiles") in "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])


@pytest.mark.weakness(47)
def test_a_root_url_without_a_slash_at_its_end_keeps_its_last_segment(hub, monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url.rstrip("/"))

    assert within(5, Dataset.list) == []


@pytest.mark.weakness(47)
def test_a_home_with_a_tilde_and_without_parents_is_made(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLHUB_HOME", "~/not/yet/there")
    monkeypatch.chdir(tmp_path)

    done = CliRunner().invoke(mlhub, ["configure", "--api-key", GIVEN])

    assert done.exit_code == 0
    assert GIVEN in (tmp_path / "not/yet/there/profiles").read_text()


@pytest.mark.weakness(47)
def test_configure_changes_its_own_lines_only(home):
    """Comments, order and other profiles stay as their owner wrote them."""
    before = "# my keys\n[other]\n; of a friend\napi_key = theirs\n"
    (home / "profiles").write_text(before)

    CliRunner().invoke(mlhub, ["configure", "--api-key", GIVEN])

    after = (home / "profiles").read_text()
    assert after.startswith(before)
    parsed = configparser.RawConfigParser()
    parsed.read_string(after)
    assert parsed["default"]["api_key"] == GIVEN


@pytest.mark.weakness(47)
def test_configure_replaces_the_file_in_one_step(home):
    """A new file takes the place of the old one: a reader never sees half of either."""
    (home / "profiles").write_text("[other]\napi_key = theirs\n")
    before = Path(home / "profiles").stat().st_ino
    held = os.open(home / "profiles", os.O_RDONLY)

    CliRunner().invoke(mlhub, ["configure", "--api-key", GIVEN])

    assert os.read(held, 1000) == b"[other]\napi_key = theirs\n"
    os.close(held)
    assert (home / "profiles").stat().st_ino != before


@pytest.mark.weakness(43)
def test_an_item_of_a_listed_collection_is_fetched_with_its_key(hub_without_key):
    hub = hub_without_key
    hub.collections["scenes"] = collection("scenes")
    hub.items["scenes"] = [item("a", {})]

    assert Collection.list(api_key=GIVEN)[0].fetch_item("a").id == "a"

    assert keys_sent(hub) == {GIVEN}
