"""A STAC API as a source: filters are the server's work, pages come once each, faults are waited out."""

import json
import threading
import time
from contextlib import suppress

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DownloadFailed, EntityDoesNotExist, RequestRefused
from support.fault_server import FaultServer
from support.scripted_hub import collection, item
from support.wire import Response

FILTER = "https://api.stacspec.org/v1.0.0/item-search#filter"


class Api(FaultServer):
    """A STAC API of a few items, which filters nothing and answers pages of two.

    Attributes:
        asked: What each search asked for, by GET or POST.
        trouble: Answers given to searches before any other.
    """

    def __init__(self, *, methods=("GET", "POST"), conforms_to=()):
        super().__init__()
        self.items = []
        self.asked = []
        self.trouble = []
        self.collections = {}
        search = [{"rel": "search", "href": f"{self.url}/search", "method": method} for method in methods]
        landing = {
            "type": "Catalog",
            "id": "an-api",
            "title": "An API",
            "conformsTo": list(conforms_to),
            "links": [{"rel": "data", "href": f"{self.url}/collections"}, *search],
        }
        self.route("GET", "/", lambda _: answer(landing))
        self.route("*", "/search", self._search)
        self.route("GET", "/collections", self._collections)

    def _search(self, request):
        if self.trouble:
            return self.trouble.pop(0)
        asked = json.loads(request.body) if request.body else {n: v[0] for n, v in request.args.items()}
        self.asked.append((request.method, asked))
        start = int(asked.get("token", 0))
        page = {"type": "FeatureCollection", "features": self.items[start : start + 2], "links": []}
        if start + 2 < len(self.items):
            token = {"token": str(start + 2)}
            link = {"rel": "next", "href": f"{self.url}/search?token={start + 2}"}
            if request.method == "POST":
                link = {
                    "rel": "next",
                    "href": f"{self.url}/search",
                    "method": "POST",
                    "body": {**asked, **token},
                }
            page["links"].append(link)
        return answer(page)

    def _collections(self, request):
        parts = request.path.strip("/").split("/")
        if len(parts) == 1:
            return answer({"collections": list(self.collections.values()), "links": []})
        found = self.collections.get(parts[1])
        if found is None:
            return answer({"detail": "nothing"}, 404)
        if len(parts) == 3:
            features = [each for each in self.items if each["collection"] == parts[1]]
            return answer({"type": "FeatureCollection", "features": features, "links": []})
        return answer(found)

    def add(self, name, scene, collection_id="scenes"):
        self.items.append(item(name, {"image": scene.href}, collection=collection_id))
        self.collections[collection_id] = collection(collection_id)


def answer(body, status=200, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, {"Content-Type": "application/json", **named}, json.dumps(body).encode())


@pytest.fixture
def api(web):
    with Api() as api:
        for number in range(5):
            api.add(f"i{number}", web.add(f"{number}.tif"))
        yield api


def names(report):
    return sorted(path.parent.name for path in report.paths)


def test_all_pages_come_once(api, tmp_path):
    dataset = Dataset.from_stac(f"{api.url}/")

    report = dataset.download(tmp_path, progress=False)

    assert names(report) == ["i0", "i1", "i2", "i3", "i4"]
    assert [asked.get("token") for _, asked in api.asked] == [None, "2", "4"]
    assert (dataset.id, dataset.title) == ("an-api", "An API")
    assert (report.folder / "scenes/collection.json").is_file()
    assert json.loads((report.folder / "scenes/i0/i0.json").read_text())["id"] == "i0"


def test_filters_go_to_the_server(api, tmp_path):
    Dataset.from_stac(f"{api.url}/").download(
        tmp_path,
        bbox=[9, 49, 12, 52],
        datetime=("2020-01-01", None),
        collection_filter={"scenes": []},
        progress=False,
    )

    method, asked = api.asked[0]
    assert method == "POST"
    assert asked["bbox"] == [9, 49, 12, 52]
    assert asked["datetime"] == "2020-01-01T00:00:00Z/.."
    assert asked["collections"] == ["scenes"]


def test_a_server_without_post_is_asked_by_get(web, tmp_path):
    with Api(methods=("GET",)) as api:
        for number in range(3):
            api.add(f"i{number}", web.add(f"{number}.tif"))
        square = {"type": "Polygon", "coordinates": [[[9, 49], [12, 49], [12, 52], [9, 52], [9, 49]]]}

        report = Dataset.from_stac(api.url).download(tmp_path, intersects=square, progress=False)

        assert names(report) == ["i0", "i1", "i2"]
        assert {method for method, _ in api.asked} == {"GET"}
        assert json.loads(api.asked[0][1]["intersects"]) == square


def test_a_server_without_search_is_asked_for_the_items_of_each_collection(web, tmp_path):
    """As the hosted MLHub was: it had items of collections, and no search."""
    with Api(methods=()) as api:
        api.add("a", web.add("a.tif"), "one")
        api.add("b", web.add("b.tif"), "two")

        report = Dataset.from_stac(api.url).download(tmp_path, bbox=[9, 49, 12, 52], progress=False)

        assert names(report) == ["a", "b"]
        asked = [each.args["bbox"] for each in api.requests if each.path.endswith("/items")]
        assert asked == [["9.0,49.0,12.0,52.0"]] * 2


def test_what_the_server_lets_through_is_judged_all_the_same(api, web, tmp_path):
    """This one filters nothing at all."""
    api.items.append(item("far", {"image": web.add("far.tif").href}, bbox=[100.0, 0.0, 101.0, 1.0]))

    report = Dataset.from_stac(api.url).download(tmp_path, bbox=[9, 49, 12, 52], progress=False)

    assert names(report) == ["i0", "i1", "i2", "i3", "i4"]
    assert report.removed_by_filter["bbox"] == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_page_that_fails_is_asked_for_again(api, tmp_path, status):
    """By POST as well, after the time that the server names; the pages before it are not."""
    api.trouble = []
    dataset = Dataset.from_stac(api.url)
    first = dataset.download(tmp_path / "first", progress=False)
    api.asked.clear()
    api.trouble = [answer({}, status, Retry_After="1")]
    began = time.monotonic()

    again = dataset.download(tmp_path / "again", progress=False)

    assert time.monotonic() - began >= 1
    assert names(again) == names(first)
    assert [asked.get("token") for _, asked in api.asked] == [None, "2", "4"]


def test_only_the_collections_that_were_named(api, web, tmp_path):
    api.add("other", web.add("o.tif"), "others")
    dataset = Dataset.from_stac(api.url, collections=["scenes"])

    dataset.download(tmp_path, progress=False)

    assert dataset.id == "scenes"
    assert [each.id for each in dataset.collections] == ["scenes"]
    assert all(asked["collections"] == ["scenes"] for _, asked in api.asked)


def test_a_collection_that_is_not_there_is_told(api):
    with pytest.raises(EntityDoesNotExist, match="sceens"):
        _ = Dataset.from_stac(api.url, collections=["sceens"]).collections


def test_an_item_that_is_handed_out_twice_is_had_once(api, tmp_path):
    api.items.append(api.items[0])

    report = Dataset.from_stac(api.url).download(tmp_path, progress=False)

    assert (report.planned, report.moved) == (5, 0)
    assert not (report.folder / "scenes/i0/i0~2.json").exists()


def test_a_refusal_is_told_with_what_the_server_says(api, tmp_path):
    api.trouble = [answer({"detail": "bbox is too large"}, 400)]

    with pytest.raises(RequestRefused, match="bbox is too large"):
        Dataset.from_stac(api.url).download(tmp_path, progress=False)


def test_pages_that_are_none_are_told(api, tmp_path):
    api.trouble = [answer({"hello": "world"})]

    with pytest.raises(CatalogBroken, match='has no "features"'):
        Dataset.from_stac(api.url).download(tmp_path, progress=False)


@pytest.mark.parametrize("fields", [{}, {"id": ["x"]}])
def test_a_broken_item_is_a_row(api, tmp_path, fields):
    api.items.insert(1, {"type": "Feature", "assets": {}, "collection": "scenes", **fields})

    with pytest.raises(DownloadFailed) as caught:
        Dataset.from_stac(api.url).download(tmp_path, progress=False)

    assert caught.value.report.fetched == 5
    assert [each.error for each in caught.value.report.failures] == [f'an item of {api.url}: it has no "id"']


def test_no_thread_is_left_behind(api, tmp_path):
    with suppress(CatalogBroken):
        api.trouble = [answer({"hello": "world"})]
        Dataset.from_stac(api.url).download(tmp_path, progress=False)
    Dataset.from_stac(api.url).download(tmp_path, progress=False)

    assert [each.name for each in threading.enumerate() if each.name.startswith("mlhub")] == []
