"""download_collection_archive: one large file, whole or not at all."""

import hashlib

import pytest

from radiant_mlhub.client import download_archive, download_collection_archive
from radiant_mlhub.exceptions import EntityDoesNotExist, InvalidArgument
from support.recorded import needs_recordings
from support.recorded_hub import ROOT
from support.wire import Response

pytestmark = needs_recordings

NAME = "ref_african_crops_kenya_02_labels"
MEBIBYTE = 1024 * 1024


def download(hub, folder, **arguments):
    arguments = {"api_key": hub.key, "progress": False, **arguments}
    return download_collection_archive(arguments.pop("archive_id", NAME), folder, **arguments)


def test_an_archive_comes_whole(hub, tmp_path):
    """The full path comes back; the key stays with the hub."""
    scene = hub.archive("large", size_bytes=9 * MEBIBYTE)

    path = download(hub, tmp_path / "a" / "b", archive_id="large")

    assert path == tmp_path / "a" / "b" / "large.tar.gz"
    assert hashlib.md5(path.read_bytes()).digest() == hashlib.md5(scene.content).digest()
    assert [p.name for p in path.parent.iterdir()] == ["large.tar.gz"]
    assert not any("key" in r.args for r in hub.files.requests)


def test_a_part_is_continued(hub, tmp_path):
    """What an older client left under the final name is continued, not fetched again."""
    scene = hub.archive("large", size_bytes=3 * MEBIBYTE)
    (tmp_path / "large.tar.gz").write_bytes(scene.content[:MEBIBYTE])

    path = download(hub, tmp_path, archive_id="large")

    assert path.read_bytes() == scene.content


def test_skip_asks_nobody_when_the_archive_is_there(hub, tmp_path, monkeypatch):
    """An existing file is kept without a request, and without a key."""
    (tmp_path / f"{NAME}.tar.gz").write_bytes(b"mine")

    path = download_collection_archive(NAME, tmp_path, if_exists="skip")

    assert path.read_bytes() == b"mine"
    assert hub.api.requests == []


def test_skip_fetches_what_is_not_there(hub, tmp_path):
    scene = hub.archive("small", size_bytes=500)

    path = download(hub, tmp_path, archive_id="small", if_exists="skip")

    assert path.read_bytes() == scene.content


def test_overwrite_replaces_what_is_there(hub, tmp_path):
    """The file of that name is the new one afterwards."""
    target = tmp_path / f"{NAME}.tar.gz"
    target.write_bytes(b"old")

    download(hub, tmp_path, if_exists="overwrite")

    assert target.stat().st_size == 252_970


def test_a_redirect_to_the_endpoint_elsewhere_names_no_file(hub, tmp_path):
    """As from http to https: an id is not taken for a file's name because there is a dot in it."""
    hub._archives["chips_v1.2"] = hub.files.add("/mlhub/v1/archive/chips_v1.2", size_bytes=500)

    path = download(hub, tmp_path, archive_id="chips_v1.2")

    assert path.name == "chips_v1.2.tar.gz"


def test_the_redirect_names_the_file(hub, tmp_path):
    """Where the hub sends on to a file of another name, that name stands on disk."""
    scene = hub.files.add("/mlhub/archives/renamed_v2.tar.gz", size_bytes=500)
    hub._archives["old_name"] = scene

    path = download(hub, tmp_path, archive_id="old_name")

    assert path == tmp_path / "renamed_v2.tar.gz"
    assert path.read_bytes() == scene.content


@pytest.mark.parametrize("status", [405, 501])
def test_where_head_is_not_served_the_documented_name_stands(hub, tmp_path, status):
    """Nobody then tells the name of the file before it is asked for."""
    scene = hub.files.add("/mlhub/archives/renamed_v2.tar.gz", size_bytes=500)
    hub._archives["scenes"] = scene
    hub.api.route("HEAD", f"{ROOT}/archive/scenes", lambda _: Response(status))

    path = download(hub, tmp_path, archive_id="scenes")

    assert path == tmp_path / "scenes.tar.gz"
    assert path.read_bytes() == scene.content
    assert [(each.method, each.status) for each in hub.api.requests] == [("HEAD", status), ("GET", 303)]


def test_a_missing_archive_may_still_be_generating(hub, tmp_path):
    """The documented text, at once, and no file."""
    with pytest.raises(EntityDoesNotExist) as raised:
        download(hub, tmp_path, archive_id="no_archive")

    assert str(raised.value) == (
        'Archive "no_archive" does not exist and may still be generating. Please try again later.'
    )
    assert len(hub.api.requests) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_file_for_a_folder_is_refused_before_any_request(hub, tmp_path):
    """A ValueError with the documented text."""
    (tmp_path / "file").touch()

    with pytest.raises(ValueError, match=r"^output_dir must be a path to a directory$") as raised:
        download(hub, tmp_path / "file")

    assert isinstance(raised.value, InvalidArgument)
    assert hub.api.requests == []


@pytest.mark.parametrize("arguments", [{"if_exists": "bogus"}, {"archive_id": "../x"}, {"archive_id": ""}])
def test_a_wrong_argument_is_refused_before_any_request(hub, tmp_path, arguments):
    """No bogus value behaves as another one."""
    with pytest.raises(InvalidArgument):
        download(hub, tmp_path, **arguments)

    assert hub.api.requests == []


@pytest.mark.parametrize("folder", ["", "s3://bucket/x"])
def test_a_folder_is_a_folder_of_this_machine(hub, folder):
    """An empty folder and an address are refused with a sentence."""
    with pytest.raises(InvalidArgument):
        download(hub, folder)


def test_the_default_folder_is_that_of_the_call(hub, tmp_path, monkeypatch):
    """Not that of the import."""
    monkeypatch.chdir(tmp_path)

    assert download(hub, None) == tmp_path / f"{NAME}.tar.gz"


def test_the_home_folder_is_expanded(hub, tmp_path, monkeypatch):
    """``~`` is the home folder, not a folder of that name."""
    monkeypatch.setenv("HOME", str(tmp_path))

    assert download(hub, "~/Downloads") == tmp_path / "Downloads" / f"{NAME}.tar.gz"


def test_the_old_name_works_and_names_its_successor(hub, tmp_path):
    """``download_archive`` of 0.4 scripts."""
    with pytest.warns(DeprecationWarning, match="download_collection_archive"):
        path = download_archive(NAME, tmp_path, if_exists="resume", api_key=hub.key)

    assert path.stat().st_size == 252_970
