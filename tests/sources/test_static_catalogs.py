"""A catalog of links, in a folder and on the web: what is read of it, in which order, and what is told."""

import csv
import json
import logging
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DownloadFailed, TransferFailed
from radiant_mlhub.sources import folder_catalog
from support.faults import Fault
from support.scripted_hub import item
from support.static_catalogs import (
    catalog,
    child,
    collection,
    in_a_folder,
    link,
    on_the_web,
    scenes,
    to_item,
)
from support.wire import Response


@pytest.fixture(params=["folder", "web"])
def located(request, tmp_path):
    """What makes a catalog of files, and tells where it is."""
    if request.param == "folder":
        return lambda files: in_a_folder(tmp_path / "stac", files)
    web = request.getfixturevalue("web")
    return lambda files: on_the_web(web, files)


def indexed(location, tmp_path, **options):
    """The ids of the items in the manifest's order, collection and id, and the rows of the report."""
    report = Dataset.from_stac(location, id="ds").download(
        tmp_path / "out", dry_run=True, progress=False, **options
    )
    return items_of(report), rows_of(report)


def items_of(report):
    with closing(sqlite3.connect(report.manifest)) as connection:
        return connection.execute(
            "SELECT collection_id, item_id FROM items WHERE item_id IS NOT NULL ORDER BY number"
        ).fetchall()


def rows_of(report):
    with report.err_report.open(newline="") as file:
        return [row[0] for row in csv.reader(file)]


ASSET = {"image": "https://example.org/a.tif"}


def numbered(*names, collection_id="c"):
    return {f"{name}.json": item(name, ASSET, collection=collection_id) for name in names}


def test_items_come_in_the_order_of_the_links(located, tmp_path):
    """Depth first: the first collection with its items, then the second, however they are named."""
    files = {
        "catalog.json": catalog("ds", child("z/collection.json"), child("a/collection.json")),
        "z/collection.json": collection(
            "z", to_item("2.json"), to_item("1.json"), child("deep/catalog.json")
        ),
        "z/deep/catalog.json": catalog("deep", to_item("3.json")),
        "a/collection.json": collection("a", to_item("0.json")),
        "z/1.json": item("1", ASSET, collection="z"),
        "z/2.json": item("2", ASSET, collection="z"),
        "z/deep/3.json": item("3", ASSET, collection="z"),
        "a/0.json": item("0", ASSET, collection="a"),
    }

    assert indexed(located(files), tmp_path) == ([("z", "2"), ("z", "1"), ("z", "3"), ("a", "0")], [])


def test_the_order_does_not_depend_on_what_arrives_first(web, tmp_path):
    """The first collection takes 0.3 s; what follows is here long before, and comes after."""
    files = scenes(40, collections=2, asset="https://example.org/a.tif")
    location = on_the_web(web, files)
    web.add("stac/c0/collection.json", json.dumps(files["c0/collection.json"]).encode(), delay_s=0.3)
    web.add(
        "stac/c0/i000000/i000000.json", json.dumps(files["c0/i000000/i000000.json"]).encode(), delay_s=0.3
    )

    items, _ = indexed(location, tmp_path)

    assert items == [("c0", f"i{n:06}") for n in range(0, 40, 2)] + [
        ("c1", f"i{n:06}") for n in range(1, 40, 2)
    ]


def test_a_cycle_is_walked_once(located, tmp_path):
    """A child that links its parent, a catalog that links itself, an item with a link to its catalog."""
    files = {
        "catalog.json": catalog(
            "ds", child("catalog.json"), child("a/catalog.json"), child("b/catalog.json")
        ),
        "a/catalog.json": catalog(
            "a", child("../b/catalog.json"), child("../catalog.json"), to_item("x.json")
        ),
        "b/catalog.json": catalog("b", child("../a/catalog.json"), to_item("y.json")),
        "a/x.json": item("x", ASSET, links=[child("../catalog.json")]),
        "b/y.json": item("y", ASSET),
    }

    items, rows = indexed(located(files), tmp_path)

    assert (items, rows) == ([("scenes", "y"), ("scenes", "x")], [])


def test_an_item_that_two_collections_link_comes_once_with_the_first(located, tmp_path):
    files = {
        "catalog.json": catalog("ds", child("a.json"), child("b.json")),
        "a.json": collection("a", to_item("x.json")),
        "b.json": collection("b", to_item("x.json"), to_item("y.json")),
        "x.json": item("x", ASSET, collection=None),
        "y.json": item("y", ASSET, collection=None),
    }

    assert indexed(located(files), tmp_path) == ([("a", "x"), ("b", "y")], [])


def test_two_items_of_one_id_are_both_kept(web, tmp_path):
    """Of two addresses for one place, the first in the catalog's order has it."""
    scenes_served = [web.add(f"{name}.tif", name.encode()) for name in ("first", "second")]
    files = {
        "catalog.json": catalog("ds", to_item("1.json"), to_item("2.json")),
        **{f"{n}.json": item("x", {"image": scene.href}) for n, scene in enumerate(scenes_served, 1)},
    }

    report = Dataset.from_stac(on_the_web(web, files)).download(tmp_path, progress=False)

    folder = tmp_path / "ds/scenes/x"
    assert (report.fetched, report.moved) == (2, 1)
    assert {path.name: path.read_bytes() for path in folder.glob("*.tif")} == {
        "image.tif": b"first",
        "image~2.tif": b"second",
    }
    assert json.loads((folder / "x.json").read_text())["assets"]["image"]["href"].endswith("first.tif")
    assert json.loads((folder / "x~2.json").read_text())["assets"]["image"]["href"].endswith("second.tif")


def test_a_link_that_leads_nowhere_is_a_row_and_the_rest_arrives(web, tmp_path):
    image = web.add("a.tif", size_bytes=10).href
    files = {
        "catalog.json": catalog("ds", child("gone/c.json"), child("c.json"), {"rel": "child"}),
        "c.json": collection("c", *(to_item(f"{name}.json") for name in ("a", "gone", "page", "cut", "b"))),
        "a.json": item("a", {"image": image}, collection="c"),
        "page.json": b"<!DOCTYPE html><title>Not found</title>",
        "cut.json": b'{"type": "Feature", ',
        "b.json": item("b", {"image": image}, collection="c"),
    }
    root = on_the_web(web, files)
    base = root.removesuffix("/catalog.json")

    with pytest.raises(DownloadFailed) as caught:
        Dataset.from_stac(root).download(tmp_path, progress=False)

    report = caught.value.report
    assert (report.fetched, report.failed) == (2, 5)
    assert sorted(rows_of(report)) == sorted(
        [
            f"{root}: one of its links: {base}/gone/c.json could not be fetched: 404 Not Found",
            f'{root}: one of its links: it has no address: {{"rel": "child"}}',
            f"{base}/c.json: one of its links: {base}/gone.json could not be fetched: 404 Not Found",
            f"{base}/c.json: one of its links: {base}/page.json is a web page, not STAC JSON",
            f"{base}/c.json: one of its links: {base}/cut.json is JSON that cannot be read, not STAC JSON",
        ]
    )


def test_a_link_that_leads_nowhere_in_a_folder_is_a_row(tmp_path):
    location = in_a_folder(
        tmp_path / "stac",
        {
            "catalog.json": catalog("ds", to_item("gone.json"), to_item("a.json"), to_item(".")),
            **numbered("a"),
        },
    )

    items, rows = indexed(location, tmp_path)

    assert items == [("c", "a")]
    told = f"{location}/catalog.json: one of its links: {location}"
    assert rows == [f"{told}/gone.json cannot be read: No such file or directory", f"{told} is no file"]


def test_items_of_a_page_and_of_the_pages_after_it(located, tmp_path):
    """A FeatureCollection behind rel=items, with rel=next; a collection that links each item needs none."""
    pages = [
        {
            "type": "FeatureCollection",
            "features": [item(n, ASSET, collection="c") for n in names],
            "links": links,
        }
        for names, links in ((["a", "b"], [link("next", "2.json")]), (["d"], []))
    ]
    files = {
        "catalog.json": catalog("ds", child("c.json"), child("e.json")),
        "c.json": collection("c", link("items", "items/1.json")),
        "e.json": collection("e", link("items", "items/1.json"), to_item("f.json")),
        "items/1.json": pages[0],
        "items/2.json": pages[1],
        **numbered("f", collection_id="e"),
    }

    assert indexed(located(files), tmp_path) == ([("c", "a"), ("c", "b"), ("c", "d"), ("e", "f")], [])


def test_a_page_with_a_broken_item_keeps_the_others(located, tmp_path):
    page = {"type": "FeatureCollection", "features": [item("a", ASSET), 7, item("", ASSET), item("b", ASSET)]}
    files = {"catalog.json": catalog("ds", link("items", "page.json")), "page.json": page}

    items, rows = indexed(located(files), tmp_path)

    assert items == [("scenes", "a"), ("scenes", "b")]
    assert ["number 2" in rows[0], 'it has no "id"' in rows[1], len(rows)] == [True, True, 2]


def test_stac_0_8_is_read(located, tmp_path):
    """No types, a collection among the properties, a range of time of its own kind."""
    old = item(
        "x",
        ASSET,
        stac_version="0.8.1",
        properties={
            "collection": "c",
            "dtr:start_datetime": "2019-05-01T00:00:00Z",
            "dtr:end_datetime": "2019-06-01T00:00:00Z",
        },
    )
    del old["collection"]
    untyped = collection(
        "c", to_item("x.json"), stac_version="0.8.1", assets={"readme": {"href": "https://example.org/r.pdf"}}
    )
    del untyped["type"]
    root = catalog("ds", child("c.json"), stac_version="0.8.1")
    del root["type"]
    location = located({"catalog.json": root, "c.json": untyped, "x.json": old})

    report = Dataset.from_stac(location).download(tmp_path / "out", dry_run=True, progress=False)
    none_in_2020 = Dataset.from_stac(location).download(
        tmp_path / "out",
        dry_run=True,
        progress=False,
        datetime="2019-05-15",
        collection_filter={"c": ["image"]},
    )

    assert (report.planned, items_of(report)) == (2, [("c", "x")])
    assert none_in_2020.planned == 1


def test_relative_assets_start_at_their_own_file(web, tmp_path):
    """Also where redirects led to it."""
    web.add("data/moved/a.tif", b"the scene")
    there = web.add("data/moved/a.json", json.dumps(item("a", {"image": "./a.tif"})).encode())
    location = on_the_web(web, {"catalog.json": catalog("ds", to_item("a.json"))})
    web.add("stac/a.json", redirect=there.href)

    Dataset.from_stac(location).download(tmp_path, progress=False)

    assert (tmp_path / "ds/scenes/a/image.tif").read_bytes() == b"the scene"


def test_assets_beside_a_folders_items_are_read_there(tmp_path):
    files = {
        "c/collection.json": collection("c", to_item("my item/a.json")),
        "catalog.json": catalog("ds", child("c/collection.json")),
        "c/my item/a.json": item("a", {"image": "../../data/a 1.tif"}, collection="c"),
        "data/a 1.tif": b"pixels",
    }
    location = in_a_folder(tmp_path / "stac", files)

    Dataset.from_stac(location).download(tmp_path / "out", progress=False)

    assert (tmp_path / "out/ds/c/a/image.tif").read_bytes() == b"pixels"


def test_a_catalog_on_the_web_names_no_files_of_this_machine(web, tmp_path):
    (tmp_path / "secret.json").write_text(json.dumps(item("secret", ASSET)))
    uri = (tmp_path / "secret.json").as_uri()
    files = {
        "catalog.json": catalog("ds", to_item(uri), to_item("a.json")),
        "a.json": item("a", {"image": uri}),
    }

    items, rows = indexed(on_the_web(web, files), tmp_path)

    assert items == [("scenes", "a")]
    assert [f'href "{uri}" has the scheme "file"' in row for row in rows] == [True]


def test_links_to_other_hosts_are_told_and_not_followed(located, tmp_path, caplog):
    files = {
        "catalog.json": catalog("ds", child("https://elsewhere.example/catalog.json"), to_item("a.json")),
        "a.json": item("a", ASSET),
    }

    with caplog.at_level(logging.WARNING):
        items, rows = indexed(located(files), tmp_path)

    assert (items, rows) == ([("scenes", "a")], [])
    assert any("1 links lead out of" in line and "elsewhere.example" in line for line in caplog.messages)


def test_absolute_links_of_a_copied_catalog_are_followed_in_the_copy(located, tmp_path):
    old = "https://stac.example/v1"
    files = {
        "catalog.json": catalog("ds", link("self", f"{old}/catalog.json"), child(f"{old}/c/collection.json")),
        "c/collection.json": collection("c", to_item(f"{old}/c/a.json")),
        "c/a.json": item("a", ASSET, collection="c"),
    }

    assert indexed(located(files), tmp_path) == ([("c", "a")], [])


def test_a_folder_whose_links_reach_no_item_is_looked_through(tmp_path):
    """As somebody keeps items without their catalog; other JSON, and labels as GeoJSON, are left alone."""
    feature = {"type": "Feature", "geometry": None, "properties": {}, "id": "label"}
    files = {
        "c/collection.json": collection("c"),
        "c/b/b.json": item("b", ASSET, collection=None),
        "c/a/a.json": item("a", ASSET, collection="c"),
        "c/a/labels.json": feature,
        "c/a/style.json": {"colors": []},
        ".hidden/x.json": item("x", ASSET),
        "notes.json": b"no JSON",
    }
    location = in_a_folder(tmp_path / "loose", files)

    assert indexed(location, tmp_path) == ([("c", "a"), ("c", "b")], [])
    assert Dataset.from_stac(location).id == "loose"
    assert [each.id for each in Dataset.from_stac(location).collections] == ["c"]


@pytest.mark.parametrize(
    ("left", "what"), [(200, "JSON that cannot be read"), (1, "JSON that cannot be read"), (0, "empty")]
)
def test_a_damaged_file_of_a_folder_without_links_is_a_row(tmp_path, left, what):
    """A copy that was cut short, or did not begin, would else be missed by nobody."""
    cut = json.dumps(item("b", ASSET)).encode()[:left]
    location = in_a_folder(tmp_path / "loose", {"a.json": item("a", ASSET), "b.json": cut})

    items, rows = indexed(location, tmp_path)

    assert items == [("scenes", "a")]
    assert [f"b.json: it is {what}, not STAC JSON" in row for row in rows] == [True]


@pytest.mark.parametrize("size_bytes", [1, 300, 5000])
def test_a_file_of_nul_bytes_in_a_folder_without_links_is_a_row(tmp_path, size_bytes):
    """A machine that crashed has the length of what it was writing, and not the content."""
    location = in_a_folder(tmp_path / "loose", {"a.json": item("a", ASSET), "b.json": bytes(size_bytes)})

    items, rows = indexed(location, tmp_path)

    assert items == [("scenes", "a")]
    assert ["b.json: it is filled with NUL bytes, not STAC JSON" in row for row in rows] == [True]


def test_a_binary_file_in_a_folder_without_links_is_left_alone(tmp_path):
    location = in_a_folder(tmp_path / "loose", {"a.json": item("a", ASSET), "b.json": bytes(20) + b"tree"})

    assert indexed(location, tmp_path) == ([("scenes", "a")], [])


def test_a_folder_with_damaged_files_alone_is_no_source(tmp_path):
    location = in_a_folder(tmp_path / "loose", {"b.json": b'{"type": "Feat'})

    with pytest.raises(CatalogBroken, match="holds no STAC JSON"):
        Dataset.from_stac(location, id="ds").download(tmp_path / "out", progress=False)


def test_an_empty_folder_is_no_source(tmp_path):
    (tmp_path / "empty").mkdir()

    with pytest.raises(CatalogBroken, match="holds no STAC JSON"):
        Dataset.from_stac(tmp_path / "empty", id="ds").download(tmp_path / "out", progress=False)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<html>Sign in</html>", "is a web page, not STAC JSON."),
        (b'{"type": "Topology"}', "is JSON, but neither a STAC catalog, nor a collection, nor an item."),
        (b"[1]", "is JSON, but no object, and so not STAC."),
        (b'{"id":' * 100_000, "is JSON, but nested too deeply."),
    ],
)
def test_a_root_that_was_a_catalog_and_is_none_any_more(web, tmp_path, content, what):
    dataset = Dataset.from_stac(on_the_web(web, {"catalog.json": catalog("ds")}))
    root = web.add("stac/catalog.json", content)

    with pytest.raises(CatalogBroken) as caught:
        dataset.download(tmp_path, progress=False)

    assert str(caught.value) == f"{root.href} {what}"


def test_catalogs_in_catalogs_have_an_end(web, tmp_path):
    """A server that makes up another level for every request."""
    location = on_the_web(
        web, {"catalog.json": catalog("ds", child("0/catalog.json"), to_item("a.json")), **numbered("a")}
    )
    web.route("GET", "/stac/0", _level)

    items, rows = indexed(location, tmp_path)

    assert items == [("c", "a")]
    assert ["more than 64 levels of catalogs" in row for row in rows] == [True]


def _level(request):
    return Response(200, {}, json.dumps(catalog("level", child("0/catalog.json"))).encode())


def test_only_items_of_the_collections_asked_for_are_read(web, tmp_path):
    files = scenes(30, collections=3, asset="https://example.org/a.tif")
    location = on_the_web(web, files)

    items, _ = indexed(location, tmp_path, collection_filter={"c1": ["image"]})

    assert items == [("c1", f"i{n:06}") for n in range(1, 30, 3)]
    assert {request.path.split("/")[2] for request in web.requests if request.path.count("/") == 4} == {"c1"}


def test_an_extent_that_is_too_small_hides_nothing(located, tmp_path):
    """Extents are written by hand: place and time are judged by the items alone."""
    narrow = {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [["1990-01-01T00:00:00Z"] * 2]}}
    files = {
        "catalog.json": catalog("ds", child("c.json")),
        "c.json": collection("c", to_item("a.json"), extent=narrow),
        **numbered("a"),
    }

    report = Dataset.from_stac(located(files)).download(
        tmp_path / "out", dry_run=True, progress=False, bbox=[9, 49, 12, 52], datetime="2020-06-15"
    )

    assert report.planned == 1


def test_a_busy_server_gets_its_pause(web, tmp_path):
    """429 and 503 with Retry-After, a reset, a cut: every file comes in the end."""
    files = scenes(12, asset="https://example.org/a.tif")
    location = on_the_web(web, files)
    faults = [
        Fault(status=429, retry_after=1),
        Fault(status=503, retry_after=1),
        Fault(refuse=True),
        Fault(cut_after=20),
    ]
    for number, fault in enumerate(faults):
        path = f"c0/i{number:06}/i{number:06}.json"
        web.add(f"stac/{path}", json.dumps(files[path]).encode(), faults=[fault])

    items, rows = indexed(location, tmp_path)

    assert (len(items), rows) == (12, [])


def test_the_limits_of_a_download_are_kept(web, tmp_path):
    """A catalog of 60 KB at 40,000 bytes a second, of which its files may take a quarter: over 3 seconds."""
    files = scenes(60, asset="https://example.org/a.tif")
    location = on_the_web(web, {name: json.dumps(body).encode().ljust(1000) for name, body in files.items()})
    began = time.monotonic()

    report = Dataset.from_stac(location).download(
        tmp_path, dry_run=True, progress=False, max_bytes_per_s=40_000, max_connections=2
    )

    assert report.planned == 60
    assert time.monotonic() - began > 3
    assert len({request.connection for request in json_requests(web)}) <= 2 + 1  # the root is looked at first


def json_requests(web):
    return [request for request in web.requests if request.path.endswith(".json")]


def test_a_file_that_is_too_long_is_a_row(located, tmp_path, monkeypatch):
    """64 MiB, as for a member of an archive; here it is 5,000 bytes."""
    monkeypatch.setattr(folder_catalog, "MOST_BYTES", 5000)
    files = {"catalog.json": catalog("ds", to_item("long.json"), to_item("a.json")), **numbered("a")}
    files["long.json"] = item("long", ASSET, properties={"datetime": None, "text": "x" * 6000})

    items, rows = indexed(located(files), tmp_path)

    assert items == [("c", "a")]
    assert ["long.json is longer than" in row for row in rows] == [True]


def test_a_root_without_end_is_refused(web):
    root = web.add("stac/catalog.json", b"{" + b" " * 80 * 1024**2, gzip=True)

    with pytest.raises(TransferFailed, match="it is longer than 64 MiB") as caught:
        Dataset.from_stac(root.href)

    assert caught.value.href == root.href


def test_a_file_without_end_is_a_row(web, tmp_path):
    """What a few bytes stand for is not unpacked to its end either."""
    files = {"catalog.json": catalog("ds", to_item("endless.json"), to_item("a.json")), **numbered("a")}
    location = on_the_web(web, files)
    web.add("stac/endless.json", b"[" + b" " * 80 * 1024**2, gzip=True)

    items, rows = indexed(location, tmp_path)

    assert items == [("c", "a")]
    assert ["endless.json could not be fetched: it is longer than 64 MiB" in row for row in rows] == [True]


def test_a_file_address_names_a_folder_too(tmp_path):
    location = in_a_folder(tmp_path / "my stac", scenes(2, asset="https://example.org/a.tif"))

    report = Dataset.from_stac(Path(location).as_uri()).download(
        tmp_path / "out", dry_run=True, progress=False
    )

    assert report.planned == 2


def test_an_address_without_a_file_is_told_how_to_name_one(web):
    href = web.add("stac/", b"<html><title>Index of /stac/</title></html>").href

    with pytest.raises(CatalogBroken) as caught:
        Dataset.from_stac(href)

    assert caught.value.__notes__ == ["Name the file itself: .../catalog.json or .../collection.json"]
