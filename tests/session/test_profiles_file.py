"""The profiles file: its owner's alone, replaced in one step, read as it was written."""

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiant_mlhub.exceptions import DirectoryUnusable, InvalidArgument, ProfilesFileBroken
from radiant_mlhub.profiles import Profile, read_profiles, write_profile

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@posix_only
def test_the_file_is_for_its_owner_alone(tmp_path):
    """0600, and 0700 for each folder that was made for it, whatever the umask."""
    path = tmp_path / "a" / "b" / "profiles"
    before = os.umask(0)
    try:
        write_profile(Profile("default", "k"), path)
    finally:
        os.umask(before)

    assert (mode(path), mode(path.parent), mode(path.parent.parent)) == (0o600, 0o700, 0o700)


@posix_only
def test_a_file_that_everybody_could_read_is_closed(tmp_path):
    path = tmp_path / "profiles"
    path.write_text("[default]\napi_key = old\n")
    path.chmod(0o644)

    write_profile(Profile("default", "new"), path)

    assert mode(path) == 0o600


def test_every_other_line_stays_as_it_was(tmp_path):
    """Comments, order, blank lines and unknown options survive."""
    path = tmp_path / "profiles"
    path.write_text(
        "# mine\n[default]\n; the old one\nAPI_KEY: old\nnote = keep me\n\n[other]\napi_key = theirs\n# end"
    )

    write_profile(Profile("default", "new", "http://127.0.0.1:8000/x"), path)
    write_profile(Profile("third", "k3"), path)

    assert path.read_text() == (
        "# mine\n[default]\n; the old one\napi_key = new\nnote = keep me\n"
        "root_url = http://127.0.0.1:8000/x\n\n[other]\napi_key = theirs\n# end\n\n[third]\napi_key = k3\n"
    )


def test_line_ends_of_windows_stay(tmp_path):
    path = tmp_path / "profiles"
    path.write_bytes(
        b"\xef\xbb\xbf[default]\r\napi_key = old\r\n"
    )  # with a byte order mark, as Notepad writes

    assert read_profiles(path)["default"].api_key == "old"
    write_profile(Profile("default", "new"), path)

    assert path.read_bytes() == b"[default]\r\napi_key = new\r\n"


def test_what_is_not_given_stays(tmp_path):
    path = tmp_path / "profiles"
    write_profile(Profile("default", "k", "http://127.0.0.1:1/x"), path)

    write_profile(Profile("default", root_url="http://127.0.0.1:2/x"), path)

    assert read_profiles(path) == {"default": Profile("default", "k", "http://127.0.0.1:2/x")}


printable = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60)


@given(key=printable)
def test_a_key_is_read_as_it_was_written(tmp_path_factory, key):
    """``%``, ``=``, ``#``, ``[`` and every other character that can be seen are part of the key."""
    path = tmp_path_factory.mktemp("home") / "profiles"

    write_profile(Profile("default", key), path)

    assert read_profiles(path)["default"].api_key == key


@pytest.mark.parametrize("key", ["a\nb", "a\rb", "a\n[other]\napi_key = b", "", " ", "a\u2028b", "\ud800"])
def test_a_key_with_a_line_end_is_refused(tmp_path, key):
    path = tmp_path / "profiles"

    with pytest.raises(ProfilesFileBroken, match="This api_key cannot be kept in a profiles file"):
        write_profile(Profile("default", key), path)

    assert not path.exists()


@pytest.mark.parametrize("name", ["DEFAULT", "__anonymous__", "", "a]b", "a\nb", " a"])
def test_names_that_could_never_be_read_are_refused(tmp_path, name):
    with pytest.raises(InvalidArgument, match="A profile cannot be called"):
        write_profile(Profile(name, "k"), tmp_path / "profiles")


def test_a_section_called_default_in_capitals_does_not_leak(tmp_path):
    """configparser would lend its values to every other profile."""
    path = tmp_path / "profiles"
    path.write_text("[DEFAULT]\napi_key = leaked\n[mine]\nroot_url = http://127.0.0.1:1/\n")

    assert read_profiles(path) == {"mine": Profile("mine", None, "http://127.0.0.1:1/")}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\xff\xfe", "cannot be read: it is no UTF-8 text"),
        (b"[default]\nsecret-line\n", "line 2 cannot be understood"),
        (b"[a]\napi_key = x\n[a]\napi_key = y\n", "line 3 cannot be understood"),
    ],
)
def test_a_broken_file_is_named_and_never_quoted(tmp_path, content, reason):
    path = tmp_path / "profiles"
    path.write_bytes(content)

    for call in (read_profiles, lambda path: write_profile(Profile("default", "k"), path)):
        with pytest.raises(ProfilesFileBroken) as error:
            call(path)
        assert str(path) in str(error.value)
        assert reason in str(error.value)
        assert "secret" not in str(error.value)
    assert path.read_bytes() == content


def test_what_cannot_be_edited_safely_is_left_alone(tmp_path):
    """An indented line goes on with the value above it, whatever it looks like."""
    path = tmp_path / "profiles"
    content = "[c]\nnote = first line\n  api_key = second line\n"
    path.write_text(content)

    with pytest.raises(ProfilesFileBroken, match="cannot be edited safely, so nothing was changed"):
        write_profile(Profile("c", "new"), path)

    assert path.read_text() == content


def test_a_link_stays_a_link(tmp_path):
    """A folder of dotfiles keeps the real file; the link to it is not replaced by a copy."""
    real = tmp_path / "dotfiles" / "profiles"
    real.parent.mkdir()
    link = tmp_path / "profiles"
    link.symlink_to(real)

    write_profile(Profile("default", "k"), link)

    assert link.is_symlink()
    assert read_profiles(real)["default"].api_key == "k"


def test_a_folder_that_cannot_be_is_an_error_of_ours(tmp_path):
    """And no half file is left behind."""
    (tmp_path / "file").write_text("")

    with pytest.raises(DirectoryUnusable) as error:
        write_profile(Profile("default", "k"), tmp_path / "file" / "profiles")

    assert "Set MLHUB_HOME to a folder you may write to." in str(error.value)
    assert isinstance(error.value, OSError)


def test_a_failed_rewrite_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "profiles"
    path.mkdir()  # a folder cannot be replaced by a file
    with pytest.raises(ProfilesFileBroken, match="cannot be read"):
        write_profile(Profile("default", "k"), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles"]


def test_a_profile_never_shows_its_key():
    assert "secret" not in repr(Profile("default", "secret"))


ASK_FOR_A_KEY = """
import os, sys
from radiant_mlhub.session import get_session

os.setuid(65534)
try:
    get_session()
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="taking another's rights needs root")
def test_a_home_that_may_not_be_entered_is_named():
    with tempfile.TemporaryDirectory() as home:  # which is its owner's alone
        write_profile(Profile("default", "k"), Path(home, "profiles"))

        done = subprocess.run(
            [sys.executable, "-c", ASK_FOR_A_KEY],
            env={**os.environ, "MLHUB_HOME": home, "MLHUB_API_KEY": ""},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )

    assert done.stdout.startswith(f"ProfilesFileBroken {home}/profiles cannot be read: Permission denied.")
