"""Datasets: what is fetched, kept and asked only once."""

import json

import pytest

from radiant_mlhub import Collection, Dataset
from radiant_mlhub.exceptions import (
    AuthenticationError,
    DirectoryUnusable,
    EntityDoesNotExist,
    InvalidArgument,
    RequestRefused,
    UnexpectedAnswer,
)
from support.fault_server import FaultServer
from support.recorded import needs_recordings
from support.recorded_hub import recorded
from support.wire import Response

KEY = "key-of-the-tests-0123456789"
EXTENT = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[None, None]]}}


@pytest.fixture
def server(monkeypatch):
    """A hub that has the collections a, b and c."""
    with FaultServer() as running:
        monkeypatch.setenv("MLHUB_ROOT_URL", running.url)
        for name in "abc":
            offer(running, name)
        yield running


def offer(server, name, status=200, body=None):
    body = body or {"id": name, "description": name.upper(), "extent": EXTENT}
    answer = Response(status, {"Content-Type": "application/json"}, json.dumps(body).encode())
    server.route("GET", f"/collections/{name}", lambda _: answer)


def dataset(**types):
    return Dataset("ds", [{"id": name, "types": told} for name, told in types.items()], api_key=KEY)


def ids(collections):
    return [collection.id for collection in collections]


@needs_recordings
@pytest.mark.parametrize(
    "fetch",
    [
        lambda key: Dataset.fetch("nasa_marine_debris", api_key=key),
        lambda key: Dataset.fetch_by_id("nasa_marine_debris", api_key=key),
        lambda key: Dataset.fetch_by_doi("10.34911/rdnt.9r6ekg", api_key=key),
        lambda key: next(d for d in Dataset.list(api_key=key) if d.id == "nasa_marine_debris"),
    ],
)
def test_the_key_travels_to_every_later_call(hub, fetch):
    """No key is configured: each request below has the one of the first call."""
    found = fetch(hub.key)

    assert ids(found.collections) == ["nasa_marine_debris_source", "nasa_marine_debris_labels"]
    assert found.stac_catalog_size == 263_582
    assert found.collections[0].archive_size is None
    assert {r.args["key"][0] for r in hub.api.requests} == {hub.key}


@needs_recordings
def test_the_key_of_the_object_serves_its_download(hub, tmp_path):
    """``Dataset.fetch(key).download()`` needs no key again; an own one of the call wins."""
    found = Dataset.fetch("nasa_marine_debris", api_key=hub.key)

    found.download(tmp_path, catalog_only=True, progress=False)
    found.download(tmp_path, catalog_only=True, progress=False, if_exists="overwrite", api_key="another")

    keys = [r.args["key"][0] for r in hub.api.requests if r.path.endswith("catalog/nasa_marine_debris")]
    assert keys == [hub.key, "another"]


@needs_recordings
def test_sizes_are_one_request(hub):
    """Both come with one answer, asked for once."""
    found = Dataset.fetch("nasa_marine_debris", api_key=hub.key)

    assert (found.stac_catalog_size, found.estimated_dataset_size, found.stac_catalog_size) == (
        263_582,
        77_207_762,
        263_582,
    )

    assert hub.paths().count("/catalog/nasa_marine_debris/info") == 1


@needs_recordings
def test_fields_of_the_api_are_within_reach():
    """Those the constructor has no parameter for, too."""
    answer = recorded("datasets__nasa_marine_debris.json")

    found = Dataset(**answer)

    assert found.registry_url == "https://mlhub.earth/data/nasa_marine_debris"
    assert found.tags == ["marine debris", "planetscope", "segmentation"]
    assert found.description == answer["description"]
    assert found.documentation_link == answer["documentation_link"]
    assert found.bbox == answer["bbox"]
    assert found.publications == []
    assert found.extra_fields["status"] == "ready"
    assert str(found) == f"nasa_marine_debris: {answer['title']}"
    assert repr(found) == f"<Dataset id=nasa_marine_debris title={answer['title']!r} collections=2>"


def test_a_dataset_without_a_title_has_a_text():
    """As the documentation's client prints it."""
    assert str(Dataset("ds", [])) == "ds: None"


def test_collections_are_a_list(server):
    """With slices, ``+`` and ``index``, in the dataset's order, and fetched once."""
    found = dataset(a=["source_imagery"], b=["labels"], c=["source_imagery", "labels"])

    collections = found.collections

    assert isinstance(collections, list)
    assert ids(collections) == ["a", "b", "c"]
    assert ids(collections[0:2]) == ["a", "b"]
    assert ids(collections + collections[:1]) == ["a", "b", "c", "a"]
    assert collections.index(collections[1]) == 1
    assert ids(collections.source_imagery) == ["a", "c"]
    assert ids(collections.labels) == ["b", "c"]
    assert repr(collections) == "[<Collection id=a>, <Collection id=b>, <Collection id=c>]"
    assert found.collections is collections
    assert len(server.requests) == 3


def test_one_missing_collection_leaves_the_others(server):
    """It is named in a warning, its error is kept, and it is not asked for again."""
    found = dataset(a=["labels"], gone=["labels"], b=["source_imagery"])
    offer(server, "gone", status=404)

    with pytest.warns(UserWarning, match='"gone" of dataset "ds" is left out'):
        collections = found.collections

    assert ids(collections) == ["a", "b"]
    assert isinstance(collections.missing["gone"], EntityDoesNotExist)
    assert found.collections is collections


def test_one_unreadable_collection_leaves_the_others(server):
    """JSON that is no collection is the fault of that one alone."""
    offer(server, "b", body={"type": "Feature"})

    with pytest.warns(UserWarning, match="cannot be read"):
        collections = dataset(a=["labels"], b=["labels"]).collections

    assert ids(collections) == ["a"]
    assert isinstance(collections.missing["b"], UnexpectedAnswer)


def test_what_fails_for_now_is_asked_for_again(server):
    """A refusal that may pass is not kept."""
    offer(server, "b", status=400)
    found = dataset(a=["labels"], b=["labels"])
    with pytest.warns(UserWarning, match="left out"):
        assert isinstance(found.collections.missing["b"], RequestRefused)

    offer(server, "b")

    assert ids(found.collections) == ["a", "b"]


def test_where_nothing_can_be_fetched_the_error_comes(server):
    """An empty list would hide that the key is wrong."""
    for name in "ab":
        offer(server, name, status=401)

    with pytest.raises(AuthenticationError):
        _ = dataset(a=["labels"], b=["labels"]).collections


def test_collections_that_were_deleted_are_fetched_again(server):
    """The documented way to have changed descriptions looked at."""
    some = dataset(a=["labels"])
    assert ids(some.collections) == ["a"]
    some.collection_descriptions.append({"id": "b", "types": ["labels"]})
    assert ids(some.collections) == ["a"]

    del some.collections

    assert ids(some.collections) == ["a", "b"]


@pytest.mark.parametrize(("told", "fault"), [(["radar"], "unknown type 'radar'"), (None, "no type")])
def test_an_unknown_type_is_told_and_kept(server, told, fault):
    """The collection is in the main list, in neither of the others."""
    with pytest.warns(UserWarning, match=fault):
        collections = dataset(a=told, b=["labels"]).collections

    assert ids(collections) == ["a", "b"]
    assert ids(collections.labels) == ["b"]
    assert collections.source_imagery == []


def test_a_dataset_may_have_no_collections(no_sockets):
    """Then there is nothing to ask."""
    assert Dataset("ds", [], api_key=KEY).collections == []


def test_one_broken_dataset_leaves_the_others_in_the_list(server):
    """It is named in a warning."""
    body = json.dumps([{"id": "a", "collections": []}, {"id": "b"}]).encode()
    server.route("GET", "/datasets", lambda _: Response(200, {"Content-Type": "application/json"}, body))

    with pytest.warns(UserWarning, match='Dataset "b"'):
        datasets = Dataset.list(api_key=KEY)

    assert [d.id for d in datasets] == ["a"]


def test_old_scripts_ask_for_the_archives_size(server):
    """The sum of the collections' archives, and a warning that names what took its place."""
    for name, size in {"a": 5, "b": 7}.items():
        body = json.dumps({"collection": name, "size": size}).encode()
        server.route("GET", f"/archive/{name}/info", lambda _, b=body: Response(200, {}, b))

    with pytest.warns(DeprecationWarning, match="estimated_dataset_size"):
        assert dataset(a=["labels"], b=["labels"]).total_archive_size == 12


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        (
            {"bbox": [0, 0, 1, 1], "intersects": {}},
            InvalidArgument,
            "Provider either bbox or intersects option",
        ),
        (
            {"intersects": {"type": "Feature"}},
            InvalidArgument,
            "intersects must be geojson with a geometry property",
        ),
        ({"if_exists": "bogus"}, InvalidArgument, "if_exists"),
        ({"output_dir": __file__}, DirectoryUnusable, "output_dir is not directory."),
        ({"asset_output_dir": __file__}, DirectoryUnusable, "asset_output_dir is not directory."),
    ],
)
def test_wrong_arguments_are_told_before_a_missing_key(tmp_path, monkeypatch, arguments, error, text):
    """And before any request: no hub is there, and no key."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(error) as raised:
        Dataset("ds", []).download(**arguments)

    assert str(raised.value).startswith(text)
    assert list(tmp_path.iterdir()) == []


@needs_recordings
def test_every_filter_reaches_the_download(hub, tmp_path):
    """A dry run with a key filter plans the recorded catalog's 706 label files."""
    found = Dataset.fetch("nasa_marine_debris", api_key=hub.key)

    report = found.download(
        tmp_path,
        collection_filter={"nasa_marine_debris_labels": ["labels"]},
        dry_run=True,
        progress=False,
        max_connections=4,
    )

    assert (report.planned, report.fetched) == (706, 0)
    assert hub.files.requests_of("/mlhub/nasa-marine-debris/documentation.pdf") == []


def test_collections_of_a_subclass_are_collections(server):
    """What comes back is this package's class, not pystac's."""
    assert type(dataset(a=["labels"]).collections[0]) is Collection
