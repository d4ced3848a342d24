"""``mlhub configure``: a key and a hub into the profiles file, in the documented words."""

import pytest

from radiant_mlhub import get_session
from radiant_mlhub.profiles import Profile, read_profiles, write_profile

NO_HUB = (
    "hint: This profile names no hub, and the default one was switched off in October 2023. "
    "Name one: mlhub configure --root-url URL\n"
)


def test_the_version(run):
    result = run("--version")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "mlhub, version 1.0.0.dev0\n", "")


def test_help_says_what_it_is(run):
    assert "CLI tool for the radiant_mlhub Python client." in run("--help").stdout
    for option in ("--profile", "--api-key", "--root-url"):
        assert option in run("configure", "--help").stdout


def test_a_key_from_a_pipe(run_process, profiles):
    """The first line of stdin, whatever follows; the answer is the one line on stdout."""
    result = run_process("configure", stdin="abc%def\nand more\n")

    assert (result.returncode, result.stdout) == (0, f"Wrote profile to {profiles}\n")
    assert result.stderr == "API Key: " + NO_HUB
    assert get_session().params["key"] == "abc%def"


def test_a_hub_is_to_be_named_for_the_profile_that_was_written(run, profiles):
    result = run("configure", "--api-key", "abc", "--profile", "field work")

    assert result.exit_code == 0
    assert result.stderr == NO_HUB.replace("configure", "configure --profile 'field work'")


def test_no_prompt_with_api_key(run, profiles):
    result = run(
        "configure", "--api-key", "abc", "--profile", "mine", "--root-url", "http://127.0.0.1:8000/x"
    )

    assert (result.exit_code, result.stdout, result.stderr) == (0, f"Wrote profile to {profiles}\n", "")
    assert profiles.read_text() == "[mine]\napi_key = abc\nroot_url = http://127.0.0.1:8000/x\n"
    assert get_session(profile="mine").root_url == "http://127.0.0.1:8000/x"


def test_a_key_is_overwritten_only_if_wanted(run_process, profiles):
    """No leaves every byte as it was; yes keeps the comments."""
    profiles.write_text("# mine\n[default]\napi_key = 0123456789abcdef0123456789123456\n")
    before = profiles.read_bytes()

    result = run_process("configure", stdin="new\nn\n")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "API Key: Overwrite existing API Key (****3456) [y/N]: Aborted!\n"
    assert profiles.read_bytes() == before

    result = run_process("configure", stdin="new\ny\n")

    assert result.returncode == 0
    assert profiles.read_text() == "# mine\n[default]\napi_key = new\n"


@pytest.mark.parametrize("existing", ["short", "abcdef", "a" * 15])
def test_the_question_shows_nothing_of_a_short_key(run, profiles, existing):
    """Its last 4 or 6 would be most of it."""
    write_profile(Profile("default", existing), profiles)

    assert (
        "Overwrite existing API Key (****) [y/N]" in run("configure", "--api-key", "new", input="n\n").stderr
    )


def test_the_same_key_again_is_no_question(run, profiles):
    write_profile(Profile("default", "same"), profiles)

    assert run("configure", "--api-key", "same").exit_code == 0


def test_a_hub_can_be_added_without_the_key(run, profiles):
    write_profile(Profile("default", "kept"), profiles)

    assert run("configure", "--root-url", "http://127.0.0.1:8000/x").exit_code == 0

    assert read_profiles(profiles)["default"] == Profile("default", "kept", "http://127.0.0.1:8000/x")


@pytest.mark.parametrize("stdin", ["", "\n\n"])
def test_no_key_is_no_profile(run, profiles, stdin):
    result = run("configure", input=stdin)

    assert result.exit_code == 1
    assert result.stderr.endswith("Aborted!\n")
    assert not profiles.exists()


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["--profile", "DEFAULT"],
            'Error: A profile cannot be called "DEFAULT": the name has a meaning of its own.\n',
        ),
        (["--profile", "__anonymous__"], 'A profile cannot be called "__anonymous__"'),
        (["--root-url", "hub"], 'Error: --root-url is "hub", which is no http or https address.'),
    ],
)
def test_what_cannot_be_is_said_before_anybody_types_a_key(run, profiles, words, text):
    result = run("configure", *words)

    assert result.exit_code == 2
    assert text in result.stderr
    assert "API Key:" not in result.stderr
    assert not profiles.exists()


def test_a_key_that_cannot_be_kept(run, profiles):
    result = run("configure", "--api-key", "a\nb")

    assert result.exit_code == 4
    assert "Error: This api_key cannot be kept in a profiles file" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_broken_file_is_left_alone(run, profiles):
    profiles.write_text("api_key = x\n")

    result = run("configure", "--api-key", "k")

    assert result.exit_code == 4
    assert result.stderr.startswith(f"Error: {profiles} is no profiles file: line 1 cannot be understood.")
    assert profiles.read_text() == "api_key = x\n"


def test_missing_folders_are_made(run, monkeypatch, tmp_path):
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path / "a" / "b" / ".mlhub"))

    assert run("configure", "--api-key", "k").exit_code == 0
    assert get_session().params["key"] == "k"


def test_mlhub_home_with_a_tilde(run, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("MLHUB_HOME", "~/x")

    assert run("configure", "--api-key", "k").stdout == f"Wrote profile to {tmp_path}/x/profiles\n"


def test_what_goes_before_the_profile_is_said(run, monkeypatch):
    monkeypatch.setenv("MLHUB_API_KEY", "k")
    monkeypatch.setenv("MLHUB_ROOT_URL", "http://127.0.0.1:8000/x")

    assert run("configure", "--api-key", "k").stderr == (
        "hint: MLHUB_API_KEY is set and goes before every profile.\n"
        "hint: MLHUB_ROOT_URL is set and goes before every profile's root_url.\n"
    )


def test_mirrors_of_a_profile_need_no_key(run, profiles):
    mirrors = ["--mirror", "https://old.example/=https://new.example/", "--mirror", "azure"]

    result = run("configure", "--root-url", "http://127.0.0.1:8000/x", *mirrors)

    assert (result.exit_code, result.stderr) == (0, "")
    assert read_profiles(profiles)["default"].mirrors == (
        "https://old.example/=https://new.example/",
        "azure",
    )


def test_what_is_no_mirror_is_refused_before_anything_is_asked(run, profiles):
    result = run("configure", "--mirror", "nonsense")

    assert result.exit_code == 2
    assert '--mirror has "nonsense"; write OLD_PREFIX=NEW_PREFIX' in result.stderr
    assert not profiles.exists()
