"""A download into a bucket: the same tree, whole objects or none, nothing kept here."""

import json
import sqlite3
import threading
import time

import pytest
from click.testing import CliRunner

from radiant_mlhub import Dataset, verify
from radiant_mlhub.cli import mlhub
from radiant_mlhub.exceptions import DirectoryUnusable, DownloadStopped, InvalidArgument, NotADownload
from support import azurite
from support.bucket_downloads import BUCKET, assets_of, published
from support.fault_server import FaultServer
from support.scripted_hub import item
from support.wire import Response

MIB = 1024 * 1024


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
def test_a_dataset_brings_its_own_archive_alone(hub, written):
    """Two of them below one address: what belongs to the other is not put again."""
    published(hub, {"a": 1000})
    hub.publish("other", [item("b", {"image": hub.file("b.tif").href})])
    Dataset.fetch("ds").download(f"s3://{BUCKET}/both", progress=False)
    once = written("both")

    Dataset.fetch("other").download(f"s3://{BUCKET}/both", progress=False)

    assert {key for key in written("both") - once if not key.startswith("other/")} == {"other.tar.gz"}


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
def test_what_is_verified_is_a_copy_of_the_bucket(hub, stored, tmp_path):
    published(hub, {"a": 1000, "b": 0})
    report = Dataset.fetch("ds").download(f"s3://{BUCKET}/copied", progress=False)

    for folder in (report.folder, report.folder.parent):
        with pytest.raises(NotADownload, match="is not here: it lies in a bucket"):
            verify(folder, repair=True, progress=False)
    for place, content in stored("copied").items():
        path = tmp_path / "copy" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    copy = verify(tmp_path / "copy", progress=False)

    assert (copy.checked, copy.right) == (3, 3)
    assert list(report.folder.rglob("*.tif")) == []


@pytest.mark.usefixtures("credentials")
def test_the_command_names_the_bucket_and_no_folder_to_verify(hub, monkeypatch):
    hub.publish("ds", [item("a", {"image": hub.file("none.tif", status=404).href})])
    hub.publish("whole", [item("a", {"image": hub.file("a.tif").href})])

    done, failed = (
        CliRunner().invoke(mlhub, ["download", name, "-o", f"s3://{BUCKET}/command"])
        for name in ("whole", "ds")
    )

    assert done.exit_code == 0
    assert done.stdout.endswith(f"in s3://{BUCKET}/command/whole\n")
    assert done.stderr == ""
    assert failed.exit_code == 7
    assert f"the rest is in s3://{BUCKET}/command/ds." in failed.stderr


@pytest.mark.usefixtures("credentials")
def test_the_command_speaks_of_no_folder_where_the_bucket_refuses(hub):
    published(hub, {"a": 1000})

    refused = CliRunner().invoke(mlhub, ["download", "ds", "-o", "s3://nobody-made-this-bucket/data"])

    assert refused.exit_code == 1
    assert refused.stderr == (
        "Error: s3://nobody-made-this-bucket/data cannot be used: there is no such bucket\n"
        "hint: to another folder: --output DIR\n"
    )


@pytest.mark.usefixtures("credentials")
def test_the_question_before_a_large_download_speaks_of_no_disk(hub):
    pytest.importorskip("pty", reason="pseudo-terminals are POSIX's")
    from support.terminal import Terminal

    published(hub, {"a": 1000})
    hub.answer(
        "catalog/ds/info",
        body={"dataset": "ds", "stac_catalog_size": 1, "estimated_dataset_size": 24_000_000_000},
    )

    with Terminal("download", "ds", "-o", f"s3://{BUCKET}/large") as terminal:
        terminal.wait_for("About 24.0 GB in 1 file would come. Go on? [y/N]: ")
        terminal.type("n\n")
        assert terminal.exit_code() == 1


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
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_bucket_that_answers_late_is_not_waited_for_once_cancelled(hub, monkeypatch, dry_run):
    """It does so before anything is fetched, when it is asked what it holds."""
    published(hub, {"a": 1000})
    cancel, is_over = threading.Event(), threading.Event()

    def late(_):
        cancel.set()
        is_over.wait(timeout=30)
        return Response(404)

    with FaultServer() as bucket:
        bucket.route("*", "/", late)
        monkeypatch.setenv("AWS_ENDPOINT_URL", bucket.url)
        began = time.monotonic()
        with pytest.raises(DownloadStopped):
            Dataset.fetch("ds").download(
                f"s3://{BUCKET}/late", dry_run=dry_run, cancel=cancel, progress=False
            )
        seconds = time.monotonic() - began
        is_over.set()

    assert seconds < 15
    assert hub.asset_requests() == []


@pytest.mark.usefixtures("credentials")
def test_the_catalog_alone(hub, stored):
    published(hub, {"a": 1000})

    Dataset.fetch("ds").download(f"s3://{BUCKET}/catalog", catalog_only=True, progress=False)

    there = stored("catalog")
    assert json.loads(there["ds/scenes/a/a.json"])["id"] == "a"
    assert assets_of(there) == {}


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_bucket_that_is_not_there_is_told_before_any_asset_is_fetched(hub, dry_run):
    published(hub, {"a": 1000})

    with pytest.raises(DirectoryUnusable, match="s3://nowhere/data cannot be used: "):
        Dataset.fetch("ds").download("s3://nowhere/data", dry_run=dry_run, progress=False)

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
        once = {blob.name: blob.etag for blob in container.list_blobs()}

        Dataset.fetch("ds").download(f"az://{BUCKET}/data", progress=False)

        again = {blob.name: blob.etag for blob in container.list_blobs()}
        changed = {name for name in once | again if once.get(name) != again.get(name)}
        assert changed == {"data/ds/mlhub_stac_assets.db"}
