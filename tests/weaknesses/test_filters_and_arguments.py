"""What was asked is understood, or refused before anything moves, in words that help."""

import os
from datetime import date, datetime, timezone

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.client import list_collection_items
from support.scripted_hub import collection, item, rectangle
from support.scripts import run_script
from support.time_limits import within


@pytest.fixture
def scenes(hub):
    """Three items, each with one image: Fiji across 180 degrees, Bonn, and Nairobi."""
    boxes = {
        "fiji": [177.0, -19.0, -178.0, -16.0],
        "bonn": [7.0, 50.0, 7.2, 50.8],
        "nairobi": [36, -2, 37, -1],
    }
    days = {"fiji": "2019-04-01T23:59:59Z", "bonn": "2019-04-02T00:00:00Z", "nairobi": "2020-01-01T00:00:00Z"}
    hub.publish(
        "ds",
        [
            item(name, {"image": hub.file(f"{name}.tif").href}, bbox=boxes[name], datetime=days[name])
            for name in boxes
        ],
    )
    return Dataset.fetch("ds")


def downloaded(folder):
    """The ids of the items whose image is under ``folder``."""
    return {path.parent.name for path in folder.rglob("image.tif")}


EMPTY = [
    ({"bbox": [0.25, 0.0, 1.0, 1.0]}, "0.25"),
    ({"intersects": {"type": "Feature", "geometry": rectangle([0, 0, 1, 1]), "properties": {}}}, "Polygon"),
    ({"datetime": datetime(1999, 1, 1, tzinfo=timezone.utc)}, "1999-01-01"),  # noqa: UP017 - old Pythons
]


@pytest.mark.weakness(48)
@pytest.mark.parametrize(("options", "shown"), EMPTY, ids=["bbox", "intersects", "datetime"])
def test_an_empty_choice_shows_what_was_asked(scenes, tmp_path, options, shown):
    with pytest.raises(RuntimeError, match="zero assets to download") as raised:
        scenes.download(tmp_path, **options)

    assert shown in str(raised.value)


@pytest.mark.weakness(48)
def test_an_empty_choice_counts_what_each_filter_took(scenes, tmp_path):
    with pytest.raises(RuntimeError) as raised:
        scenes.download(tmp_path, bbox=[0.0, 0.0, 1.0, 1.0])

    assert raised.value.removed == {"bbox": 3}


TIMES = [
    (datetime(2019, 4, 2), {"bonn"}),  # noqa: DTZ001 - a time without a zone is the point
    ((datetime(2019, 4, 1), datetime(2019, 5, 1)), {"fiji", "bonn"}),  # noqa: DTZ001
    (date(2019, 4, 1), {"fiji"}),
    ("2019-04-01", {"fiji"}),
    ((datetime(2019, 4, 2, tzinfo=timezone.utc), None), {"bonn", "nairobi"}),  # noqa: UP017
    ("2019-04-01T00:00:00Z/2019-04-30T00:00:00Z", {"fiji", "bonn"}),
    ("../2019-04-02T00:00:00Z", {"fiji", "bonn"}),
]


@pytest.mark.weakness(49)
@pytest.mark.parametrize(("asked", "found"), TIMES, ids=[str(asked) for asked, _ in TIMES])
def test_times_are_understood_as_they_are_written(scenes, tmp_path, asked, found):
    """No zone means UTC, a date means that day, an open end means open."""
    scenes.download(tmp_path, datetime=asked)

    assert downloaded(tmp_path) == found


NONSENSE = [
    {"bbox": [0, 0, 1]},
    {"bbox": []},
    {"bbox": [0, 50, 1, 40]},
    {"bbox": [0, float("nan"), 1, 1]},
    {"intersects": {}},
    {"collection_filter": {}},
    {"datetime": ("2020-01-01T00:00:00Z", "2019-01-01T00:00:00Z")},
]


@pytest.mark.weakness(50)
@pytest.mark.parametrize("options", NONSENSE, ids=str)
def test_what_cannot_be_meant_is_refused_before_any_request(hub, scenes, tmp_path, options):
    """An empty filter is an error, not "everything"."""
    before = len(hub.api.requests)

    with pytest.raises(ValueError, match=r"\w"):
        scenes.download(tmp_path, **options)

    assert len(hub.api.requests) == before
    assert hub.blobs.requests == []


@pytest.mark.weakness(50)
def test_a_box_across_the_antimeridian_is_the_small_one(scenes, tmp_path):
    scenes.download(tmp_path, bbox=[170, -60, -170, 60])

    assert downloaded(tmp_path) == {"fiji"}


@pytest.mark.weakness(51)
@pytest.mark.parametrize(
    "area",
    [
        rectangle([7, 50, 8, 51]),
        {
            "type": "FeatureCollection",
            "features": [{"type": "Feature", "properties": {}, "geometry": rectangle([7, 50, 8, 51])}],
        },
    ],
    ids=lambda area: area["type"],
)
def test_every_shape_of_geojson_is_an_area(scenes, tmp_path, area):
    scenes.download(tmp_path, intersects=area)

    assert downloaded(tmp_path) == {"bonn"}


@pytest.mark.weakness(51)
def test_exact_tests_the_geometry_and_not_its_box(hub, tmp_path):
    """A triangle whose box touches the area, but which does not."""
    triangle = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [0, 10], [0, 0]]]}
    files = [hub.file("a.tif"), hub.file("b.tif")]
    hub.publish(
        "ds",
        [
            item("corner", {"image": files[0].href}, bbox=[0, 0, 10, 10], geometry=triangle),
            item("inside", {"image": files[1].href}, bbox=[8, 8, 9, 9]),
        ],
    )

    Dataset.fetch("ds").download(
        tmp_path, intersects={"type": "Feature", "geometry": rectangle([8, 8, 9, 9])}, exact=True
    )

    assert downloaded(tmp_path) == {"inside"}


@pytest.mark.weakness(52)
@pytest.mark.parametrize(
    ("asked", "meant"),
    [({"scenes": [], "scens": []}, "scenes"), ({"scenes": ["image", "imge"]}, "image")],
    ids=["id", "key"],
)
def test_a_misspelled_name_in_the_filter_is_said_with_the_right_one(scenes, tmp_path, asked, meant):
    """Beside a name that is right, so that something would be left."""
    with pytest.raises(ValueError, match=f'"{meant}"'):
        scenes.download(tmp_path, collection_filter=asked)

    assert downloaded(tmp_path) == set()


@pytest.mark.weakness(52)
def test_assets_of_a_collection_follow_the_keys_of_the_filter(hub, tmp_path):
    poster, map_ = hub.file("poster.png"), hub.file("map.png")
    image = hub.file("a.tif")
    hub.publish(
        "ds",
        [item("a", {"image": image.href})],
        collections=[collection("scenes", {"poster": poster.href, "map": map_.href})],
    )

    Dataset.fetch("ds").download(tmp_path, collection_filter={"scenes": ["image", "map"]})

    assert {path.name for path in tmp_path.rglob("*.png")} == {"map.png"}


@pytest.mark.weakness(53)
@pytest.mark.parametrize("option", ["output_dir", "asset_output_dir"])
def test_an_empty_folder_name_is_refused_in_words(scenes, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)

    with pytest.raises((ValueError, OSError), match=option):
        scenes.download(**{"output_dir": tmp_path, option: ""})


@pytest.mark.weakness(53)
def test_a_tilde_is_the_home_folder(scenes, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    scenes.download("~/data", collection_filter={"scenes": []})

    assert (tmp_path / "home/data/ds/scenes/bonn/image.tif").is_file()
    assert not (tmp_path / "~").exists()


@pytest.mark.weakness(54)
def test_the_default_folder_is_where_the_caller_stands(scenes, tmp_path, monkeypatch):
    """In a process of its own, since a wrong one would write into this project."""
    (tmp_path / "at import").mkdir()
    (tmp_path / "at call").mkdir()
    monkeypatch.chdir(tmp_path / "at import")

    run_script(
        "import os\n"
        "from radiant_mlhub import Dataset\n"
        f"os.chdir({str(tmp_path / 'at call')!r})\n"
        "Dataset.fetch('ds').download()\n"
    )

    assert os.listdir(tmp_path / "at import") == []  # noqa: PTH208
    assert downloaded(tmp_path / "at call") == {"fiji", "bonn", "nairobi"}


@pytest.fixture
def three_collections(hub):
    hub.publish("ds", collections=[collection(name) for name in ("one", "two", "three")])
    return hub


@pytest.mark.weakness(55)
def test_collections_are_a_list(three_collections):
    collections = Dataset.fetch("ds").collections

    assert isinstance(collections, list)
    assert [each.id for each in collections[0:2]] == ["one", "two"]
    assert [each.id for each in collections + collections[:1]] == ["one", "two", "three", "one"]
    assert collections.index(collections[2]) == 2


@pytest.mark.weakness(55)
@pytest.mark.filterwarnings("ignore:Collection")  # a warning says which one
def test_one_missing_collection_does_not_hide_the_others(three_collections):
    del three_collections.collections["two"]

    def ids():
        return [each.id for each in Dataset.fetch("ds").collections]

    assert within(5, ids) in (["one", "three"], ["one", "two", "three"])


@pytest.mark.weakness(55)
@pytest.mark.filterwarnings("ignore:Collection")  # a warning says which one
def test_an_unknown_type_does_not_hide_the_collections(three_collections):
    three_collections.datasets["ds"]["collections"][1]["types"] = ["imagery of tomorrow"]

    collections = Dataset.fetch("ds").collections

    assert [each.id for each in collections] == ["one", "two", "three"]
    assert [each.id for each in collections.source_imagery] == ["one", "three"]


def page(*ids, **link):
    links = [{"rel": "next", **link}] if link else []
    return {"type": "FeatureCollection", "features": [item(name, {}) for name in ids], "links": links}


@pytest.mark.weakness(56)
def test_a_next_link_is_followed_as_it_is(hub):
    """It carries its parameters already: none is sent twice."""
    hub.answer(
        "collections/scenes/items",
        body=page("a", href=f"{hub.root_url}page2?token=t&limit=1&extensions=eo"),
    )
    hub.answer("page2", body=page("b"))

    found = list(list_collection_items("scenes", page_size=1, extensions=["eo"], limit=None))

    assert [each["id"] for each in found] == ["a", "b"]
    assert {name: len(values) for name, values in hub.api.requests[-1].args.items()} == {
        "token": 1,
        "limit": 1,
        "extensions": 1,
        "key": 1,
    }


@pytest.mark.weakness(56)
def test_a_next_link_that_posts_is_posted(hub):
    link = {"href": f"{hub.root_url}search", "method": "POST", "body": {"token": "t"}}
    hub.answer("collections/scenes/items", body=page("a", **link))
    hub.answer("search", body=page("b"))

    found = list(list_collection_items("scenes", limit=3))

    assert [each["id"] for each in found] == ["a", "b"]
    assert hub.api.requests[-1].method == "POST"
    assert b'"t"' in hub.api.requests[-1].body


@pytest.mark.weakness(56)
def test_a_page_that_leads_to_itself_is_an_end(hub):
    hub.answer("collections/scenes/items", body=page("a", href=f"{hub.root_url}collections/scenes/items"))

    with pytest.raises(Exception, match=r"(?i)next|page"):
        within(5, lambda: list(list_collection_items("scenes", limit=None)))

    assert len(hub.api.requests) < 10
