"""``mlhub doctor``: each thing that can be wrong is found, with what to do about it."""

import json
import re
import sys
import tomllib
from email.utils import formatdate
from pathlib import Path

import pytest

from radiant_mlhub.checkup.folders import file_system_of
from radiant_mlhub.checkup.installed import installed_findings
from radiant_mlhub.profiles import Profile, write_profile

KEY = "0123456789abcdef0123456789123456"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def doctor(run):
    """Run it: exit code, and the findings by name; the last of a name counts."""

    def call(*words):
        result = run("doctor", "--json", *words)
        assert result.stderr == ""
        assert KEY not in result.stdout
        found = [json.loads(line) for line in result.stdout.splitlines()]
        assert (result.exit_code == 1) == any(each["state"] == "problem" for each in found)
        return {each["name"]: each for each in found}

    return call


def test_nothing_is_wrong(doctor, hub, monkeypatch, profiles):
    monkeypatch.setenv("MLHUB_API_KEY", KEY)
    write_profile(Profile("mine", "a-key"), profiles)
    hub.answer("datasets", body=b"[]", Date=formatdate(usegmt=True))

    found = doctor()

    assert {each["state"] for each in found.values()} <= {"ok", "note"}
    assert found["mlhub"]["text"].startswith("1.0.0.dev0, Python 3.")
    assert found["key"]["text"] == "****3456 from MLHUB_API_KEY"
    assert found["address"]["text"] == f"{hub.root_url} from MLHUB_ROOT_URL"
    assert found["proxy"]["text"] == "none"
    assert re.fullmatch(r"answers in \d+ ms, takes the key, has 0 datasets", found["hub"]["text"])
    assert found["clock"]["text"] == "agrees with the hub's"
    assert found["profiles"]["text"] == f"mine in {profiles}"


def test_for_people_a_finding_is_a_line_and_its_hint_follows(run, hub, profiles):
    result = run("doctor")

    assert re.search(
        r"^ok {5}  hub {12}answers in \d+ ms, takes the key, has 0 datasets$", result.stdout, re.M
    )
    assert f"note     profiles       there is no {profiles}\n" in result.stdout
    assert "hint: store a key and a hub: mlhub configure\n" in result.stderr


def test_no_key_and_no_hub(doctor, monkeypatch):
    """What a newcomer has: the documented default is the service that was switched off."""
    found = doctor()

    assert found["key"]["hint"] == "store a key: mlhub configure"
    assert "switched off in October 2023" in found["address"]["text"]
    assert found["address"]["hint"] == "name a hub that runs: mlhub configure --root-url URL"
    assert found["hub"]["state"] == "problem"


@pytest.mark.parametrize("said_by", ["option", "environment"])
def test_no_key_and_no_hub_of_a_profile(doctor, monkeypatch, said_by):
    """What is written into another profile would not help."""
    words = ["--profile", "field work"] if said_by == "option" else []
    if said_by == "environment":
        monkeypatch.setenv("MLHUB_PROFILE", "field work")

    found = doctor(*words)

    command = "mlhub configure --profile 'field work'"
    assert found["key"]["hint"] == f"store a key: {command}"
    assert found["address"]["hint"] == f"name a hub that runs: {command} --root-url URL"


def test_a_wrong_key(doctor, hub, monkeypatch):
    monkeypatch.setenv("MLHUB_API_KEY", KEY)
    hub.answer("datasets", 401, {"detail": "no"})

    found = doctor()

    assert found["key"]["text"] == "Authentication failed. API Key: ****3456"
    assert found["key"]["hint"].endswith("store another one: mlhub configure")


def test_a_wrong_key_of_a_profile(doctor, hub, profiles, monkeypatch):
    monkeypatch.delenv("MLHUB_API_KEY")
    write_profile(Profile("mine", KEY), profiles)
    hub.answer("datasets", 401, {"detail": "no"})

    hint = doctor("--profile", "mine")["key"]["hint"]

    assert hint.endswith("store another one: mlhub configure --profile mine")


def test_a_profile_that_gives_way_to_the_environment(doctor, hub, profiles):
    write_profile(Profile("mine", KEY), profiles)

    found = doctor("--profile", "mine")

    assert found["key"]["text"] == "****ests from MLHUB_API_KEY"
    assert "goes before" in found["key"]["hint"]


def test_a_key_and_a_hub_of_a_profile(doctor, hub, profiles, monkeypatch):
    monkeypatch.delenv("MLHUB_API_KEY")
    monkeypatch.delenv("MLHUB_ROOT_URL")
    write_profile(Profile("mine", KEY, hub.root_url), profiles)

    found = doctor("--profile", "mine")

    assert found["key"]["text"] == f'****3456 from profile "mine" in {profiles}'
    assert found["address"]["text"] == f"{hub.root_url} from the profile"


def test_a_profile_that_is_not_there(doctor, hub, profiles, monkeypatch):
    write_profile(Profile("mine", KEY), profiles)
    monkeypatch.setenv("MLHUB_PROFILE", "yours")

    assert doctor()["profiles"]["text"] == f"MLHUB_PROFILE is yours, which is not in {profiles}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_profiles_file_that_others_may_read(doctor, hub, profiles):
    write_profile(Profile("mine", KEY), profiles)
    profiles.chmod(0o644)

    assert doctor()["profiles"]["hint"] == f"chmod 600 {profiles}"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_profiles_file_in_a_folder_with_a_space_is_quoted(doctor, hub, monkeypatch, tmp_path):
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path / "my home"))
    write_profile(Profile("mine", KEY), tmp_path / "my home/profiles")
    (tmp_path / "my home/profiles").chmod(0o644)

    assert doctor()["profiles"]["hint"] == f"chmod 600 '{tmp_path}/my home/profiles'"


def test_a_profiles_file_that_is_none(doctor, hub, profiles):
    profiles.write_text("api_key = x\n")

    assert "line 1 cannot be understood" in doctor()["profiles"]["text"]


@pytest.mark.parametrize(
    ("date", "text"),
    [
        ("Mon, 01 Jan 2024 00:00:00 GMT", " s ahead of the hub's"),
        ("Sat, 01 Jan 2095 00:00:00 GMT", " s behind"),
    ],
)
def test_a_clock_that_is_off(doctor, hub, date, text):
    hub.answer("datasets", body=b"[]", Date=date)

    found = doctor()

    assert text in found["clock"]["text"]
    assert found["clock"]["hint"] == "set this machine's clock; signed addresses expire by it"


def test_an_address_that_is_no_hub(doctor, hub):
    hub.answer("datasets", body=b"<html>", Content_Type="text/html")

    assert doctor()["hub"]["text"] == f"{hub.root_url} answers, but not as a hub does"


def test_a_proxy_that_does_not_answer(doctor, hub, monkeypatch):
    """Its password stays out of it."""
    monkeypatch.setenv("http_proxy", "http://amina:secret@127.0.0.1:9/")

    found = doctor()

    assert found["proxy"]["text"] == "http://***@127.0.0.1:9/"
    assert found["hub"]["state"] == "problem"
    assert "secret" not in json.dumps(found)


def test_certificates_that_are_not_there(doctor, hub, monkeypatch):
    monkeypatch.setenv("MLHUB_ROOT_URL", "https://127.0.0.1:9/mlhub/v1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")

    assert doctor()["certificates"]["text"] == "/no/such/file.pem is not there"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write is /proc here")
def test_a_folder_that_cannot_be_written(doctor, hub, monkeypatch):
    monkeypatch.chdir("/proc")

    found = doctor()

    assert found["disk"]["text"].startswith("/proc cannot be written: ")
    assert found["file system"]["text"] == file_system_of(Path("/proc")) == "proc"


def test_the_extras_are_those_of_the_project():
    told = {
        each.name.removeprefix("extra ") for each in installed_findings() if each.name.startswith("extra ")
    }

    assert told == set(tomllib.loads(PROJECT.read_text())["project"]["optional-dependencies"])


def test_a_library_that_is_missing(monkeypatch, tmp_path):
    """Metadata that ask for what nobody has installed."""
    metadata = tmp_path / "radiant_mlhub-9.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: radiant-mlhub\nVersion: 9\n"
        "Requires-Dist: no-such-library>=1\nRequires-Dist: isal; platform_machine == 'none'\n"
        "Requires-Dist: neither-this; extra == 'stac'\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    found = {each.name: each for each in installed_findings()}

    assert found["libraries"].hint == "pip install no-such-library"
    assert found["extra stac"].hint == "pip install 'radiant-mlhub[stac]'"
