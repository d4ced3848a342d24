"""Products of Source Cooperative: read by their STAC catalog, or file by file where there is none."""

import json

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DownloadFailed, EntityDoesNotExist, InvalidArgument
from support import moto_server
from support.scripted_hub import collection, item
from support.wire import Response

ACCOUNT = "radiantearth"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """S3 as moto has it, which lists and serves files by the same addresses as the data proxy."""
    with moto_server.running(tmp_path_factory.mktemp("moto")) as server:
        server.bucket(ACCOUNT, is_public=True)
        yield server


@pytest.fixture
def put(server, monkeypatch):
    monkeypatch.setenv("MLHUB_SOURCE_COOP_URL", server.url)
    return lambda key, content: server.put(ACCOUNT, key, content, is_public=True)


def files_of(report):
    return {path.relative_to(report.folder).as_posix(): path.read_bytes() for path in report.paths}


def test_a_product_without_stac_comes_as_the_tree_it_is(put, tmp_path):
    wanted = {
        "README.md": b"# Crops",
        "images/2019/tile 1.tif": b"a" * 500,
        "images/2019/tile+2.tif": b"b" * 600,
        "labels/ä.geojson": b"{}",
    }
    for path, content in wanted.items():
        put(f"crops/{path}", content)
    put("crops_of_others/other.tif", b"o")
    dataset = Dataset.from_stac(f"source:{ACCOUNT}/crops")

    report = dataset.download(tmp_path, progress=False)

    assert dataset.id == "crops"
    assert [each.id for each in dataset.collections] == ["crops"]
    assert files_of(report) == wanted
    assert report.bytes_planned == sum(map(len, wanted.values()))

    again = dataset.download(tmp_path, progress=False)

    assert (again.kept, again.fetched) == (4, 0)


def test_files_are_chosen_by_their_paths(put, tmp_path):
    for path in ("images/1.tif", "images/2.tif", "labels/1.tif", "labels/1.json"):
        put(f"chosen/{path}", path.encode())
    dataset = Dataset.from_stac(f"source:{ACCOUNT}/chosen")

    report = dataset.download(tmp_path, assets=["labels/*.tif", "images/2.tif"], progress=False)

    assert sorted(files_of(report)) == ["images/2.tif", "labels/1.tif"]


def test_more_files_than_fit_on_one_page(web, monkeypatch, tmp_path):
    """The next page is asked for by the token of the one before it."""

    def page(request):
        number = int(request.args.get("continuation-token", ["0"])[0])
        files = "".join(
            f"<Contents><Key>many/{number}/{each}.txt</Key><Size>1</Size></Contents>" for each in range(3)
        )
        more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{number + 1}</NextContinuationToken>"
        last = "<IsTruncated>false</IsTruncated>"
        namespace = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
        text = f"<ListBucketResult {namespace}>{files}{more if number < 2 else last}</ListBucketResult>"
        return Response(200, {"Content-Type": "application/xml"}, text.encode())

    web.route("GET", "/acc", page)
    for name in ("catalog.json", "collection.json"):
        web.add(f"acc/many/{name}", b"", status=404)
    monkeypatch.setenv("MLHUB_SOURCE_COOP_URL", web.url)

    report = Dataset.from_stac("source:acc/many").download(tmp_path, dry_run=True, progress=False)

    assert report.planned == 9
    asked = [each.args for each in web.requests_of("/acc")]
    assert [each["prefix"] for each in asked] == [["many/"]] * 3
    assert [each.get("continuation-token") for each in asked] == [None, ["1"], ["2"]]


@pytest.mark.parametrize("asked", [{"bbox": [0, 0, 1, 1]}, {"datetime": "2019-01-01"}])
def test_files_have_no_place_and_no_time(put, tmp_path, asked):
    put("untold/a.tif", b"a")

    with pytest.raises(InvalidArgument) as caught:
        Dataset.from_stac(f"source:{ACCOUNT}/untold").download(tmp_path, progress=False, **asked)

    assert str(caught.value) == (
        f"source:{ACCOUNT}/untold has no STAC catalog: its files tell no place, no time and no properties. "
        "Choose them by their paths: assets=['labels/*.tif']"
    )


def test_a_product_with_a_catalog_is_read_as_one(put, tmp_path):
    put("stac/data/a.tif", b"a" * 100)
    put("stac/scenes/a.json", json.dumps(item("a", {"image": "../data/a.tif"})).encode())
    links = [{"rel": "item", "href": "scenes/a.json"}]
    put("stac/collection.json", json.dumps(collection("scenes", links=links)).encode())

    report = Dataset.from_stac(f"source:{ACCOUNT}/stac").download(
        tmp_path, datetime="2020-06-15", progress=False
    )

    assert files_of(report) == {"scenes/a/image.tif": b"a" * 100}
    assert report.folder.name == "stac"


def test_a_folder_of_a_product_can_be_named(put, tmp_path):
    put("deep/one/a.tif", b"1")
    put("deep/two/a.tif", b"2")

    assert files_of(Dataset.from_stac(f"source:{ACCOUNT}/deep/two").download(tmp_path, progress=False)) == {
        "a.tif": b"2"
    }


def test_nothing_is_there(put, tmp_path):
    with pytest.raises(EntityDoesNotExist, match="There is no file at"):
        Dataset.from_stac(f"source:{ACCOUNT}/nothing").download(tmp_path, progress=False)
    with pytest.raises(EntityDoesNotExist, match="There is no product at"):
        Dataset.from_stac("source:nobody/nothing").download(tmp_path, progress=False)


@pytest.mark.parametrize("named", ["source:", "source:account", "source:a/../b", "source:a b/c"])
def test_what_names_no_product_is_refused(named):
    with pytest.raises(InvalidArgument, match="write source:account/product"):
        Dataset.from_stac(named)


def test_paths_that_lead_outside_are_rows(web, monkeypatch, tmp_path):
    """And the rest arrives."""
    keys = ["evil/../../out.tif", "evil/a.tif", "evil//etc/passwd"]
    contents = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
    web.route(
        "GET",
        "/acc",
        lambda _: Response(200, {}, f"<ListBucketResult>{contents}</ListBucketResult>".encode()),
    )
    web.add("acc/evil/a.tif", b"a")
    web.add("acc/evil//etc/passwd", b"p")
    for name in ("catalog.json", "collection.json"):
        web.add(f"acc/evil/{name}", b"", status=404)
    monkeypatch.setenv("MLHUB_SOURCE_COOP_URL", web.url)

    with pytest.raises(DownloadFailed) as caught:
        Dataset.from_stac("source:acc/evil").download(tmp_path / "data", progress=False)

    report = caught.value.report
    assert files_of(report) == {"a.tif": b"a"}
    assert report.failed == 2
    assert [each for each in tmp_path.rglob("*") if each.name in ("out.tif", "passwd")] == []


@pytest.mark.parametrize(
    "page",
    [
        b"<html>",
        b"<Error><Code>InvalidRequest</Code></Error>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><ListBucketResult>&a;</ListBucketResult>',
        b"<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
        b"",
    ],
)
def test_what_is_no_list_of_files_is_told(web, monkeypatch, tmp_path, page):
    for name in ("catalog.json", "collection.json"):
        web.add(f"acc/odd/{name}", b"", status=404)
    web.route("GET", "/acc", lambda _: Response(200, {}, page))
    monkeypatch.setenv("MLHUB_SOURCE_COOP_URL", web.url)

    with pytest.raises(CatalogBroken, match="gives no list of its files"):
        Dataset.from_stac("source:acc/odd").download(tmp_path, progress=False)
