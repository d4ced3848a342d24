"""The documented door to a single file."""

import inspect
from pathlib import Path

import pytest
import requests

from radiant_mlhub.client.resumable_downloader import ResumableDownloader
from radiant_mlhub.exceptions import InvalidArgument, MLHubException
from radiant_mlhub.if_exists import DownloadIfExistsOpts
from support.fault_server import FaultServer
from support.faults import Fault
from support.fetching import interrupt


@pytest.fixture
def server():
    with FaultServer() as server:
        yield server


def test_its_parameters_and_constants_are_as_documented():
    parameters = inspect.signature(ResumableDownloader).parameters

    assert {name: parameter.default for name, parameter in parameters.items()} == {
        "url": inspect.Parameter.empty,
        "out_file": inspect.Parameter.empty,
        "desc": None,
        "session": None,
        "if_exists": DownloadIfExistsOpts.overwrite,
        "disable_progress_bar": True,
        "chunk_size": 1024,
        "chunk_unit": "KB",
    }
    assert ResumableDownloader.CHUNK_SIZE == 1024
    assert ResumableDownloader.CHUNK_UNIT == "KB"
    assert ResumableDownloader.AZ_STORAGE_VERSION == "2021-06-08"


def test_it_brings_a_file(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=5000)

    assert ResumableDownloader(scene.href, tmp_path / "new" / "scene.tif").run() is None

    assert (tmp_path / "new" / "scene.tif").read_bytes() == scene.content


def test_skip_makes_no_request(server, tmp_path):
    scene = server.add("scene.tif")
    (tmp_path / "scene.tif").write_bytes(b"mine")

    ResumableDownloader(scene.href, tmp_path / "scene.tif", if_exists="skip").run()

    assert (tmp_path / "scene.tif").read_bytes() == b"mine"
    assert server.requests == []


def test_resume_goes_on_with_what_is_there(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=3_000_000)
    interrupt(scene, tmp_path / "scene.tif", 2_000_000)

    ResumableDownloader(scene.href, tmp_path / "scene.tif", if_exists=DownloadIfExistsOpts.resume).run()

    assert (tmp_path / "scene.tif").read_bytes() == scene.content
    assert server.requests[-1].headers["Range"] == "bytes=2000000-"


def test_the_default_is_to_fetch_again_and_a_failure_keeps_the_old_copy(server, tmp_path):
    scene = server.add("scene.tif", status=404)
    (tmp_path / "scene.tif").write_bytes(b"mine")

    with pytest.raises(MLHubException, match="404 Not Found") as failed:
        ResumableDownloader(scene.href, tmp_path / "scene.tif").run()

    assert failed.value.status == 404
    assert (tmp_path / "scene.tif").read_bytes() == b"mine"


def test_a_session_carries_the_request(server, tmp_path):
    scene = server.add("scene.tif", size_bytes=10)
    session = requests.Session()
    session.headers["X-Mine"] = "yes"

    ResumableDownloader(scene.href, tmp_path / "scene.tif", session=session).run()

    assert server.requests[0].headers["X-Mine"] == "yes"


def test_a_relative_path_is_taken_from_the_working_directory(server, tmp_path, monkeypatch):
    scene = server.add("scene.tif", size_bytes=10)
    monkeypatch.chdir(tmp_path)

    ResumableDownloader(scene.href, Path("scene.tif")).run()

    assert (tmp_path / "scene.tif").read_bytes() == scene.content


def test_an_option_that_there_is_not_is_refused_before_a_request(server, tmp_path):
    scene = server.add("scene.tif", faults=[Fault()])

    with pytest.raises(InvalidArgument) as refused:
        ResumableDownloader(scene.href, tmp_path / "x", if_exists="bogus")

    assert str(refused.value) == "if_exists is 'bogus'; it can be resume, skip, overwrite"


def test_its_bar_says_what_it_is_told_and_is_closed(server, tmp_path, capsys):
    scene = server.add("scene.tif", size_bytes=5000)

    ResumableDownloader(scene.href, tmp_path / "x", desc="the scene", disable_progress_bar=False).run()

    shown = capsys.readouterr()
    assert "the scene" in shown.err
    assert "5.0/5.0" in shown.err
    assert shown.out == ""
