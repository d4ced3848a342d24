"""Mirrors: what is asked in place of the addresses of a catalog, and in which order."""

from pathlib import Path

import pytest

from radiant_mlhub.exceptions import InvalidArgument
from radiant_mlhub.mirrors import Mirror, addresses, checked_mirrors
from radiant_mlhub.profiles import Profile, read_profiles, write_profile
from radiant_mlhub.relocations import RELOCATIONS, relocations_of
from radiant_mlhub.session import get_session

OLD, NEW = "https://old.example/data/", "https://new.example/copy/"


@pytest.mark.parametrize(
    ("old", "new", "href", "address"),
    [
        (OLD, NEW, f"{OLD}a/b.tif", f"{NEW}a/b.tif"),
        (OLD, NEW, f"{OLD}a b?x=1#c", f"{NEW}a b?x=1#c"),
        (OLD, NEW[:-1], f"{OLD}a.tif", f"{NEW}a.tif"),
        (OLD[:-1], NEW, f"{OLD}a.tif", f"{NEW}a.tif"),
        (OLD[:-1], NEW[:-1], f"{OLD}a.tif", f"{NEW}a.tif"),
        (OLD[:-1], NEW, "https://old.example/database/a.tif", None),
        (f"{OLD}a.tif", f"{NEW}b.tif", f"{OLD}a.tif", f"{NEW}b.tif"),
        (OLD, "s3://bucket/", f"{OLD}a.tif", "s3://bucket/a.tif"),
        ("s3://bucket/", NEW, "s3://bucket/a/b.tif", f"{NEW}a/b.tif"),
        (OLD, NEW, "https://other.example/data/a.tif", None),
    ],
)
def test_the_beginning_of_an_address_is_put_in_place_of_another(old, new, href, address):
    assert Mirror(old, new).address(href) == address


def test_each_mirror_comes_before_the_address_itself_and_that_before_its_alternates():
    mirrors = checked_mirrors(
        [f"{OLD}={NEW}", f"{OLD}=s3://bucket/", "https://a.example/=https://b.example/"]
    )

    found = addresses(f"{OLD}x.tif", ("https://a.example/x.tif", f"{OLD}x.tif"), mirrors)

    assert found == (
        f"{NEW}x.tif",
        "s3://bucket/x.tif",
        f"{OLD}x.tif",
        "https://b.example/x.tif",
        "https://a.example/x.tif",
    )


def test_of_an_address_that_no_mirror_speaks_of_nothing_is_said():
    assert addresses("https://a.example/x.tif", (), checked_mirrors(f"{OLD}={NEW}")) == ()


@pytest.mark.parametrize(
    "value",
    [f"{OLD}={NEW}", [f"{OLD}={NEW}"], {OLD: NEW}, [(OLD, NEW)], (f" {OLD}={NEW} ",)],
)
def test_mirrors_are_written_in_several_ways(value):
    assert checked_mirrors(value) == (Mirror(OLD, NEW),)


def test_an_address_may_hold_an_equals_sign_itself():
    (mirror,) = checked_mirrors("https://a.example/?set=1&of=https://b.example/?set=2&of=")

    assert mirror == Mirror("https://a.example/?set=1&of", "https://b.example/?set=2&of=")


@pytest.mark.parametrize("new", ["/mnt/copy/", "~/copy/", "./copy/"])
def test_a_folder_of_this_machine_may_be_a_mirror(new, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (mirror,) = checked_mirrors(f"{OLD}={new}")

    assert mirror.new == Path(new).expanduser().absolute().as_uri() + "/"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("nonsense", "write OLD_PREFIX=NEW_PREFIX, two addresses, or one of the known names: source.coop"),
        (f"{OLD}=", "write OLD_PREFIX=NEW_PREFIX"),
        (f"={NEW}", "write OLD_PREFIX=NEW_PREFIX"),
        (f"{OLD}=ftp://x.example/", 'of the scheme "ftp"; only http, https, s3'),
        ([("data/", NEW)], "'data/', which is the beginning of no address"),
        ([(OLD, 5)], "which is the beginning of no address"),
        (5, "write it like"),
        ([5], "write it like"),
    ],
)
def test_what_is_no_mirror_is_refused_in_one_sentence(value, says):
    with pytest.raises(InvalidArgument, match=says.replace("?", r"\?")):
        checked_mirrors(value)


@pytest.mark.parametrize("name", sorted({each.name for each in RELOCATIONS}))
def test_known_relocations_are_asked_for_by_name(name):
    mirrors = checked_mirrors(name)

    assert mirrors
    assert all(mirror.old.endswith("/") and mirror.new.endswith("/") for mirror in mirrors)
    assert all(relocations_of(f"{mirror.old}x.tif")[:1] for mirror in mirrors)


def test_the_files_of_a_recorded_catalog_may_lie_on_source_cooperative():
    href = "https://radiantearth.blob.core.windows.net/mlhub/nasa-marine-debris/a/b.tif"

    assert relocations_of(href) == ["source.coop", "aws"]
    assert addresses(href, (), checked_mirrors(["source.coop", "aws"])) == (
        "https://data.source.coop/nasa/marine-debris/a/b.tif",
        "https://radiant-mlhub.s3.us-west-2.amazonaws.com/nasa-marine-debris/a/b.tif",
        href,
    )


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_profile_keeps_mirrors_a_line_each(tmp_path, newline):
    path = tmp_path / "profiles"
    path.write_bytes(f"[mine]{newline}# a comment{newline}api_key = abc{newline}".encode())
    mirrors = (f"{OLD}={NEW}", "s3://bucket/=/mnt/copy/")

    write_profile(Profile("mine", mirrors=mirrors), path)
    write_profile(Profile("mine", root_url="http://127.0.0.1/"), path)

    assert read_profiles(path)["mine"] == Profile("mine", "abc", "http://127.0.0.1/", mirrors)
    assert path.read_bytes().decode() == newline.join(
        [
            "[mine]",
            "# a comment",
            "api_key = abc",
            "mirror =",
            f"    {OLD}={NEW}",
            "    s3://bucket/=/mnt/copy/",
            "root_url = http://127.0.0.1/",
            "",
        ]
    )


def test_new_mirrors_take_the_place_of_a_profiles_old_ones(tmp_path):
    path = tmp_path / "profiles"
    path.write_text(f"[mine]\nmirror =\n    {OLD}={NEW}\n    azure\napi_key = abc\n")

    write_profile(Profile("mine", mirrors=("aws",)), path)

    assert path.read_text() == "[mine]\nmirror =\n    aws\napi_key = abc\n"


def test_a_session_knows_the_profile_it_was_made_with(tmp_path, monkeypatch):
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    write_profile(Profile("mine", "abc"), tmp_path / "profiles")

    assert get_session(profile="mine").profile == "mine"
    assert get_session(api_key="other", profile="mine").profile == "mine"
