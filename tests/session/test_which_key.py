"""Which key a session carries: the documented order, and what is said when there is none."""

import logging
import os
from pathlib import Path

import pytest

from radiant_mlhub.exceptions import APIKeyNotFound, InvalidArgument, ProfilesFileBroken
from radiant_mlhub.session import ANONYMOUS_PROFILE, Session, get_session

PROFILES = """\
[default]
api_key = of_default

[project1]
api_key = of_project1

[with_hub]
api_key = of_with_hub
root_url = http://127.0.0.1:8000/mlhub/v1

[without_key]
root_url = http://127.0.0.1:8000/mlhub/v1
"""


@pytest.fixture
def profiles():
    path = Path(os.environ["MLHUB_HOME"]) / "profiles"
    path.write_text(PROFILES)
    return path


def test_the_documented_order(profiles, monkeypatch):
    """Argument, MLHUB_API_KEY, profile argument, MLHUB_PROFILE, profile default."""
    assert get_session().params["key"] == "of_default"

    monkeypatch.setenv("MLHUB_PROFILE", "with_hub")
    assert get_session().params["key"] == "of_with_hub"

    assert get_session(profile="project1").params["key"] == "of_project1"

    monkeypatch.setenv("MLHUB_API_KEY", "of_environment")
    assert get_session(profile="project1").params["key"] == "of_environment"

    assert get_session(api_key="of_argument", profile="project1").params["key"] == "of_argument"


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_counts_as_absent(profiles, monkeypatch, empty):
    """``export MLHUB_API_KEY=`` does not shut out the profiles."""
    monkeypatch.setenv("MLHUB_API_KEY", empty)
    monkeypatch.setenv("MLHUB_PROFILE", empty)
    monkeypatch.setenv("MLHUB_ROOT_URL", empty)

    session = get_session()

    assert session.params["key"] == "of_default"
    assert session.root_url == Session.DEFAULT_ROOT_URL


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_blank_profile_is_the_default_one(profiles, blank):
    assert Session.from_config(blank).params["key"] == "of_default"


def test_anonymous_by_argument_or_by_variable(profiles, monkeypatch):
    """``__anonymous__`` means no key, whichever way it is said, although a profile has one."""
    assert "key" not in get_session(profile=ANONYMOUS_PROFILE).params

    monkeypatch.setenv("MLHUB_PROFILE", ANONYMOUS_PROFILE)
    assert "key" not in get_session().params


@pytest.mark.parametrize("profile", ["gives_way", ANONYMOUS_PROFILE])
def test_a_profile_that_gives_way_to_the_environment_is_told(profiles, monkeypatch, caplog, profile):
    """The documented order surprises who names a profile: one warning, and no key in it."""
    monkeypatch.setenv("MLHUB_API_KEY", "environments_key_of_25_ch")

    with caplog.at_level(logging.WARNING):
        sessions = [get_session(profile=profile), get_session(profile=profile)]

    assert {session.params["key"] for session in sessions} == {"environments_key_of_25_ch"}
    assert caplog.text.count(f'MLHUB_API_KEY is set and goes before profile="{profile}"') == 1
    assert "environments_key_of_25_ch" not in caplog.text


def test_from_env_without_the_variable():
    with pytest.raises(APIKeyNotFound) as error:
        Session.from_env()
    assert str(error.value) == 'No "MLHUB_API_KEY" variable found in environment.'


def test_from_env(monkeypatch):
    monkeypatch.setenv("MLHUB_API_KEY", "of_environment")
    assert Session.from_env().params["key"] == "of_environment"


def test_from_config_says_what_is_missing():
    path = Path(os.environ["MLHUB_HOME"]) / "profiles"
    with pytest.raises(APIKeyNotFound) as error:
        Session.from_config()
    assert str(error.value) == f"No file found at {path}"

    path.write_text(PROFILES)
    with pytest.raises(APIKeyNotFound) as error:
        Session.from_config("nobody")
    assert str(error.value) == f'Could not find "nobody" section in {path}'

    with pytest.raises(APIKeyNotFound) as error:
        Session.from_config("without_key")
    assert str(error.value) == f'Could not find "api_key" value in "without_key" section of {path}'


def test_no_key_at_all_keeps_the_documented_text_and_adds_notes():
    """The reason, what to do, and what became of the hosted service are notes below the text."""
    with pytest.raises(APIKeyNotFound) as error:
        get_session()

    text = "Could not resolve an API key from arguments, the environment, or a config file."
    assert str(error.value) == text
    notes = "\n".join(error.value.__notes__)
    assert f"No file found at {os.environ['MLHUB_HOME']}" in notes
    assert "mlhub configure" in notes
    assert "switched off in October 2023" in notes
    assert "MLHUB_ROOT_URL" in notes
    assert "https://radiantearth.blob.core.windows.net/mlhub/catalogs/{dataset_id}.tar.gz" in notes
    assert error.value.__context__ is None


def test_who_has_a_hub_is_not_told_about_the_retired_one(monkeypatch, profiles):
    with pytest.raises(APIKeyNotFound) as by_profile:
        get_session(profile="without_key")
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:8000/mlhub/v1")
    with pytest.raises(APIKeyNotFound) as by_variable:
        get_session(profile="nobody")

    for error in (by_profile, by_variable):
        assert not any("October 2023" in note for note in error.value.__notes__)


def test_the_root_url_comes_from_environment_profile_default(profiles, monkeypatch):
    assert get_session().root_url == "https://api.radiant.earth/mlhub/v1/"
    assert get_session(profile="with_hub").root_url == "http://127.0.0.1:8000/mlhub/v1"
    assert Session.from_config("with_hub").root_url == "http://127.0.0.1:8000/mlhub/v1"
    # A key by argument is for the hub that the profile names.
    assert get_session(api_key="k", profile="with_hub").root_url == "http://127.0.0.1:8000/mlhub/v1"

    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:9000/x/")
    assert get_session(profile="with_hub").root_url == "http://127.0.0.1:9000/x/"


def test_who_asks_anonymously_asks_the_hub_of_the_default_profile():
    path = Path(os.environ["MLHUB_HOME"]) / "profiles"
    path.write_text("[default]\nroot_url = http://127.0.0.1:8000/mlhub/v1\n")

    assert get_session(profile=ANONYMOUS_PROFILE).root_url == "http://127.0.0.1:8000/mlhub/v1"


def test_a_key_without_a_profile_is_for_the_hub_of_the_default_one(monkeypatch):
    """By argument and by variable; and who has no key there is not told about the retired hub."""
    path = Path(os.environ["MLHUB_HOME"]) / "profiles"
    path.write_text("[default]\nroot_url = http://127.0.0.1:8000/mlhub/v1\n")
    with pytest.raises(APIKeyNotFound) as error:
        get_session()
    monkeypatch.setenv("MLHUB_API_KEY", "of_environment")

    assert not any("October 2023" in note for note in error.value.__notes__)
    assert get_session().root_url == "http://127.0.0.1:8000/mlhub/v1"
    assert get_session(api_key="k").root_url == "http://127.0.0.1:8000/mlhub/v1"


def test_each_session_reads_its_root_url_anew(monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:1/a")
    first = get_session(api_key="k")
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:1/b")

    assert (first.root_url, get_session(api_key="k").root_url) == (
        "http://127.0.0.1:1/a",
        "http://127.0.0.1:1/b",
    )


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://hub.example/x", "/mlhub/v1", "http://", "hub"])
def test_a_root_url_that_is_no_address_is_refused_at_once(monkeypatch, address):
    monkeypatch.setenv("MLHUB_ROOT_URL", address)

    with pytest.raises(InvalidArgument) as error:
        get_session(api_key="k")

    assert str(error.value) == (
        f'MLHUB_ROOT_URL is "{address}", which is no http or https address. '
        "Write it like http://127.0.0.1:8000/mlhub/v1"
    )


@pytest.mark.parametrize("rest", ["?key=0123456789abcdef", "#datasets"])
def test_a_root_url_ends_with_its_path(monkeypatch, rest):
    """Paths are put behind it; a key pasted along is not shown."""
    monkeypatch.setenv("MLHUB_ROOT_URL", f"http://hub.example/v1{rest}")

    with pytest.raises(InvalidArgument, match=r'in which nothing may follow a "\?" or "#"') as error:
        get_session(api_key="k")

    assert "0123456789abcdef" not in str(error.value)


def test_a_root_url_of_a_profile_that_is_no_address_names_the_profile(profiles):
    profiles.write_text("[default]\napi_key = k\nroot_url = hub\n")

    with pytest.raises(InvalidArgument, match=f'root_url of profile "default" in {profiles} is "hub"'):
        get_session()


def test_mlhub_home_may_start_with_a_tilde(monkeypatch, tmp_path):
    """``MLHUB_HOME=~/x`` is below the home folder, not in a folder named ~."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLHUB_HOME", "~/kept")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "profiles").write_text("[default]\napi_key = of_home\n")

    assert get_session().params["key"] == "of_home"


def test_a_key_by_argument_needs_no_home(monkeypatch):
    """A number without an account, as in containers, has no home folder to look into."""
    monkeypatch.delenv("MLHUB_HOME")
    monkeypatch.setenv("HOME", "")
    assert get_session(api_key="k").params["key"] == "k"


def test_a_file_that_is_no_profiles_file_says_what_to_do(profiles):
    profiles.write_text("api_key = secret_key_of_25_letters\n")

    with pytest.raises(ProfilesFileBroken) as error:
        get_session()

    assert str(error.value) == (
        f"{profiles} is no profiles file: line 1 cannot be understood. A profile is a line [name] and "
        "below it lines like api_key = YOUR_KEY. Repair the file, or move it away and run mlhub configure."
    )
    assert isinstance(error.value, ValueError)
    assert error.value.__cause__ is None
