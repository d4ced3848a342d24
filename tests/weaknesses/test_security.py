"""Keys go to the hub and nowhere else; nothing is written outside the folder that was named."""

import logging
import os
import re
import stat
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner

from radiant_mlhub import Collection, Dataset, get_session
from radiant_mlhub.cli import mlhub
from radiant_mlhub.client import (
    download_collection_archive,
    get_collection,
    get_dataset,
    list_collection_items,
)
from radiant_mlhub.exceptions import MLHubException
from support.fault_server import FaultServer
from support.scripted_hub import collection, item
from support.time_limits import within

SECRET = "s3cr3t-key-that-nobody-may-read"


def text_of(error):
    """Everything a traceback would show of an error."""
    said = []
    while error is not None:
        said += [str(error), repr(error), *getattr(error, "__notes__", [])]
        error = error.__cause__ or error.__context__
    return "\n".join(said)


def refused_by_the_hub(hub):
    hub.answer("datasets", 400)
    Dataset.list(api_key=SECRET)


def not_authenticated(hub):
    hub.answer("datasets", 401)
    Dataset.list(api_key=SECRET)


def refused_by_hand(hub):
    hub.answer("anything", 403)
    get_session(api_key=SECRET).get("anything")


def no_listener(hub):
    hub.api.__exit__()
    get_session(api_key=SECRET).get("datasets")


@pytest.mark.weakness(35)
@pytest.mark.parametrize("failure", [refused_by_the_hub, not_authenticated, refused_by_hand, no_listener])
def test_no_error_shows_the_key(hub, failure, monkeypatch):
    """Neither the error nor what it was raised from."""
    with pytest.raises(Exception, match=r".") as raised:
        within(8, lambda: failure(hub))

    assert type(raised.value).__name__ != "TookTooLong"
    assert SECRET not in text_of(raised.value)


@pytest.mark.weakness(35)
def test_no_log_shows_the_key(hub, caplog):
    """At no level, by no logger: urllib3 writes whole addresses at DEBUG."""
    with caplog.at_level(logging.DEBUG):
        Dataset.list(api_key=SECRET)

    assert caplog.text
    assert SECRET not in caplog.text


@pytest.mark.weakness(36)
def test_the_key_does_not_follow_to_the_host_of_the_files(hub, tmp_path):
    hub.archive("scenes", size_bytes=1000)

    download_collection_archive("scenes", tmp_path, api_key=SECRET)

    assert hub.blobs.requests
    assert [r for r in hub.blobs.requests if SECRET in f"{r.query}{dict(r.headers)}"] == []


@pytest.mark.weakness(36)
def test_the_key_does_not_follow_a_link_to_another_host(hub):
    """The next page lies elsewhere: it is asked for without the key."""
    with FaultServer() as other:
        page = {"type": "FeatureCollection", "features": [item("a", {})], "links": []}
        hub.answer(
            "collections/scenes/items",
            body={**page, "links": [{"rel": "next", "href": f"{other.url}/page2"}]},
        )
        other.add("/page2", b'{"type": "FeatureCollection", "features": [], "links": []}')

        items = list(list_collection_items("scenes", api_key=SECRET))

        assert [each["id"] for each in items] == ["a"]
        assert [r.path for r in other.requests] == ["/page2"]
        assert SECRET not in other.requests[0].query


@pytest.mark.weakness(37)
def test_a_member_that_climbs_out_stays_unwritten(hub, tmp_path):
    hub.publish(
        "ds",
        [item("a", {"image": hub.file("a.tif").href})],
        members={
            "../escaped.txt": b"out",
            "ds/../../also.txt": b"out",
            str(tmp_path / "absolute.txt"): b"out",
        },
    )
    folder = tmp_path / "one" / "two"

    with suppress(OSError):  # saying so is as good as leaving it out
        Dataset.fetch("ds").download(folder)

    assert [path.name for path in tmp_path.rglob("*.txt")] == []


@pytest.mark.weakness(37)
def test_links_and_devices_of_an_archive_stay_unwritten(hub, tmp_path):
    (tmp_path / "outside").mkdir()
    link = tarfile.TarInfo("ds/scenes")
    link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "outside")
    pipe = tarfile.TarInfo("ds/pipe")
    pipe.type = tarfile.FIFOTYPE
    members = {"ds/scenes": link, "ds/pipe": pipe, "ds/scenes/planted.json": b"{}"}
    hub.publish("ds", members=members)

    with suppress(OSError):
        within(10, lambda: Dataset.fetch("ds").download(tmp_path / "in", catalog_only=True))

    assert list((tmp_path / "outside").iterdir()) == []
    assert not (tmp_path / "in/ds/scenes").is_symlink()
    assert not (tmp_path / "in/ds/pipe").exists()


@pytest.mark.weakness(38)
def test_an_id_or_key_that_climbs_out_is_a_row(hub, tmp_path):
    sound = hub.file("a.tif")
    evil = hub.file("evil.tif").href
    hub.publish(
        "ds",
        [
            item("a", {"image": sound.href, "../../../../evil": evil}),
            item("../../../escaped", {"image": evil}),
        ],
    )
    folder = tmp_path / "1/2/3"

    with pytest.raises(OSError, match=r"err_report\.csv"):
        Dataset.fetch("ds").download(folder)

    inside = folder / "ds"
    assert (inside / "scenes/a/image.tif").read_bytes() == sound.content
    assert [path for path in tmp_path.rglob("*.tif") if inside not in path.parents] == []


@pytest.mark.weakness(39)
def test_the_profiles_file_is_for_its_owner_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    CliRunner().invoke(mlhub, ["configure", "--api-key", SECRET], catch_exceptions=False)

    assert stat.S_IMODE((tmp_path / "home/profiles").stat().st_mode) == 0o600


@pytest.mark.weakness(39)
def test_the_question_before_overwriting_never_shows_a_whole_key(tmp_path, monkeypatch):
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    (tmp_path / "profiles").write_text("[default]\napi_key = abc123\n")

    asked = CliRunner().invoke(mlhub, ["configure", "--api-key", "other"], input="n\n")

    assert "Overwrite existing API Key" in asked.output
    assert "abc123" not in asked.output


@pytest.mark.weakness(40)
@pytest.mark.parametrize("name", ["a?b#c", "a b/c", "100%25"])
def test_an_id_is_one_segment_of_the_path_whatever_it_holds(hub, name):
    hub.collections[name] = collection(name)

    assert within(5, lambda: get_collection(name))["id"] == name
    assert [r.path.count("/") for r in hub.api.requests] == [4]


@pytest.mark.weakness(40)
def test_an_id_that_climbs_reaches_no_other_endpoint(hub):
    with pytest.raises(MLHubException):
        within(5, lambda: get_collection("../datasets"))

    assert [r.path for r in hub.api.requests if r.path.endswith("/datasets")] == []


@pytest.mark.weakness(40)
def test_a_doi_with_odd_characters_is_found(hub):
    """An old Wiley DOI."""
    doi = "10.1002/(SICI)1096-8644(199601)99:1<1::AID?X#1>3.0.CO;2-1"
    hub.datasets["ds"] = {"id": "ds", "collections": [], "doi": doi}

    assert within(5, lambda: get_dataset(doi))["id"] == "ds"


@pytest.mark.weakness(41)
@pytest.mark.not_under_the_original("it is about what a repository holds, not about what a client does")
def test_no_recorded_token_lies_in_this_repository():
    """Download tokens of the old hub are Fernet tokens: gAAAAA and at least 100 characters."""
    root = Path(__file__).parents[2]
    token = re.compile(rb"gAAAAA[A-Za-z0-9_-]{90,}")

    holding = []
    for folder in ("src", "tests", "docs", "benchmarks"):
        for path in (root / folder).rglob("*"):
            if path.is_file() and token.search(path.read_bytes()):
                holding.append(os.fspath(path))

    assert holding == []


@pytest.mark.weakness(36)
def test_the_key_does_not_follow_to_the_archive_of_a_collection(hub, tmp_path):
    """torchgeo's use, with the key given twice."""
    hub.archive("scenes", size_bytes=1000)

    Collection.fetch("scenes", api_key=SECRET).download(output_dir=tmp_path, api_key=SECRET)

    assert [r for r in hub.blobs.requests if SECRET in r.query] == []
