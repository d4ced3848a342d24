"""A download into a bucket: the same tree, whole objects or none, nothing sent twice, nothing kept here."""

import json
import sqlite3
from urllib.parse import urlencode

import pytest
import requests

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DirectoryUnusable, DownloadFailed, InvalidArgument
from support import azurite, moto_server
from support.fault_server import FaultServer
from support.moto_server import KEYS
from support.scripted_hub import ScriptedHub, item
from support.wire import Response

BUCKET = "training"
MIB = 1024 * 1024


@pytest.fixture(scope="module")
def s3(tmp_path_factory):
    pytest.importorskip("obstore", reason="obstore, which uploads, is not installed (make .venv/.servers)")
    with moto_server.running(tmp_path_factory.mktemp("moto")) as server:
        server.bucket(BUCKET)
        yield server


@pytest.fixture
def hub(monkeypatch):
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub


@pytest.fixture
def credentials(s3, monkeypatch):
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": s3.url, "AWS_REGION": "us-east-1"}.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def stored(s3):
    """What lies below a prefix of the bucket: key without the prefix to content."""

    def below(prefix):
        found = s3.client.list_objects_v2(Bucket=BUCKET, Prefix=f"{prefix}/").get("Contents", [])
        keys = [each["Key"] for each in found]
        return {
            key.removeprefix(f"{prefix}/"): s3.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
            for key in keys
        }

    return below


class Refusing(FaultServer):
    """A bucket's server as ``url`` has it, but for one object, which nobody may put."""

    def __init__(self, url, refused):
        super().__init__()
        self._behind = url
        self._refused = refused
        self.route("*", "/", self._passed_on)

    def _passed_on(self, request):
        if request.method == "PUT" and request.path.endswith(self._refused):
            return Response(
                403, {"Content-Type": "application/xml"}, b"<Error><Code>AccessDenied</Code></Error>"
            )
        query = f"?{urlencode(request.args, doseq=True)}" if request.args else ""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        answer = requests.request(
            request.method,
            f"{self._behind}{request.path}{query}",
            data=request.body,
            headers=headers,
            timeout=30,
        )
        kept = {name: value for name, value in answer.headers.items() if name in ("Content-Type", "ETag")}
        return Response(answer.status_code, kept, answer.content)


def published(hub, sizes):
    scenes = {name: hub.file(f"{name}.tif", size_bytes=size) for name, size in sizes.items()}
    hub.publish("ds", [item(name, {"image": scene.href}) for name, scene in scenes.items()])
    return scenes


def assets_written(s3):
    """Every version of every asset that was ever put below ``again``."""
    found = s3.client.list_object_versions(Bucket=BUCKET, Prefix="again/")["Versions"]
    return sorted((each["Key"], each["VersionId"]) for each in found if each["Key"].endswith(".tif"))


def assets_of(content):
    return {key: value for key, value in content.items() if key.endswith(".tif")}


@pytest.mark.usefixtures("credentials")
def test_the_bucket_gets_the_tree_that_a_folder_gets(hub, stored, tmp_path):
    """A file of 20 MiB goes in parts; catalog, report and manifest lie beside the assets."""
    scenes = published(hub, {"a": 1000, "b": 20 * MIB, "c": 0})

    report = Dataset.fetch("ds").download(f"s3://{BUCKET}/data/", progress=False)

    there = stored("data")
    assert assets_of(there) == {
        f"ds/scenes/{name}/image.tif": scene.content for name, scene in scenes.items()
    }
    in_a_folder = Dataset.fetch("ds").download(tmp_path, progress=False)
    assert set(there) == {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    }
    assert (report.planned, report.fetched, report.failed) == (3, 3, 0)
    assert report.address == f"s3://{BUCKET}/data/ds"
    assert list(report.addresses) == [
        f"{report.address}/{path.relative_to(in_a_folder.folder).as_posix()}" for path in in_a_folder.paths
    ]
    assert str(report).endswith(f"in s3://{BUCKET}/data/ds")


@pytest.mark.usefixtures("credentials")
def test_no_asset_stays_on_this_machine(hub):
    published(hub, {"a": 1000, "b": 2000})

    report = Dataset.fetch("ds").download(f"s3://{BUCKET}/passing", progress=False)

    assert list(report.paths) == []
    assert list(report.folder.rglob("*.tif")) == []
    assert list(report.folder.rglob(".*.part")) == []


@pytest.mark.usefixtures("credentials")
def test_a_second_run_fetches_and_sends_nothing(hub, s3):
    published(hub, {"a": 1000, "b": 2000})
    s3.client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/again", progress=False)
    written = assets_written(s3)
    hub.blobs.requests.clear()

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/again", progress=False)

    assert (again.kept, again.fetched) == (2, 0)
    assert hub.asset_requests() == []
    assert len(written) == 2
    assert assets_written(s3) == written


@pytest.mark.usefixtures("credentials")
def test_what_somebody_deleted_from_the_bucket_comes_again(hub, s3, stored):
    scenes = published(hub, {"a": 1000, "b": 2000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/gone", progress=False)
    s3.client.delete_object(Bucket=BUCKET, Key="gone/ds/scenes/a/image.tif")
    s3.put(BUCKET, "gone/ds/scenes/b/image.tif", b"cut")

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/gone", progress=False)

    assert (again.kept, again.fetched) == (0, 2)
    assert assets_of(stored("gone")) == {
        f"ds/scenes/{name}/image.tif": scene.content for name, scene in scenes.items()
    }


@pytest.mark.usefixtures("credentials")
def test_what_was_fetched_and_did_not_get_there_is_not_fetched_again(hub, s3, stored, monkeypatch):
    """The bucket refuses it in the first run; in the second one it takes what waits here."""
    published(hub, {"a": 1000, "b": 2000})

    with Refusing(s3.url, "a/image.tif") as bucket, monkeypatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", bucket.url)
        with pytest.raises(DownloadFailed) as caught:
            Dataset.fetch("ds").download(f"s3://{BUCKET}/waiting", progress=False)

    report = caught.value.report
    assert (report.fetched, report.failed) == (1, 1)
    [failure] = report.failures
    assert (failure.item_id, failure.asset_key) == ("a", "image")
    assert failure.error.startswith(f"s3://{BUCKET}/waiting cannot be used: ")
    hub.blobs.requests.clear()

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/waiting", progress=False)

    assert (again.kept, again.fetched, again.failed) == (2, 0, 0)
    assert hub.asset_requests() == []
    assert len(assets_of(stored("waiting"))) == 2


@pytest.mark.usefixtures("credentials")
def test_the_manifest_in_the_bucket_is_whole(hub, stored, tmp_path):
    """It is put there last, and closed before."""
    published(hub, {"a": 1000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/ledger", progress=False)

    (tmp_path / "manifest.db").write_bytes(stored("ledger")["ds/mlhub_stac_assets.db"])

    with sqlite3.connect(tmp_path / "manifest.db") as manifest:
        assert manifest.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        put = manifest.execute("SELECT size_bytes FROM uploads WHERE save_path = 'scenes/a/image.tif'")
        assert put.fetchone() == (1000,)
    manifest.close()


@pytest.mark.usefixtures("credentials")
def test_filters_and_dry_runs_work_as_ever(hub, stored):
    old = item("old", {"image": hub.file("old.tif").href}, datetime="2019-01-01T00:00:00Z")
    new = item("new", {"image": hub.file("new.tif").href}, datetime="2020-01-01T00:00:00Z")
    hub.publish("ds", [old, new])

    plan = Dataset.fetch("ds").download(
        f"s3://{BUCKET}/filtered", datetime="2020-01-01", dry_run=True, progress=False
    )

    assert plan.planned == 1
    assert stored("filtered") == {}

    Dataset.fetch("ds").download(f"s3://{BUCKET}/filtered", datetime="2020-01-01", progress=False)

    assert list(assets_of(stored("filtered"))) == ["ds/scenes/new/image.tif"]


@pytest.mark.usefixtures("credentials")
def test_the_catalog_alone(hub, stored):
    published(hub, {"a": 1000})

    Dataset.fetch("ds").download(f"s3://{BUCKET}/catalog", catalog_only=True, progress=False)

    there = stored("catalog")
    assert json.loads(there["ds/scenes/a/a.json"])["id"] == "a"
    assert assets_of(there) == {}


@pytest.mark.usefixtures("credentials")
def test_a_bucket_that_is_not_there_is_told_before_any_asset_is_fetched(hub):
    published(hub, {"a": 1000})

    with pytest.raises(DirectoryUnusable, match="s3://nowhere/data cannot be used: "):
        Dataset.fetch("ds").download("s3://nowhere/data", progress=False)

    assert hub.asset_requests() == []


def test_without_credentials_it_is_told_which_are_wanted(hub, s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    published(hub, {"a": 1000})

    with pytest.raises(DirectoryUnusable) as caught:
        Dataset.fetch("ds").download(f"s3://{BUCKET}/data", progress=False)

    assert str(caught.value) == (
        f"s3://{BUCKET}/data cannot be written to without credentials. "
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
    )


def test_a_bucket_and_a_folder_for_assets_exclude_each_other(hub, tmp_path):
    published(hub, {"a": 1000})

    with pytest.raises(InvalidArgument, match="exclude each other"):
        Dataset.fetch("ds").download(f"s3://{BUCKET}/data", asset_output_dir=tmp_path, progress=False)


def test_a_container_of_azure(hub, monkeypatch, tmp_path):
    pytest.importorskip("obstore", reason="obstore, which uploads, is not installed (make .venv/.servers)")
    with azurite.running(tmp_path) as server:
        for name, value in {**server.variables, "AZURE_STORAGE_ACCOUNT_KEY": azurite.KEY}.items():
            monkeypatch.setenv(name, value)
        server.container(BUCKET)
        scenes = published(hub, {"a": 1000, "b": 9 * MIB})

        Dataset.fetch("ds").download(f"az://{BUCKET}/data", progress=False)

        container = server.client.get_container_client(BUCKET)
        for name, scene in scenes.items():
            blob = container.download_blob(f"data/ds/scenes/{name}/image.tif")
            assert blob.readall() == scene.content


@pytest.mark.usefixtures("credentials")
def test_what_waits_here_is_not_put_over_what_comes_anew(hub, s3, stored, monkeypatch):
    """A first run's file did not get there; then the file changes, and everything is asked for anew."""
    published(hub, {"a": 1000})
    with Refusing(s3.url, "a/image.tif") as bucket, monkeypatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", bucket.url)
        with pytest.raises(DownloadFailed):
            Dataset.fetch("ds").download(f"s3://{BUCKET}/anew", progress=False)
    changed = hub.file("a.tif", b"changed" * 100)

    report = Dataset.fetch("ds").download(f"s3://{BUCKET}/anew", if_exists="overwrite", progress=False)

    assert (report.fetched, report.failed) == (1, 0)
    assert assets_of(stored("anew")) == {"ds/scenes/a/image.tif": changed.content}
