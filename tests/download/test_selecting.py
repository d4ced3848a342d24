"""Which assets and items come: by key, role, media type, id, properties, and a part of what is left."""

import sqlite3
import sys
from contextlib import closing

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.download.options import checked_options
from radiant_mlhub.exceptions import InvalidArgument, NoAssetsMatched, UnknownInFilter
from support.scripted_hub import collection, item

GEOTIFF = "image/tiff; application=geotiff; profile=cloud-optimized"


def asset(hub, name, media_type=None, roles=None):
    fields = {"type": media_type, "roles": roles}
    return {"href": hub.file(name).href, **{name: each for name, each in fields.items() if each is not None}}


@pytest.fixture
def hub(hub):
    """Two scenes of two sensors, a picture and a document beside each, and a table of labels."""
    document = asset(hub, "about.pdf", "application/pdf", ["metadata"])
    items = [
        item(
            name,
            {
                "B04": asset(hub, f"{name}4.tif", GEOTIFF, ["data", "reflectance"]),
                "B08": asset(hub, f"{name}8.tif", "IMAGE/TIFF", ["data"]),
                "preview": asset(hub, f"{name}.png", "image/png", ["overview"]),
                "documentation": document,
            },
            properties={"datetime": "2020-06-15T12:00:00Z", "platform": platform, "eo:cloud_cover": cloud},
        )
        for name, platform, cloud in (("a", "S2A", 10), ("b", "S2B", 40.5))
    ]
    labels = {"labels": asset(hub, "c.csv", "text/csv", ["data"]), "documentation": document}
    items.append(item("c", labels, collection="tables"))
    hub.publish("ds", items)
    return hub


def download(folder, dataset="ds", **options):
    return Dataset.fetch(dataset).download(folder, progress=False, **options)


def names(report):
    return {path.relative_to(report.folder).as_posix() for path in report.paths}


@pytest.mark.parametrize(
    ("assets", "came"),
    [
        (["B04"], {"scenes/a/B04.tif", "scenes/b/B04.tif"}),
        (["B04", "labels"], {"scenes/a/B04.tif", "scenes/b/B04.tif", "tables/c/labels.csv"}),
        (["reflectance"], {"scenes/a/B04.tif", "scenes/b/B04.tif"}),
        (["overview", "text/csv"], {"scenes/a/preview.png", "scenes/b/preview.png", "tables/c/labels.csv"}),
        (["image/tiff; application=*"], {"scenes/a/B04.tif", "scenes/b/B04.tif"}),
        (["image/tiff"], {f"scenes/{name}/B0{band}.tif" for name in "ab" for band in "48"}),
        (["B0?"], {f"scenes/{name}/B0{band}.tif" for name in "ab" for band in "48"}),
        (["B0[5-8]"], {f"scenes/{name}/B08.tif" for name in "ab"}),
        (["*/PDF"], {"_common/documentation.pdf"}),
    ],
)
def test_assets_are_chosen_by_key_role_media_type_or_pattern(hub, tmp_path, assets, came):
    """Whatever their collection. Keys and roles as they are written, media types in any case."""
    assert names(download(tmp_path, assets=assets)) == came


def test_a_pattern_that_is_a_key_as_it_stands_is_that_key(hub, tmp_path):
    """A key may look like a pattern."""
    hub.publish("odd", [item("a", {"B[04]": hub.file("x.tif").href, "B8": hub.file("y.tif").href})])

    [path] = download(tmp_path, "odd", assets=["B[04]"]).paths

    assert path.read_bytes() == hub.file("x.tif").content


def test_ids_choose_items_of_any_collection(hub, tmp_path):
    report = download(tmp_path, ids=["c", "a"], assets=["data"])

    assert names(report) == {"scenes/a/B04.tif", "scenes/a/B08.tif", "tables/c/labels.csv"}
    assert report.removed_by_filter == {"assets": 3, "ids": 2}


@pytest.mark.parametrize(
    ("cql2", "ids"),
    [
        ("eo:cloud_cover < 20", "a"),
        ('{"op": "<", "args": [{"property": "eo:cloud_cover"}, 20]}', "a"),
        ({"op": "<", "args": [{"property": "properties.eo:cloud_cover"}, 20]}, "a"),
        ("platform LIKE 'S2%' AND NOT platform = 'S2A'", "b"),
        ("platform IN ('S2B') OR collection = 'tables'", "bc"),
        ("platform IS NULL", "c"),
        ("id = 'a' OR id = 'c'", "ac"),
        ("S_INTERSECTS(geometry, BBOX(0, 40, 20, 60))", "abc"),
        ("T_AFTER(datetime, TIMESTAMP('2020-01-01T00:00:00Z')) AND \"eo:cloud_cover\" > 20", "b"),
        ("platform <> 'S2A'", "b"),
    ],
)
def test_a_cql2_filter_keeps_the_items_of_which_it_is_true(hub, tmp_path, cql2, ids):
    """Not those of which nothing can be said: an item without a platform is neither S2A nor another."""
    report = download(tmp_path, filter=cql2, dry_run=True)

    assert left(report, "filter") == set(ids)


def left(report, name):
    with closing(sqlite3.connect(report.manifest)) as connection:
        rows = connection.execute(
            "SELECT item_id, rejected_by FROM items WHERE item_id IS NOT NULL"
        ).fetchall()
    assert {rejected_by for _, rejected_by in rows} <= {None, name}
    return {item_id for item_id, rejected_by in rows if rejected_by is None}


def test_filters_combine_and_the_first_that_says_no_is_counted(hub, tmp_path):
    report = download(
        tmp_path,
        collection_filter={"scenes": []},
        assets=["B0*", "preview"],
        bbox=[0, 40, 20, 60],
        filter="eo:cloud_cover < 50",
        max_items=1,
    )

    assert names(report) == {"scenes/a/B04.tif", "scenes/a/B08.tif", "scenes/a/preview.png"}
    assert report.removed_by_filter == {
        "collection_filter": 1, "assets": 1, "bbox": 0, "filter": 0, "max_items": 3,
    }  # fmt: skip


def test_max_items_counts_items_that_have_an_asset_left(hub, tmp_path):
    """In catalog order: two scenes come before the table, and have no labels."""
    assert names(download(tmp_path, assets=["labels"], max_items=1)) == {"tables/c/labels.csv"}


def test_a_collections_own_assets_are_chosen_like_any_and_are_no_items(hub, tmp_path):
    """ids, filter, sample and max_items are about items, as place and time are."""
    style = {"style": hub.file("style.qml").href, "thumbnail": hub.file("thumb.png").href}
    hub.publish(
        "own", [item("a", {"image": hub.file("a.tif").href})], collections=[collection("scenes", style)]
    )

    assert names(download(tmp_path / "1", "own", assets=["style"])) == {"scenes/style.qml"}
    assert names(download(tmp_path / "2", "own", max_items=1)) >= {"scenes/a/image.tif", "scenes/style.qml"}
    assert names(download(tmp_path / "3", "own", filter="id = 'none'")) == {
        "scenes/style.qml",
        "scenes/thumbnail.png",
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            {"assets": ["B04", "prevew"]},
            'assets names "prevew", which is no key, role or media type of an asset of "ds". '
            'Did you mean "preview"?',
        ),
        ({"assets": ["reflectanse"]}, 'Did you mean "reflectance"?'),
        ({"assets": ["image/tif"]}, 'Did you mean "image/tiff"'),
        ({"assets": ["b04"]}, 'Did you mean "B04"'),
        ({"assets": ["Q*"]}, 'assets names "Q*", which is no key, role or media type'),
        ({"ids": ["a", "zzz"]}, 'ids names the item "zzz", which "ds" does not have. It has: "a", "b", "c".'),
        ({"ids": ["x1", "a", "x2", "x3"]}, '"x1", which "ds" does not have, nor 2 others of them.'),
        (
            {"filter": "eo:cloud_covr < 20"},
            'filter names the property "eo:cloud_covr", which no item of "ds" has. '
            'Did you mean "eo:cloud_cover"?',
        ),
        ({"filter": "platform = 'S2A' OR plattform = 'S2B'"}, 'Did you mean "platform"?'),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_told_with_the_nearest(hub, tmp_path, asked, said):
    """Before any asset is asked for, and by every run."""
    for _ in range(2):
        with pytest.raises(UnknownInFilter) as caught:
            download(tmp_path, **asked)

        assert said in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert hub.asset_requests() == []


def test_a_property_that_no_item_has_may_be_asked_to_be_missing(hub, tmp_path):
    assert download(tmp_path, filter="gsd IS NULL", dry_run=True).planned == 8


def test_filters_that_leave_nothing_say_so(hub, tmp_path):
    with pytest.raises(NoAssetsMatched) as caught:
        download(tmp_path, filter="eo:cloud_cover > 100")

    assert str(caught.value).startswith("after filtering by CQL2 filter, zero assets to download.")
    assert caught.value.removed == {"filter": 8}


REFUSED = [
    ({"assets": "B04"}, "assets is the text 'B04'; a list is wanted: ['B04']."),
    ({"assets": []}, "assets is empty, which keeps nothing; leave it out to keep everything."),
    ({"assets": {"B04": 1}}, "assets is {'B04': 1}; a list of texts is wanted."),
    ({"assets": 4}, "assets is 4; a list of texts is wanted."),
    ({"assets": ["B04", ""]}, "assets has ''; texts are wanted."),
    ({"ids": "a"}, "ids is the text 'a'; a list is wanted: ['a']."),
    ({"ids": ()}, "ids is empty, which keeps nothing; leave it out to keep everything."),
    ({"ids": ["a", 7]}, "ids has 7; texts are wanted."),
    ({"max_items": 0}, "max_items is 0; it must be a whole number from 1, or None."),
    ({"max_items": -1}, "max_items is -1; it must be a whole number from 1, or None."),
    ({"max_items": 2.0}, "max_items is 2.0; it must be a whole number from 1, or None."),
    ({"max_items": True}, "max_items is True; it must be a whole number from 1, or None."),
    ({"sample": 0}, "sample is 0; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"sample": 1.1}, "sample is 1.1; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"sample": -0.1}, "sample is -0.1; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"sample": float("nan")}, "sample is nan; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"sample": "0.1"}, "sample is '0.1'; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"sample": True}, "sample is True; it must be a fraction above 0 and up to 1: 0.01 is 1 %."),
    ({"seed": 3}, "seed is 3, and there is no sample to draw: add sample=0.01, or so."),
    ({"seed": "x", "sample": 0.5}, "seed is 'x'; it must be a whole number."),
    ({"filter": ""}, "filter is empty; leave it out to keep everything."),
    ({"filter": "  "}, "filter is empty; leave it out to keep everything."),
    ({"filter": {}}, "filter is empty; leave it out to keep everything."),
    ({"filter": 3}, "filter is 3; CQL2 is wanted, as a text or as a dict."),
    ({"filter": "true"}, "filter is true, whatever the item; compare properties instead."),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "said"), REFUSED)
def test_what_cannot_be_meant_is_refused(asked, said):
    with pytest.raises(InvalidArgument) as caught:
        checked_options("ds", **asked)

    assert str(caught.value) == said


def test_it_is_refused_before_any_request(hub, tmp_path):
    dataset = Dataset.fetch("ds")
    hub.api.requests.clear()
    hub.blobs.requests.clear()

    for asked, _ in REFUSED:
        with pytest.raises(InvalidArgument):
            dataset.download(tmp_path / "none", **asked)

    assert hub.api.requests == hub.blobs.requests == []
    assert not (tmp_path / "none").exists()


def test_without_the_library_a_filter_names_the_extra_that_brings_it(hub, tmp_path, monkeypatch):
    """Everything else works without it."""
    monkeypatch.setitem(sys.modules, "cql2", None)

    assert download(tmp_path, assets=["B04"]).fetched == 2
    hub.api.requests.clear()
    with pytest.raises(InvalidArgument) as caught:
        checked_options("ds", filter="a = 1")
    assert str(caught.value) == "filter needs cql2, which is not installed: pip install 'radiant-mlhub[stac]'"


def test_what_was_asked_is_kept_as_it_was_understood():
    """For sources that can leave the rest out."""
    asked = checked_options(
        "ds",
        assets=["B04", "data", "B04"],
        ids=iter(["b", "a", "b"]),
        filter="a < 1",
        sample=0.5,
        seed=7,
        max_items=3,
    )

    assert (asked.assets, asked.ids) == (("B04", "data"), ("b", "a"))
    assert asked.filter == {"op": "<", "args": [{"property": "a"}, 1]}
    assert (asked.sample, asked.seed, asked.max_items) == (0.5, 7, 3)
    assert checked_options("ds").ids is None
    assert checked_options("ds", sample=1).seed == 0


def test_roles_and_types_that_are_none_fit_nothing(hub, tmp_path):
    """A catalog with faults keeps its assets."""
    odd = {"href": hub.file("odd.tif").href, "roles": "data", "type": 7}
    mixed = {"href": hub.file("mixed.tif").href, "roles": [None, "data"]}
    hub.publish("odd", [item("a", {"odd": odd, "mixed": mixed})])

    assert names(download(tmp_path, "odd", assets=["data"])) == {"scenes/a/mixed.tif"}
    assert download(tmp_path, "odd").planned == 2
