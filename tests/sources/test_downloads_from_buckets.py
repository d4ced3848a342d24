"""Whole downloads out of closed buckets: the catalog, its neighbours, a report, and no signature anywhere."""

import json
import logging

import pytest

from radiant_mlhub import Dataset, verify
from radiant_mlhub.exceptions import DownloadFailed
from support.faults import made_up
from support.moto_server import KEYS
from support.scripted_hub import item
from support.signed_bucket import SignedBucket

pytestmark = pytest.mark.usefixtures("signs")


@pytest.fixture(scope="module")
def signs():
    pytest.importorskip("obstore", reason="obstore, which signs, is not installed (make .venv/.servers)")


def catalog(put):
    """A collection with two items, whose assets lie beside them."""
    links = [{"rel": "item", "href": f"./{name}/{name}.json"} for name in "ab"]
    put("stac/collection.json", json.dumps(_collection(links)).encode())
    scenes = {}
    for name in "ab":
        text = json.dumps(item(name, {"image": "./image.tif", "label": f"../labels/{name} ü.tif"}))
        put(f"stac/{name}/{name}.json", text.encode())
        scenes[f"scenes/{name}/image.tif"] = made_up(3000, name)
        put(f"stac/{name}/image.tif", scenes[f"scenes/{name}/image.tif"])
        scenes[f"scenes/{name}/label.tif"] = made_up(2000, f"label {name}")
        put(f"stac/labels/{name} ü.tif", scenes[f"scenes/{name}/label.tif"])
    return scenes


def _collection(links):
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "id": "scenes",
        "description": "Two scenes",
        "license": "CC-BY-4.0",
        "extent": {
            "spatial": {"bbox": [[10, 50, 11, 51]]},
            "temporal": {"interval": [["2020-01-01T00:00:00Z", None]]},
        },
        "links": links,
    }


def left_in(folder):
    """All bytes that a download left, manifest and reports included."""
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_catalog_in_a_closed_bucket_of_s3_is_a_source(s3, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.url)
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    s3.bucket("catalogs")
    scenes = catalog(lambda key, content: s3.put("catalogs", key, content))

    report = Dataset.from_stac("s3://catalogs/stac/collection.json").download(tmp_path, progress=False)

    assert (report.fetched, report.failed) == (4, 0)
    assert {path: (report.folder / path).read_bytes() for path in scenes} == scenes
    assert b"s3://catalogs/stac/a/image.tif" in left_in(report.folder)
    assert b"X-Amz-Signature" not in left_in(tmp_path)


def test_a_catalog_in_a_closed_container_of_azure_is_a_source(azure, monkeypatch, tmp_path):
    from support.azurite import KEY

    for name, value in {**azure.variables, "AZURE_STORAGE_ACCOUNT_KEY": KEY}.items():
        monkeypatch.setenv(name, value)
    azure.container("catalogs")
    scenes = catalog(lambda key, content: azure.put("catalogs", key, content))

    report = Dataset.from_stac("az://catalogs/stac/collection.json").download(tmp_path, progress=False)

    assert (report.fetched, report.failed) == (4, 0)
    assert {path: (report.folder / path).read_bytes() for path in scenes} == scenes
    assert b"sig=" not in left_in(tmp_path)


def test_no_signature_is_left_anywhere_whatever_fails(web, monkeypatch, tmp_path, caplog):
    """Manifest, report, notes, logs at every level, the error with all it came of."""
    caplog.set_level(logging.DEBUG)
    for name, value in {**KEYS, "AWS_ENDPOINT_URL": web.url}.items():
        monkeypatch.setenv(name, value)
    bucket = SignedBucket(web)
    scenes = catalog(bucket.put)
    bucket.objects.pop("stac/a/image.tif")

    with pytest.raises(DownloadFailed) as failed:
        Dataset.from_stac("s3://bucket/stac/collection.json").download(tmp_path, progress=False)

    report = failed.value.report
    assert (report.fetched, report.failed) == (3, 1)
    told = f"{left_in(tmp_path)!r} {caplog.text} {failed.getrepr(chain=True)}".lower()
    shown = [signature for made in bucket.signatures.values() for signature in made]
    assert shown
    assert not [signature for signature in shown if signature in told]
    assert KEYS["AWS_SECRET_ACCESS_KEY"].lower() not in told
    bucket.put("stac/a/image.tif", scenes["scenes/a/image.tif"])
    assert verify(report.folder, repair=True, progress=False).is_whole
    assert not [signature for signature in shown if signature.encode() in left_in(tmp_path)]
