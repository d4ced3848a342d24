"""Mirrors, alternate addresses and files of this machine, in whole downloads and their repairs."""

import csv
import json
import sqlite3
from contextlib import closing

import pytest

from radiant_mlhub import Dataset, verify
from radiant_mlhub.exceptions import DownloadFailed, InvalidArgument
from radiant_mlhub.profiles import Profile, write_profile
from radiant_mlhub.profiles import profiles_file as profiles
from support.scripted_hub import item


def download(folder, **options):
    return Dataset.fetch("ds").download(folder, progress=False, **options)


def publish(hub, *names):
    hub.publish("ds", [item(name, {"image": f"{hub.blobs.url}/old/{name}.tif"}) for name in names])


def came_from(report):
    with closing(sqlite3.connect(report.manifest)) as connection:
        return dict(
            connection.execute("SELECT save_path, came_from FROM files WHERE save_path NOT LIKE '../%'")
        )


def rows_of(failed):
    with failed.value.report.err_report.open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def asked(hub):
    return sorted(request.path for request in hub.blobs.requests if "tar.gz" not in request.path)


def test_a_catalog_whose_files_moved_still_downloads(hub, tmp_path):
    publish(hub, "a", "b")
    scenes = {name: hub.blobs.add(f"new/{name}.tif", size_bytes=500) for name in ("a", "b")}

    report = download(tmp_path, mirrors=[f"{hub.blobs.url}/old/={hub.blobs.url}/new/"])

    assert (report.fetched, report.from_elsewhere, report.failed) == (2, 2, 0)
    for name, scene in scenes.items():
        assert (tmp_path / f"ds/scenes/{name}/image.tif").read_bytes() == scene.content
    assert came_from(report) == {f"scenes/{name}/image.tif": scene.href for name, scene in scenes.items()}
    assert asked(hub) == ["/new/a.tif", "/new/b.tif"]


def test_the_manifest_has_the_catalogs_addresses_and_a_second_run_asks_for_nothing(hub, tmp_path):
    publish(hub, "a")
    hub.blobs.add("new/a.tif", size_bytes=500)
    mirrors = {f"{hub.blobs.url}/old/": f"{hub.blobs.url}/new/"}
    first = download(tmp_path, mirrors=mirrors)
    hub.blobs.requests.clear()

    again, without = download(tmp_path, mirrors=mirrors), download(tmp_path)

    assert [report.kept for report in (again, without)] == [1, 1]
    assert asked(hub) == []
    with closing(sqlite3.connect(first.manifest)) as connection:
        assert connection.execute("SELECT asset_url FROM assets").fetchall() == [
            (f"{hub.blobs.url}/old/a.tif",)
        ]


@pytest.mark.parametrize("status", [403, 404])
def test_a_mirror_that_has_not_everything_is_asked_first_and_the_others_after_it(hub, tmp_path, status):
    publish(hub, "a", "b", "c")
    url = hub.blobs.url
    hub.blobs.add("one/a.tif", size_bytes=500)
    for name in "bc":
        hub.blobs.add(f"one/{name}.tif", status=status)
    hub.blobs.add("two/b.tif", size_bytes=500)
    hub.blobs.add("old/c.tif", size_bytes=500)

    report = download(tmp_path, mirrors=[f"{url}/old/={url}/one/", f"{url}/old/={url}/two/"])

    assert came_from(report) == {
        "scenes/a/image.tif": f"{url}/one/a.tif",
        "scenes/b/image.tif": f"{url}/two/b.tif",
        "scenes/c/image.tif": None,
    }
    assert (report.fetched, report.from_elsewhere) == (3, 2)


def test_what_was_tried_is_in_the_report(hub, tmp_path):
    publish(hub, "a", "b")
    url = hub.blobs.url
    hub.blobs.add("new/a.tif", status=403)
    hub.blobs.add("new/b.tif", size_bytes=500)

    with pytest.raises(DownloadFailed) as failed:
        download(tmp_path, mirrors=[f"{url}/old/={url}/new/"])

    tried = f"{url}/new/a.tif: 403 Forbidden; {url}/old/a.tif: 404 Not Found"
    assert [row[0] for row in rows_of(failed)] == [f"{url}/old/a.tif could not be fetched: {tried}"]
    assert [row[5] for row in rows_of(failed)] == [f"{url}/old/a.tif"]
    assert failed.value.report.fetched == 1


def test_the_profiles_mirrors_come_after_those_of_the_call(hub, tmp_path):
    publish(hub, "a")
    url = hub.blobs.url
    write_profile(Profile("default", mirrors=(f"{url}/old/={url}/profile/",)), profiles())
    hub.blobs.add("profile/a.tif", size_bytes=500)

    report = download(tmp_path, mirrors=[f"{url}/old/={url}/call/"])

    assert came_from(report) == {"scenes/a/image.tif": f"{url}/profile/a.tif"}
    assert asked(hub) == ["/call/a.tif", "/profile/a.tif"]


def test_a_broken_mirror_of_a_profile_says_where_it_stands(hub, tmp_path):
    publish(hub, "a")
    write_profile(Profile("default", mirrors=("nonsense",)), profiles())

    with pytest.raises(InvalidArgument, match=r'mirror of profile "default" in .*profiles has "nonsense"'):
        download(tmp_path)


def test_a_folder_of_this_machine_may_be_a_mirror(hub, tmp_path):
    publish(hub, "a", "b")
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "a.tif").write_bytes(b"a scene")
    hub.blobs.add("old/b.tif", size_bytes=500)

    report = download(tmp_path / "to", mirrors=[f"{hub.blobs.url}/old/={tmp_path}/copy/"])

    assert (tmp_path / "to/ds/scenes/a/image.tif").read_bytes() == b"a scene"
    assert (report.fetched, report.from_elsewhere) == (2, 1)


def test_a_repair_asks_as_the_download_did(hub, tmp_path):
    """Mirrors are in the manifest; the call names nothing but the folder."""
    publish(hub, "a", "b")
    url = hub.blobs.url
    scenes = {name: hub.blobs.add(f"new/{name}.tif", size_bytes=500) for name in ("a", "b")}
    report = download(tmp_path, mirrors=[f"{url}/old/={url}/new/"])
    (tmp_path / "ds/scenes/a/image.tif").write_bytes(b"damaged")
    (tmp_path / "ds/scenes/b/image.tif").unlink()

    repaired = verify(report.folder, repair=True, progress=False)

    assert (repaired.repaired, repaired.is_whole) == (2, True)
    for name, scene in scenes.items():
        assert (tmp_path / f"ds/scenes/{name}/image.tif").read_bytes() == scene.content
    with closing(sqlite3.connect(report.manifest)) as connection:
        (told,) = connection.execute("SELECT value FROM run WHERE name = 'asking'").fetchone()
    assert json.loads(told)["mirrors"] == [f"{url}/old/={url}/new/"]
    assert "a-key-of-the-tests" not in told


def test_a_repair_asks_for_alternate_addresses_too(hub, tmp_path):
    there = hub.blobs.add("there/a.tif", size_bytes=500)
    gone = hub.blobs.add("old/a.tif", there.content)
    asset = {"href": gone.href, "alternate": {"copy": {"href": there.href}}}
    hub.publish("ds", [item("a", {"image": asset})])
    report = download(tmp_path)
    (tmp_path / "ds/scenes/a/image.tif").unlink()
    hub.blobs.add("old/a.tif", status=410)

    assert verify(report.folder, repair=True, progress=False).is_whole


def alternate(href, **others):
    return {"href": href, "alternate": {name: {"href": each} for name, each in others.items()}}


def test_alternate_addresses_are_asked_in_the_catalogs_order(hub, tmp_path):
    url = hub.blobs.url
    here = hub.blobs.add("here/a.tif", size_bytes=500)
    asset = alternate(f"{url}/gone.tif", a=f"{url}/gone-too.tif", b=here.href, c=f"{url}/x.tif")
    hub.publish("ds", [item("a", {"image": asset})])

    report = download(tmp_path)

    assert came_from(report) == {"scenes/a/image.tif": here.href}
    assert asked(hub) == ["/gone-too.tif", "/gone.tif", "/here/a.tif"]


def test_an_asset_whose_own_address_cannot_be_asked_has_its_alternate(hub, tmp_path):
    here = hub.blobs.add("here/a.tif", size_bytes=500)
    asset = alternate("ftp://example.org/a.tif", copy=here.href, odd="dap://example.org/a")
    hub.publish("ds", [item("a", {"image": asset})])

    report = download(tmp_path)

    assert (report.fetched, report.failed) == (1, 0)
    assert came_from(report) == {"scenes/a/image.tif": None}


@pytest.mark.parametrize(
    "odd", [None, [], {"a": None}, {"a": {}}, {"a": {"href": 5}}, {"a": {"href": "x://y"}}, "text"]
)
def test_an_alternate_that_is_none_is_no_fault(hub, tmp_path, odd):
    here = hub.blobs.add("a.tif", size_bytes=500)
    hub.publish("ds", [item("a", {"image": {"href": here.href, "alternate": odd}})])

    assert download(tmp_path).fetched == 1


def test_files_of_this_machine_are_read_for_no_catalog_from_elsewhere(hub, tmp_path):
    secret = tmp_path / "secret.tif"
    secret.write_text("secret")
    here = hub.blobs.add("a.tif", size_bytes=500)
    assets = {
        "image": here.href,
        "stolen": secret.as_uri(),
        "other": alternate(f"{hub.blobs.url}/x.tif", a=secret.as_uri()),
    }
    hub.publish("ds", [item("a", assets)])

    with pytest.raises(DownloadFailed) as failed:
        download(tmp_path / "to")

    assert failed.value.report.fetched == 1
    assert any('has the scheme "file"' in row[0] for row in rows_of(failed))
    assert not any(path.read_bytes() == b"secret" for path in (tmp_path / "to").rglob("*.tif"))


def test_neighbours_of_a_catalog_on_this_machine_are_copied_and_continued(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.tif").write_bytes(b"a scene")
    items = {
        "type": "FeatureCollection",
        "features": [item("a", {"image": "data/a.tif", "gone": "data/b.tif"})],
    }
    (tmp_path / "items.json").write_text(json.dumps(items))

    with pytest.raises(DownloadFailed) as failed:
        Dataset.from_stac(tmp_path / "items.json").download(tmp_path / "to", progress=False)

    assert failed.value.report.fetched == 1
    assert (tmp_path / "to/items/scenes/a/image.tif").read_bytes() == b"a scene"
    assert rows_of(failed)[0][0].endswith("b.tif could not be fetched: 404 Not Found")
    (tmp_path / "data" / "b.tif").write_bytes(b"another")
    again = verify(failed.value.report.folder, repair=True, progress=False)
    assert (again.repaired, again.is_whole) == (1, True)


def test_files_that_may_have_moved_are_told_with_the_name_of_where(hub, tmp_path, monkeypatch):
    """Known relocations are offered, never followed unasked: nobody could verify one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", hub.blobs.url)  # where there is no such bucket
    hub.publish("ds", [item("a", {"image": "s3://radiant-mlhub/x/a.tif"})])

    with pytest.raises(DownloadFailed) as failed:
        download(tmp_path)

    assert failed.value.__notes__[-1] == (
        'some of it may lie elsewhere today (nobody could verify it): mirrors=["azure"] (--mirror azure)'
    )


def test_who_pays_has_to_sign(hub, tmp_path):
    publish(hub, "a")

    with pytest.raises(InvalidArgument, match="requester_pays and unsigned exclude each other"):
        download(tmp_path, requester_pays=True, unsigned=True)


def test_one_asset_that_is_refused_costs_no_other(hub, tmp_path):
    """An unknown scheme, a bucket that nobody may read, a mirror that answers 403: a row each."""
    here = hub.blobs.add("old/d.tif", size_bytes=500)
    assets = {"a": "ftp://example.org/a.tif", "b": "az://container/b.tif", "c": "s3:///c.tif", "d": here.href}
    hub.publish("ds", [item("a", assets)])

    with pytest.raises(DownloadFailed) as failed:
        download(tmp_path)

    told = {row[4]: row[0] for row in rows_of(failed)}
    assert failed.value.report.fetched == 1
    assert 'has the scheme "ftp"; only http, https, s3, gs, az, abfs, abfss can be fetched' in told["a"]
    assert told["b"] == (
        "az://container/b.tif could not be fetched: its address names no storage account, and neither does "
        "the environment: set AZURE_STORAGE_ACCOUNT_NAME"
    )
    assert "names no host" in told["c"]
