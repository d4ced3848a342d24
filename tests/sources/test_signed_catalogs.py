"""Sources whose address carries a shared signature: it opens what they name as well, and is shown nowhere."""

import csv
import io
import json
import logging
import sys
import tarfile
from datetime import UTC, datetime, timedelta

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import DownloadFailed, TransferFailed
from radiant_mlhub.sources.asking import request_for_hrefs
from radiant_mlhub.sources.shared_signature import signed_as, unsigned
from support.fault_server import FaultServer
from support.faults import Fault, made_up
from support.scripted_hub import item
from support.shared_container import SharedContainer
from support.static_catalogs import catalog, child, collection, text_of, to_item

SECRET, TOMORROWS = "todays%2Bsecret%3D", "tomorrows%2Fsecret"


@pytest.fixture
def container(web):
    return SharedContainer(web, SECRET)


def filled(container, **more):
    """A catalog whose links and assets are written in every way that leads into the container."""
    files = {
        "stac/catalog.json": catalog("ds", child("./a/collection.json")),
        "stac/a/collection.json": collection(
            "a", to_item("1/1.json"), to_item(f"{container.url}/stac/a/2.json")
        ),
        "stac/a/1/1.json": item(
            "1", {"image": "./image.tif", "label": "../../../data/label.tif", **more}, collection="a"
        ),
        "stac/a/2.json": item("2", {"image": f"{container.url}/data/2.tif"}, collection="a"),
    }
    for name, body in files.items():
        container.put(name, text_of(body))
    for name in ("stac/a/1/image.tif", "data/label.tif", "data/2.tif"):
        container.put(name, made_up(1000, name))
    return container.signed("stac/catalog.json")


def left_in(folder):
    """All bytes that a download left, manifest and reports included."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def rows_of(report):
    with report.err_report.open(newline="") as file:
        return [row[0] for row in csv.reader(file)]


def test_links_and_assets_of_a_signed_catalog_are_asked_for_with_its_signature(container, tmp_path):
    report = Dataset.from_stac(filled(container)).download(tmp_path, progress=False)

    assert (report.fetched, report.failed) == (3, 0)
    assert container.refused == []
    assert (report.folder / "a/1/label.tif").read_bytes() == container.objects["data/label.tif"]


def test_its_collections_are_listed(container):
    assert [each.id for each in Dataset.from_stac(filled(container)).collections] == ["a"]


def test_a_new_signature_finds_what_came_with_the_old_one(web, container, tmp_path):
    """Today's is refused tomorrow; the files are asked for whether they have changed, and no asset is."""
    Dataset.from_stac(filled(container)).download(tmp_path, progress=False)
    container.sign(TOMORROWS)
    before = len(web.requests)

    report = Dataset.from_stac(container.signed("stac/catalog.json")).download(tmp_path, progress=False)

    asked = web.requests[before:]
    assert (report.fetched, report.kept, container.refused) == (0, 3, [])
    assert sorted({request.path.rpartition(".")[2] for request in asked}) == ["json"]
    assert [request.status for request in asked] == [200, 304, 304, 304, 304]  # it is looked at first


def test_another_origin_never_sees_the_signature(web, container, tmp_path):
    """Not as an asset, not as a link, and not by a redirect."""
    with FaultServer() as other:
        far = other.add("/c/far.tif", b"far")
        moved = other.add("/c/moved.tif", b"moved")
        web.add("/c/moved.tif", b"", redirect=moved.href)
        location = filled(container, far=far.href, moved=f"{container.url}/moved.tif")

        report = Dataset.from_stac(location).download(tmp_path, progress=False)

        assert (report.fetched, report.failed) == (5, 0)
        asked = sorted((request.path, request.query) for request in other.requests)
        assert asked == [("/c/far.tif", ""), ("/c/moved.tif", "")]


def test_another_container_is_asked_without_it(web, container, tmp_path):
    """A public one would refuse a signature that is none of its own."""
    public = web.add("/public/open.tif", b"open")

    report = Dataset.from_stac(filled(container, open=public.href)).download(tmp_path, progress=False)

    assert report.fetched == 4
    assert [request.query for request in web.requests_of("/public/open.tif")] == [""]


@pytest.fixture(params=["libcurl", "requests"])
def each_carrier(request, monkeypatch):
    """With pycurl, and as where there is none."""
    if request.param == "requests":
        monkeypatch.setitem(sys.modules, "radiant_mlhub.transfer.curl_carrier", None)


@pytest.mark.usefixtures("each_carrier")
def test_the_signature_is_shown_nowhere_whatever_fails(web, container, tmp_path, caplog, capfd):
    """Manifest, tree, report, log at every level, what is printed, the error with all it came of."""
    caplog.set_level(logging.DEBUG)
    location = filled(container, gone="./gone.tif")
    container.objects["stac/a/2.json"] = b"<html></html>"
    web.add("/c/data/label.tif", b"", faults=[Fault(refuse=True)], status=404)
    dataset = Dataset.from_stac(location)

    with pytest.raises(DownloadFailed) as failed:
        dataset.download(tmp_path)
    dataset.index(tmp_path / "ds.db", progress=False)

    report = failed.value.report
    assert (report.fetched, report.failed, len(rows_of(report))) == (1, 3, 3)
    told = f"{left_in(tmp_path)!r} {caplog.text} {capfd.readouterr()} {failed.getrepr(chain=True)} {dataset}"
    assert f"{container.url}/stac/a/1/gone.tif could not be fetched" in told
    assert "secret" not in told


@pytest.mark.usefixtures("each_carrier")
def test_a_signature_that_has_ended_is_told_of(container, caplog):
    caplog.set_level(logging.DEBUG)
    location = filled(container)
    container.sign(TOMORROWS)

    with pytest.raises(TransferFailed) as refused:
        Dataset.from_stac(location)

    assert str(refused.value) == (
        f"{container.url}/stac/catalog.json could not be fetched: 403 Forbidden: the signature in the "
        "source's address (sig=) was refused; it may have ended, or be of one file alone (sr=b), where a "
        "catalog wants one of its container (sr=c) or folder (sr=d)"
    )
    told = f"{refused.getrepr(chain=True)} {refused.value.href} {caplog.text}"
    assert "secret" not in told


def test_a_file_of_items_is_signed_like_a_catalog(container, tmp_path):
    container.put("stac/image.tif", b"image")
    container.put("stac/items.ndjson", json.dumps(item("1", {"image": "image.tif"})).encode())
    Dataset.from_stac(container.signed("stac/items.ndjson"), id="ds").download(tmp_path, progress=False)
    container.sign(TOMORROWS)

    report = Dataset.from_stac(container.signed("stac/items.ndjson"), id="ds").download(
        tmp_path, progress=False
    )

    assert (report.kept, report.fetched, container.refused) == (1, 0, [])
    assert b"secret" not in left_in(tmp_path)


def test_an_archive_is_signed_like_a_catalog(container, tmp_path):
    asset = container.put("data/1.tif", b"image")
    text = json.dumps(item("1", {"image": asset})).encode()
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        member = tarfile.TarInfo("ds/scenes/1/1.json")
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    container.put("ds.tar.gz", buffer.getvalue())

    report = Dataset.from_stac(container.signed("ds.tar.gz")).download(tmp_path, progress=False)

    assert (report.fetched, container.refused) == (1, [])
    assert b"secret" not in left_in(tmp_path)


LOCATION = "https://acct.blob.core.windows.net/c/stac/catalog.json?sv=1&sr=c&sig=s%2B"
OF_ACCOUNT = "https://acct.blob.core.windows.net/c/catalog.json?sv=1&ss=b&srt=o&sig=s"
C = "https://acct.blob.core.windows.net/c"


@pytest.mark.parametrize(
    ("location", "href", "asked"),
    [
        (LOCATION, f"{C}/x.tif", f"{C}/x.tif?sv=1&sr=c&sig=s%2B"),
        (LOCATION, f"{C}/x.tif#top", f"{C}/x.tif?sv=1&sr=c&sig=s%2B"),
        (LOCATION, f"{C}/x.tif?snapshot=2", f"{C}/x.tif?snapshot=2&sv=1&sr=c&sig=s%2B"),
        (
            LOCATION,
            "https://ACCT.blob.core.windows.net/c/x",
            "https://ACCT.blob.core.windows.net/c/x?sv=1&sr=c&sig=s%2B",
        ),
        (
            LOCATION,
            "https://acct.blob.core.windows.net:443/c/x",
            "https://acct.blob.core.windows.net:443/c/x?sv=1&sr=c&sig=s%2B",
        ),
        (LOCATION, f"{C}/x.tif?sv=1&sig=own", f"{C}/x.tif?sv=1&sig=own"),
        (LOCATION, f"{C}2/x.tif", f"{C}2/x.tif"),
        (LOCATION, f"{C}/../other/x.tif", f"{C}/../other/x.tif"),
        (LOCATION, f"{C}/%2E%2e/other/x.tif", f"{C}/%2E%2e/other/x.tif"),
        (LOCATION, "http://acct.blob.core.windows.net/c/x", "http://acct.blob.core.windows.net/c/x"),
        (
            LOCATION,
            "https://acct.blob.core.windows.net:8443/c/x",
            "https://acct.blob.core.windows.net:8443/c/x",
        ),
        (LOCATION, "https://evil.example/c/x", "https://evil.example/c/x"),
        (
            LOCATION,
            "https://acct.blob.core.windows.net.evil.example/c/x",
            "https://acct.blob.core.windows.net.evil.example/c/x",
        ),
        (
            LOCATION,
            "https://acct.blob.core.windows.net@evil.example/c/x",
            "https://acct.blob.core.windows.net@evil.example/c/x",
        ),
        (
            LOCATION,
            "https://acct.blob.core.windows.net\\@evil.example/c/x",
            "https://acct.blob.core.windows.net\\@evil.example/c/x",
        ),
        (
            OF_ACCOUNT,
            "https://acct.blob.core.windows.net/d/x",
            "https://acct.blob.core.windows.net/d/x?sv=1&ss=b&srt=o&sig=s",
        ),
        (
            "https://example.org/c/catalog.json?version=3",
            "https://example.org/c/x",
            "https://example.org/c/x",
        ),
        ("https://example.org/c/catalog.json?design=3", "https://example.org/c/x", "https://example.org/c/x"),
        ("https://[half/c/catalog.json?sig=s", "https://example.org/c/x", "https://example.org/c/x"),
        ("/home/c/catalog.json?sig=s", "https://example.org/c/x", "https://example.org/c/x"),
    ],
)
def test_what_is_asked_with_the_signature(location, href, asked):
    assert signed_as(location, request_for_hrefs())(href).url == asked


@pytest.mark.parametrize(
    ("location", "address"),
    [
        (LOCATION, f"{C}/stac/catalog.json"),
        (f"{LOCATION}#top", f"{C}/stac/catalog.json"),
        ("https://example.org/catalog.json?version=3", "https://example.org/catalog.json?version=3"),
        ("s3://bucket/odd?sig=name.json", "s3://bucket/odd?sig=name.json"),
        ("/home/odd?sig=name.json", "/home/odd?sig=name.json"),
    ],
)
def test_an_address_without_what_signs_it(location, address):
    assert unsigned(location) == address


def test_a_shared_signature_of_azure_opens_a_catalog(azure, tmp_path, monkeypatch):
    """Of the container, as Azure's own package makes it; the account's key is not in the environment.

    An index of it knows no signature: the environment has it then, and a mirror leads there.
    """
    blob = pytest.importorskip("azure.storage.blob")
    from support.azurite import ACCOUNT, KEY

    azure.container("signed")
    files = {
        "stac/catalog.json": text_of(catalog("ds", to_item("./1/1.json"))),
        "stac/1/1.json": text_of(item("1", {"image": "./a ü.tif", "label": "../../labels/1.tif"})),
        "stac/1/a ü.tif": b"image",
        "labels/1.tif": b"label",
    }
    for name, content in files.items():
        azure.put("signed", name, content)
    signature = blob.generate_container_sas(
        ACCOUNT,
        "signed",
        account_key=KEY,
        permission="r",
        expiry=datetime.now(UTC) + timedelta(hours=1),
        version="2023-11-03",
    )

    dataset = Dataset.from_stac(f"{azure.url}/signed/stac/catalog.json?{signature}")
    report = dataset.download(tmp_path, progress=False)
    index = dataset.index(tmp_path / "ds.db", progress=False)

    assert (report.fetched, report.failed) == (2, 0)
    assert (report.folder / "scenes/1/label.tif").read_bytes() == b"label"
    for name, value in {**azure.variables, "AZURE_STORAGE_SAS_TOKEN": signature}.items():
        monkeypatch.setenv(name, value)
    again = Dataset.from_stac(index).download(
        tmp_path / "again", progress=False, mirrors={f"{azure.url}/signed/": "az://signed/"}
    )
    assert (again.fetched, again.failed) == (2, 0)
    assert b"sig=" not in left_in(tmp_path)
