"""The documented door to a download: a configuration, a callable, and what stays usable after it."""

import csv
import time

import pytest
from pydantic import ValidationError
from requests.adapters import HTTPAdapter

from radiant_mlhub import Dataset, get_session
from radiant_mlhub.client import CatalogDownloader, CatalogDownloaderConfig
from radiant_mlhub.client.catalog_downloader import COMMON_ASSET_NAMES, AssetRecord
from radiant_mlhub.download.whole import carried_by
from radiant_mlhub.exceptions import AuthenticationError, DirectoryUnusable, HubRetired, TransferFailed
from radiant_mlhub.session import Session
from support.fault_server import FaultServer
from support.scripted_hub import ScriptedHub, item
from support.small_hub import html_response
from support.wire import Response


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        hub.publish("ds", [item("a", {"image": hub.file("1.tif").href})])
        yield hub


def config(folder, **fields):
    return CatalogDownloaderConfig(
        dataset_id="ds", output_dir=folder, mlhub_api_session=get_session(), progress=False, **fields
    )


def test_its_documented_attributes_are_there_and_usable_after_a_run(hub, tmp_path):
    downloader = CatalogDownloader(config(tmp_path))

    report = downloader()

    assert report.fetched == 1
    assert downloader.catalog_file == tmp_path / "ds.tar.gz"
    assert downloader.work_dir == downloader.asset_dir == tmp_path / "ds"
    assert downloader.err_report_path == tmp_path / "ds/err_report.csv"
    query = "SELECT COUNT(DISTINCT asset_save_path) FROM assets WHERE filtered = 0"
    assert downloader.db_cur.execute(query).fetchone() == (1,)
    downloader.err_writer.writerow(["a row of the caller's"])
    downloader.err_report.close()
    downloader.db_conn.close()
    with downloader.err_report_path.open(newline="") as file:
        assert list(csv.reader(file)) == [["a row of the caller's"]]


def test_rows_of_the_view_have_the_documented_fields(hub, tmp_path):
    """Thirteen of them, in the order in which the original's table had its twelve."""
    downloader = CatalogDownloader(config(tmp_path))
    downloader()

    cursor = downloader.db_conn.execute("SELECT * FROM assets")
    names = [column[0] for column in cursor.description]
    downloader.db_conn.close()

    assert names == [
        "collection_id",
        "item_id",
        "asset_key",
        "asset_url",
        "asset_save_path",
        "filtered",
        "common_asset",
        "bbox_json",
        "geometry_json",
        "single_datetime",
        "start_datetime",
        "end_datetime",
        "rowid",
    ]
    assert set(AssetRecord.__annotations__) == set(names)
    assert COMMON_ASSET_NAMES == ["documentation", "readme", "test_split", "train_split", "validation_split"]


@pytest.mark.parametrize(
    "wrong", [{"bbox": [0, 0, 1]}, {"temporal_query": "yesterday"}, {"asset_output_dir": ""}]
)
def test_a_wrong_field_is_the_documented_value_error(hub, tmp_path, wrong):
    """pydantic's ValidationError is a ValueError; nothing was asked of the hub."""
    with pytest.raises(ValidationError) as caught:
        config(tmp_path, **wrong)

    assert isinstance(caught.value, ValueError)
    assert hub.api.requests == []


@pytest.mark.parametrize("folder", ["", "s3://bucket/prefix"])
def test_a_folder_that_is_none_is_refused_before_it_becomes_a_path(hub, folder):
    with pytest.raises(ValidationError, match="output_dir is"):
        config(folder)


def test_a_file_in_place_of_the_folder_is_the_documented_os_error(hub, tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(DirectoryUnusable, match="output_dir is not directory"):
        config(tmp_path / "file")


def test_what_is_selected_is_asked_of_it_too(hub, tmp_path):
    """Checked when it is made, as all its fields are."""
    selected = {"assets": ["image"], "ids": ["a"], "filter": "id = 'a'", "sample": 1.0, "max_items": 2}

    report = CatalogDownloader(config(tmp_path, **selected, seed=3))()

    assert report.fetched == 1
    assert report.removed_by_filter == dict.fromkeys(["assets", "ids", "filter", "sample", "max_items"], 0)
    for name in ("assets", "ids", "filter", "sample", "max_items"):
        with pytest.raises(ValueError, match=f"{name} is 0; "):
            config(tmp_path, **{name: 0})


def test_a_session_of_the_callers_own_carries_every_request(hub, tmp_path):
    """Its hooks, adapters, auth and mocks see the catalog and the assets too."""
    seen = []
    session = get_session()
    session.hooks["response"].append(lambda response, **_: seen.append(response.url.partition("?")[0]))

    CatalogDownloader(
        CatalogDownloaderConfig(
            dataset_id="ds", output_dir=tmp_path, mlhub_api_session=session, progress=False
        )
    )()

    assert any("/catalog/ds" in url for url in seen)
    assert any(url.endswith("/files/1.tif") for url in seen)


def test_headers_of_a_session_of_the_callers_own_go_along(hub, tmp_path):
    """A gateway in front of a hub may want one."""
    session = get_session()
    session.headers["X-Gateway"] = "open"

    CatalogDownloader(
        CatalogDownloaderConfig(
            dataset_id="ds", output_dir=tmp_path, mlhub_api_session=session, progress=False
        )
    )()

    assert [each.headers.get("X-Gateway") for each in hub.api.requests] == ["open"]


@pytest.mark.parametrize(
    "change",
    [
        lambda session: session.headers.update({"X-Gateway": "open"}),
        lambda session: session.params.update(tenant="a"),
        lambda session: session.cookies.set("sid", "1"),
        lambda session: session.mount("https://", HTTPAdapter(max_retries=9)),
        lambda session: session.mount("https://hub.example", HTTPAdapter()),
        lambda session: vars(session).update(auth=("me", "secret")),
        lambda session: vars(session).update(trust_env=False),
        lambda session: vars(session).update(verify=False),
        lambda session: vars(session).update(cert="client.pem"),
        lambda session: session.proxies.update(http="http://127.0.0.1:3128"),
    ],
)
def test_what_makes_a_session_its_owners(change):
    """Then it carries every request itself; a plain one leaves that to the engine."""
    with get_session(profile="__anonymous__") as session, get_session(api_key="k") as with_a_key:
        assert carried_by(session) is carried_by(with_a_key) is None

        change(session)

        assert carried_by(session) is session


def test_a_configuration_does_not_show_its_key(hub, tmp_path):
    shown = config(tmp_path, api_key="secret-key-0123456789abcdef")

    assert "secret" not in repr(shown) + str(shown)
    assert shown.api_key == "secret-key-0123456789abcdef"


def test_a_session_of_the_callers_own_sends_no_key_to_other_hosts(hub, tmp_path):
    session = get_session(api_key="secret-key-0123456789abcdef")
    session.hooks["response"].append(lambda response, **_: None)

    CatalogDownloader(
        CatalogDownloaderConfig(
            dataset_id="ds", output_dir=tmp_path, mlhub_api_session=session, progress=False
        )
    )()

    assert all("secret" not in str(each.query) + str(each.headers) for each in hub.blobs.requests)
    assert any("secret" in str(each.query) for each in hub.api.requests)


@pytest.fixture(params=["gone", "parked"])
def retired_host(request, monkeypatch):
    """The documented default: its name resolves no more, or belongs to somebody else."""
    with FaultServer() as parked:
        parked.route("*", "/", lambda _: html_response())
        default = "https://api.radiant.invalid/" if request.param == "gone" else f"{parked.url}/mlhub/v1/"
        monkeypatch.setattr(Session, "DEFAULT_ROOT_URL", default)
        yield


def test_the_retired_host_is_told_within_seconds(retired_host, tmp_path):
    """Also where a download is the first call."""
    started_s = time.monotonic()

    with pytest.raises(HubRetired, match="was switched off in October 2023"):
        Dataset("ds", []).download(tmp_path, api_key="a-key-of-the-tests", progress=False)

    assert time.monotonic() - started_s < 5


def test_a_hub_at_the_documented_address_is_a_hub(monkeypatch, hub, tmp_path):
    """Whoever answers there as one is asked like any other, whatever its root page says."""
    monkeypatch.setattr(Session, "DEFAULT_ROOT_URL", hub.root_url)
    monkeypatch.delenv("MLHUB_ROOT_URL")

    assert CatalogDownloader(config(tmp_path))().fetched == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_hub_that_refuses_the_key_of_a_download_says_so(hub, tmp_path, status):
    """As every other call does, with what to do about it."""
    hub.answer("catalog/ds", status, {"detail": "Must provide API key"})

    with pytest.raises(AuthenticationError, match=r"^Authentication failed. API Key: \*\*\*\*ests") as error:
        CatalogDownloader(config(tmp_path))()

    assert any("mlhub configure" in note for note in error.value.__notes__)


def test_a_store_that_refuses_the_catalog_says_nothing_about_the_key(hub, tmp_path):
    hub.blobs.route("*", "/refused", lambda _: Response(403))
    hub.answer("catalog/ds", 303, Location=f"{hub.blobs.url}/refused")

    with pytest.raises(TransferFailed, match="403"):
        CatalogDownloader(config(tmp_path))()


@pytest.mark.parametrize("is_plain", [True, False])
def test_a_key_that_the_hub_writes_into_a_redirect_does_not_follow_it(hub, tmp_path, is_plain):
    """Under whatever name: the store must not see it."""
    key = "secret-key-0123456789abcdef"
    archive = hub.publish("ds", [item("a", {"image": hub.file("2.tif").href})]).href
    hub.answer("catalog/ds", 303, Location=f"{archive}?k={key}&part=1")
    session = get_session(api_key=key)
    if not is_plain:
        session.hooks["response"].append(lambda response, **_: None)

    CatalogDownloader(
        CatalogDownloaderConfig(
            dataset_id="ds", output_dir=tmp_path, mlhub_api_session=session, progress=False
        )
    )()

    asked = [each for each in hub.blobs.requests if each.path.endswith("ds.tar.gz")]
    assert asked
    assert all(key not in str(each.query) for each in asked)
    assert any("part" in str(each.query) for each in asked)
