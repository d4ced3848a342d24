"""``mlhub profiles``, ``configure --list`` and ``configure --test``: which profiles there are, and work."""

import json

import pytest

from radiant_mlhub.profiles import Profile, write_profile

KEY = "0123456789abcdef0123456789123456"


@pytest.fixture
def two(profiles):
    """Two profiles; ``default`` is used."""
    write_profile(Profile("default", KEY, "http://127.0.0.1:9/mlhub/v1"), profiles)
    write_profile(Profile("mine", "short"), profiles)


@pytest.mark.parametrize("words", [["profiles"], ["configure", "--list"]])
def test_a_line_a_profile_without_its_key(run, two, words):
    result = run(*words)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == ("default  ****3456  http://127.0.0.1:9/mlhub/v1  used\nmine     ****      -\n")


def test_the_environment_chooses(run, two, monkeypatch):
    monkeypatch.setenv("MLHUB_PROFILE", "mine")
    used = {
        each["name"]: each["is_used"]
        for each in map(json.loads, run("profiles", "--json").stdout.splitlines())
    }
    assert used == {"default": False, "mine": True}

    monkeypatch.setenv("MLHUB_API_KEY", KEY)
    assert run("profiles").stderr == "hint: MLHUB_API_KEY is set and goes before every profile.\n"
    assert "used" not in run("profiles").stdout


def test_no_profiles(run, profiles):
    result = run("profiles")

    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"There are no profiles in {profiles}.\nhint: make one: mlhub configure\n"


def test_a_key_that_works(run, hub, profiles):
    write_profile(Profile("mine", KEY, hub.root_url), profiles)

    result = run("configure", "--test", "--profile", "mine")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f'{hub.root_url} takes the key ****3456 of profile "mine"\n'
    assert hub.api.requests[-1].args["key"] == [KEY]


def test_a_key_that_does_not_work(run, hub, profiles):
    write_profile(Profile("default", KEY, hub.root_url), profiles)
    hub.answer("datasets", 401, {"detail": "The API key is not known here."})

    result = run("configure", "--test")

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("Error: Authentication failed. API Key: ****3456\n")
    assert KEY not in result.stderr


def test_no_key_to_test(run, hub, profiles):
    result = run("configure", "--test", "--profile", "field work")

    assert result.exit_code == 4
    assert result.stderr == (
        f"Error: No file found at {profiles}\nhint: store one: mlhub configure --profile 'field work'\n"
    )


def test_looking_and_writing_do_not_mix(run, profiles):
    result = run("configure", "--test", "--api-key", "abc")

    assert result.exit_code == 2
    assert not profiles.exists()
