"""Errors say what happened, soon, and under one base class; what can be tried again is."""

import json
import time

import pytest
import requests

from radiant_mlhub import Collection, Dataset, MLModel, get_session
from radiant_mlhub.client import (
    download_collection_archive,
    get_dataset_by_id,
    list_collection_items,
    list_collections,
    list_datasets,
    list_models,
)
from radiant_mlhub.exceptions import AuthenticationError, EntityDoesNotExist, MLHubException
from support.fault_server import FaultServer
from support.faults import Fault
from support.scripted_hub import collection, item
from support.time_limits import within
from support.wire import Response


@pytest.mark.weakness(1)
def test_a_wrong_id_is_said_at_once_and_asked_for_once(hub):
    """404 is an answer, not a fault."""
    with pytest.raises(EntityDoesNotExist, match=r'Dataset "no_such" does not exist\.'):
        within(5, lambda: Dataset.fetch("no_such"))

    assert len(hub.api.requests) == 1


@pytest.mark.weakness(2)
@pytest.mark.parametrize("status", [500, 429])
def test_a_hub_that_keeps_refusing_raises_the_documented_error(hub, status):
    """MLHubException as documented, not an error of the library below; Retry-After is heeded."""
    hub.answer("datasets/ds", status, Retry_After="0")

    with pytest.raises(MLHubException, match=str(status)):
        within(8, lambda: get_dataset_by_id("ds"))


@pytest.mark.weakness(3)
def test_the_size_of_an_archive_that_is_not_there_is_none(hub):
    hub.collections["scenes"] = collection("scenes")

    assert within(5, lambda: Collection.fetch("scenes").archive_size) is None


@pytest.mark.weakness(4)
def test_dead_links_do_not_hold_up_the_rest(hub, tmp_path):
    """Three of five assets are gone: two arrive, three rows are written, all of it soon."""
    alive = [hub.file(f"alive{n}.tif") for n in range(2)]
    dead = [f"{hub.blobs.url}/files/dead{n}.tif" for n in range(3)]
    hrefs = [scene.href for scene in alive] + dead
    hub.publish("ds", [item(f"i{n}", {"image": href}) for n, href in enumerate(hrefs)])

    with pytest.raises(OSError, match=r"err_report\.csv"):
        within(5, lambda: Dataset.fetch("ds").download(tmp_path))

    assert (tmp_path / "ds/scenes/i1/image.tif").read_bytes() == alive[1].content
    assert len((tmp_path / "ds/err_report.csv").read_text().splitlines()) == 3


@pytest.mark.weakness(5)
def test_retries_do_not_march_in_step(hub, tmp_path):
    """Files that fail together wait for different times before they ask again."""
    asked = {}

    def busy_three_times(request):
        times = asked.setdefault(request.path, [])
        times.append(time.monotonic())
        return Response(503) if len(times) <= 3 else Response(200, {"Accept-Ranges": "bytes"}, b"late")

    hub.blobs.route("GET", "/files", busy_three_times)
    files = [f"{hub.blobs.url}/files/{n}.tif" for n in range(12)]
    hub.publish("ds", [item(f"i{n}", {"image": href}) for n, href in enumerate(files)])

    within(30, lambda: Dataset.fetch("ds").download(tmp_path))

    # The last wait is the longest; a few threads in step differ by milliseconds only.
    waits = [times[3] - times[2] for times in asked.values()]
    assert len(waits) == len(files)
    assert max(waits) - min(waits) > 0.1 * max(waits)


@pytest.mark.weakness(6)
def test_a_reset_in_the_middle_of_an_asset_is_no_failure(hub, tmp_path):
    scene = hub.file("a.tif", size_bytes=200_000, faults=[Fault(reset_after=100_000)])
    hub.publish("ds", [item("a", {"image": scene.href})])

    within(20, lambda: Dataset.fetch("ds").download(tmp_path))

    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == scene.content


@pytest.mark.weakness(6)
def test_a_reset_in_the_middle_of_an_archive_is_no_failure(hub, tmp_path):
    scene = hub.archive("scenes", size_bytes=200_000, faults=[Fault(reset_after=100_000)])

    path = within(20, lambda: download_collection_archive("scenes", tmp_path))

    assert path.read_bytes() == scene.content


@pytest.mark.weakness(7)
def test_no_request_waits_without_a_limit(hub, tmp_path, monkeypatch):
    """Each request is sent with a bound on connecting and on silence, in seconds.

    The defaults are too long to wait for in a test, so the bound is read where both
    clients hand it over: at the adapter of requests.
    """
    limits = []
    send = requests.adapters.HTTPAdapter.send

    def noted(self, request, *args, **options):
        limits.append((request.url, options["timeout"]))
        return send(self, request, *args, **options)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noted)
    scene = hub.file("a.tif")
    hub.publish("ds", [item("a", {"image": scene.href})])

    Dataset.fetch("ds").download(tmp_path)

    assert limits
    assert [url for url, limit in limits if limit is None] == []


@pytest.mark.weakness(8)
def test_a_page_instead_of_an_answer_is_named(hub):
    """A login page or a retired host answers HTML: an error of ours says that it is no hub's answer."""
    hub.answer("datasets", 200, b"<html><body>Sign in</body></html>", Content_Type="text/html")

    with pytest.raises(MLHubException) as raised:
        Dataset.list()

    assert "text/html" in str(raised.value) or "HTML" in str(raised.value)


@pytest.mark.weakness(9)
def test_403_of_the_hub_is_about_the_key(hub):
    hub.answer("datasets/ds", 403, {"detail": "not yours"})

    with pytest.raises(AuthenticationError):
        Dataset.fetch("ds")


@pytest.mark.weakness(9)
def test_401_of_another_host_is_not_about_the_key_of_the_hub(hub):
    with FaultServer() as other:
        other.route("GET", "/", lambda _: Response(401))

        with pytest.raises(requests.HTTPError) as raised:
            get_session().get(f"{other.url}/private")

    assert not isinstance(raised.value, AuthenticationError)


def no_answer_is_json(hub, folder):
    hub.answer("models", 200, b"not json")
    MLModel.list()


def the_profiles_file_is_broken(hub, folder):
    get_session(profile="mine")


def a_request_is_refused(hub, folder):
    hub.answer("anything", 400)
    get_session().get("anything")


def an_argument_cannot_be_meant(hub, folder):
    hub.publish("ds")
    Dataset.fetch("ds").download(folder, if_exists="perhaps")


def a_folder_is_a_file(hub, folder):
    hub.publish("ds")
    Dataset.fetch("ds").download(__file__)


def the_filters_leave_nothing(hub, folder):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href})])
    Dataset.fetch("ds").download(folder, bbox=[0, 0, 1, 1])


def an_asset_does_not_arrive(hub, folder):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif", status=400).href})])
    Dataset.fetch("ds").download(folder)


FAILURES = [
    no_answer_is_json,
    the_profiles_file_is_broken,
    a_request_is_refused,
    an_argument_cannot_be_meant,
    a_folder_is_a_file,
    the_filters_leave_nothing,
    an_asset_does_not_arrive,
]


@pytest.mark.weakness(10)
@pytest.mark.parametrize("failure", FAILURES)
def test_one_class_catches_every_error(hub, failure, tmp_path, monkeypatch):
    """Whoever catches MLHubException catches all that a user can cause."""
    monkeypatch.setenv("MLHUB_HOME", str(tmp_path))
    (tmp_path / "profiles").write_text("api_key = without a section\n")
    if failure is the_profiles_file_is_broken:
        monkeypatch.delenv("MLHUB_API_KEY")

    with pytest.raises(MLHubException):
        failure(hub, tmp_path)


LISTS = [
    ("datasets", list_datasets),
    ("collections", list_collections),
    ("collections/scenes/items", lambda: list(list_collection_items("scenes"))),
    ("models", list_models),
]


@pytest.mark.weakness(11)
@pytest.mark.parametrize(("path", "call"), LISTS, ids=[path for path, _ in LISTS])
def test_lists_map_errors_like_every_other_call(hub, path, call):
    hub.answer(path, 400, json.dumps({"detail": "no"}).encode())

    with pytest.raises(MLHubException, match="400"):
        call()
