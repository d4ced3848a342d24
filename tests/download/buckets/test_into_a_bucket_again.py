"""A bucket as destination once more: nothing comes or goes twice, and what is gone comes again."""

import hashlib
import json
import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DownloadFailed
from support.bucket_downloads import BUCKET, Refusing, assets_of, files_here, published
from support.scripted_hub import item


@pytest.mark.usefixtures("credentials")
def test_a_second_run_fetches_nothing_and_puts_the_manifest_alone(hub, written):
    """Neither the assets nor the catalog's archive nor the report, which is empty again."""
    published(hub, {"a": 1000, "b": 2000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/again", progress=False)
    once = written("again")
    hub.blobs.requests.clear()

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/again", progress=False)

    assert (again.kept, again.fetched) == (2, 0)
    assert hub.asset_requests() == []
    assert once["ds.tar.gz"] == 1
    assert written("again") - once == {"ds/mlhub_stac_assets.db": 1}


@pytest.mark.usefixtures("credentials")
def test_a_second_run_of_a_source_without_an_archive_puts_the_manifest_alone(hub, written, tmp_path):
    items = [item(name, {"image": hub.file(f"{name}.tif").href}) for name in "ab"]
    (tmp_path / "items.json").write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    dataset = Dataset.from_stac(tmp_path / "items.json", id="ds")
    dataset.download(f"s3://{BUCKET}/unarchived", progress=False)
    once = written("unarchived")

    dataset.download(f"s3://{BUCKET}/unarchived", progress=False)

    assert written("unarchived") - once == {"ds/mlhub_stac_assets.db": 1}


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(("folder", "there"), [("archive-gone", None), ("archive-cut", b"cut")])
def test_an_archive_that_is_no_longer_whole_in_the_bucket_comes_again(hub, s3, stored, folder, there):
    published(hub, {"a": 1000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/{folder}", progress=False)
    archive = stored(folder)["ds.tar.gz"]
    s3.client.delete_object(Bucket=BUCKET, Key=f"{folder}/ds.tar.gz")
    if there is not None:
        s3.put(BUCKET, f"{folder}/ds.tar.gz", there)

    Dataset.fetch("ds").download(f"s3://{BUCKET}/{folder}", progress=False)

    assert stored(folder)["ds.tar.gz"] == archive


@pytest.mark.usefixtures("credentials")
def test_an_archive_that_changed_is_put_again(hub, stored):
    published(hub, {"a": 1000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/changing", progress=False)
    before = stored("changing")["ds.tar.gz"]
    published(hub, {"a": 1000, "b": 2000})

    Dataset.fetch("ds").download(f"s3://{BUCKET}/changing", progress=False)

    assert stored("changing")["ds.tar.gz"] != before


@pytest.mark.usefixtures("credentials")
def test_who_may_put_and_list_and_not_read_gets_there_all_the_same(hub, s3, written, monkeypatch):
    """Without the right to ask for one object, the archive is put again, as if it were not there."""
    published(hub, {"a": 1000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/unread", progress=False)
    once = written("unread")

    with Refusing(s3.url, "/ds.tar.gz", "HEAD") as bucket, monkeypatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", bucket.url)
        Dataset.fetch("ds").download(f"s3://{BUCKET}/unread", progress=False)

    assert written("unread") - once == {"ds.tar.gz": 1, "ds/mlhub_stac_assets.db": 1}


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
def test_an_object_of_the_same_size_is_taken_for_the_file_until_all_is_brought_anew(hub, s3, stored):
    """As documented: a bucket's list tells names and sizes."""
    scenes = published(hub, {"a": 1000})
    Dataset.fetch("ds").download(f"s3://{BUCKET}/replaced", progress=False)
    s3.put(BUCKET, "replaced/ds/scenes/a/image.tif", bytes(1000))

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/replaced", progress=False)

    assert (again.kept, again.fetched) == (1, 0)

    Dataset.fetch("ds").download(f"s3://{BUCKET}/replaced", if_exists="overwrite", progress=False)

    assert stored("replaced")["ds/scenes/a/image.tif"] == scenes["a"].content


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


@pytest.mark.usefixtures("credentials")
def test_a_dry_run_knows_what_is_there_and_leaves_all_as_it_is(hub, s3, stored, written):
    published(hub, {"a": 1000, "b": 2000, "c": 3000})
    done = Dataset.fetch("ds").download(f"s3://{BUCKET}/planned", progress=False)
    s3.client.delete_object(Bucket=BUCKET, Key="planned/ds/scenes/a/image.tif")
    there, once, here = stored("planned"), written("planned"), files_here(done)
    known = dump_of(done.manifest)
    hub.blobs.requests.clear()

    plan = Dataset.fetch("ds").download(f"s3://{BUCKET}/planned", dry_run=True, progress=False)

    assert (plan.planned, plan.kept) == (3, 2)
    assert "would fetch 1 of 3 files" in str(plan)
    assert (stored("planned"), written("planned"), files_here(plan)) == (there, once, here)
    assert dump_of(plan.manifest) == known
    assert "Uploads" not in s3.client.list_multipart_uploads(Bucket=BUCKET)
    assert hub.asset_requests() == []

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/planned", progress=False)

    assert (again.kept, again.fetched) == (2, 1)


def dump_of(manifest):
    with closing(sqlite3.connect(manifest)) as connection:
        return sorted(connection.iterdump())


@pytest.mark.usefixtures("credentials")
def test_a_dry_run_counts_what_waits_here_and_does_not_send_it(hub, s3, stored, monkeypatch):
    published(hub, {"a": 1000, "b": 2000})
    with Refusing(s3.url, "a/image.tif") as bucket, monkeypatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", bucket.url)
        with pytest.raises(DownloadFailed):
            Dataset.fetch("ds").download(f"s3://{BUCKET}/half", progress=False)

    plan = Dataset.fetch("ds").download(f"s3://{BUCKET}/half", dry_run=True, progress=False)

    assert (plan.planned, plan.kept) == (2, 2)
    assert list(assets_of(stored("half"))) == ["ds/scenes/b/image.tif"]
    assert [path.name for path in plan.folder.rglob("*.tif")] == ["image.tif"]


@pytest.mark.usefixtures("credentials")
def test_files_at_other_addresses_stay_where_their_digests_are_named(hub, written):
    """They are in the bucket alone, and nobody has to read them for that."""

    def publish(version):
        content = {name: name.encode() * 500 for name in "ab"}
        hub.publish(
            "ds",
            [
                item(
                    name,
                    {
                        "image": {
                            "href": hub.file(f"{version}/{name}.tif", content[name]).href,
                            "file:checksum": f"1220{hashlib.sha256(content[name]).hexdigest()}",
                        }
                    },
                )
                for name in content
            ],
        )
        hub.blobs.requests.clear()

    publish("v1")
    Dataset.fetch("ds").download(f"s3://{BUCKET}/new-addresses", progress=False)
    publish("v2")

    again = Dataset.fetch("ds").download(f"s3://{BUCKET}/new-addresses", progress=False)

    assert (again.kept, again.fetched) == (2, 0)
    assert hub.asset_requests() == []
    assert written("new-addresses")["ds/scenes/a/image.tif"] == 1
