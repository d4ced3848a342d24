"""A sample and the first items of a training dataset: whole pairs of labels and the imagery they name."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiant_mlhub import Dataset
from radiant_mlhub.download.catalog_rows import CatalogRows
from radiant_mlhub.download.filters import Filters, Subject
from radiant_mlhub.download.manifest import Manifest
from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.place_filter import Place
from radiant_mlhub.download.portion import find_sources, take_portion
from radiant_mlhub.download.records import Asset, ItemRecord
from support.scripted_hub import collection, item

MOST = 12
numbers = st.integers(0, MOST - 1)
CATALOGS = st.fixed_dictionaries(
    {
        "links": st.lists(st.tuples(numbers, numbers), max_size=15),
        "left_out": st.sets(numbers, max_size=4),
        "without_assets": st.sets(numbers, max_size=3),
    }
)


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """One for all: what it held goes with every catalog that is read into it."""
    manifest = Manifest(tmp_path_factory.mktemp("ledger") / "m.db")
    yield manifest
    manifest.close()


def kept(manifest, catalog, **asked):
    """Numbers of the items, of ``MOST``, that are left of a catalog."""
    options = checked_options("ds", **asked)
    filters, rows = Filters(options), CatalogRows(manifest)
    for number in range(MOST):
        rows.add(*judged(filters, catalog, number))
    rows.flush()
    find_sources(manifest)
    take_portion(manifest, options)
    items = dict(manifest.connection.execute("SELECT number - 1, rejected_by FROM items").fetchall())
    assets = dict(manifest.connection.execute("SELECT item - 1, rejected_by FROM hrefs").fetchall())
    for number in range(MOST):
        assert assets[number] == ("assets" if number in catalog["without_assets"] else items[number])
    return {number for number, said in assets.items() if said is None}


def judged(filters, catalog, number):
    """An item, and what is said of it and of its one asset while the catalog is read."""
    item_id = f"i{number:02}"
    sources = tuple(f"c/i{to:02}/i{to:02}.json" for of, to in catalog["links"] if of == number)
    asset = Asset("image", f"https://h/{number}.tif", ".tif", f"c/{item_id}/image.tif", is_common=False)
    record = ItemRecord("c", item_id, assets=(asset,), sources=sources)
    if number in catalog["left_out"]:
        verdict = "bbox"
    else:
        [verdict] = filters.judge([Subject("c", item_id, Place(None, None), {})])
    if number in catalog["without_assets"]:
        return record, verdict, ["assets"]
    return record, verdict or filters.next_item(), [None]


def named(catalog, left):
    """Items of ``left`` that others of it name as their source, and that have no source themselves."""
    links = [(of, to) for of, to in catalog["links"] if {of, to} <= left and of != to]
    with_sources = {of for of, to in catalog["links"] if of != to}
    return {to for _, to in links if to not in with_sources}, links


PORTIONS = [{"sample": 0.4}, {"sample": 0.4, "seed": 5}, {"max_items": 3}, {"sample": 0.7, "max_items": 2}]


@pytest.mark.parametrize("asked", PORTIONS)
@settings(max_examples=60, deadline=None)
@given(catalog=CATALOGS)
def test_labels_bring_their_imagery_and_imagery_comes_with_labels_alone(manifest, asked, catalog):
    everything, part = kept(manifest, catalog), kept(manifest, catalog, **asked)
    followers, links = named(catalog, everything)

    assert everything == set(range(MOST)) - catalog["left_out"] - catalog["without_assets"]
    assert part <= everything
    for of, to in links:
        assert to in part or of not in part, "a label without its imagery"
    for number in part & followers:
        assert any(of in part for of, to in links if to == number), "imagery without a label"


@settings(max_examples=60, deadline=None)
@given(catalog=CATALOGS, fractions=st.lists(st.floats(0.01, 1), min_size=2, max_size=2).map(sorted))
def test_a_larger_sample_has_all_of_a_smaller_one(manifest, catalog, fractions):
    smaller, larger = (kept(manifest, catalog, sample=fraction) for fraction in fractions)

    assert smaller <= larger


@settings(max_examples=60, deadline=None)
@given(catalog=CATALOGS, count=st.integers(1, MOST), also=st.sampled_from([{}, {"sample": 0.6}]))
def test_fewer_items_are_the_first_of_more(manifest, catalog, count, also):
    """And no more are counted than were asked for: what labels bring along is not counted."""
    fewer, more = (kept(manifest, catalog, max_items=number, **also) for number in (count, count + 1))
    everything = kept(manifest, catalog, **also)
    followers, _ = named(catalog, everything)
    counted = sorted(everything - followers)

    assert fewer <= more <= everything
    assert set(counted[:count]) <= fewer
    if not catalog["links"]:
        assert sorted(fewer) == counted[:count]


def test_items_that_name_each_other_in_a_circle_come_to_an_end(manifest):
    circle = {"links": [(0, 1), (1, 2), (2, 0)], "left_out": set(), "without_assets": set()}

    assert kept(manifest, circle, max_items=1) == {0, 1, 2}


@pytest.fixture
def dataset(hub):
    """Three fields: a label each, drawn on images of two days. The images come first in the catalog."""
    images = [
        item(f"f{n}_{day}", {"image": hub.file(f"{n}{day}.tif").href}, collection="source")
        for n in range(3)
        for day in "ab"
    ]
    labels = [
        item(
            f"f{n}",
            {"labels": hub.file(f"{n}.csv").href},
            collection="labels",
            links=[
                {"rel": "source", "href": f"../../source/f{n}_a/f{n}_a.json"},
                {"rel": "source", "href": f"https://hub.example/collections/source/items/f{n}_b"},
                {"rel": "source", "href": "https://elsewhere.example/nothing.json"},
                {"rel": "root", "href": "../../catalog.json"},
            ],
        )
        for n in (2, 0, 1)
    ]
    hub.publish("ds", [*images, *labels], collections=[collection("source"), collection("labels")])
    return Dataset.fetch("ds")


def files(report):
    return sorted(path.parent.name for path in report.paths)


def test_the_first_labels_come_with_their_images(dataset, tmp_path):
    """Not the first images, which no label of the download would be of."""
    report = dataset.download(tmp_path, max_items=1, progress=False)

    assert files(report) == ["f2", "f2_a", "f2_b"]
    assert report.removed_by_filter == {"max_items": 6}


def test_images_alone_are_counted_themselves(dataset, tmp_path):
    """Where another filter leaves labels out, they bring nothing along."""
    report = dataset.download(tmp_path, collection_filter={"source": []}, max_items=2, progress=False)

    assert files(report) == ["f0_a", "f0_b"]


def test_an_image_that_another_filter_leaves_out_stays_out(dataset, tmp_path):
    report = dataset.download(tmp_path, ids=["f0", "f1", "f0_b", "f1_a"], max_items=1, progress=False)

    assert files(report) == ["f0", "f0_b"]


def test_a_sample_is_the_same_in_another_folder_and_after_another(dataset, tmp_path):
    """A run that was killed goes on with what it was at."""
    first = dataset.download(tmp_path / "1", sample=0.5, seed=4, progress=False)
    dataset.download(tmp_path / "2", sample=0.9, progress=False)
    dataset.download(tmp_path / "2", max_items=1, progress=False)
    again = dataset.download(tmp_path / "2", sample=0.5, seed=4, progress=False)

    assert files(first) == files(again)
    assert 0 < first.planned < 9
    assert first.planned % 3 == 0


def test_an_image_named_by_two_labels_comes_with_either(hub, tmp_path):
    source = [{"rel": "source", "href": "../../scenes/tile/tile.json"}]
    labels = [
        item(f"l{n}", {"labels": hub.file(f"{n}.csv").href}, collection="labels", links=source)
        for n in range(2)
    ]
    hub.publish("two", [item("tile", {"image": hub.file("tile.tif").href}), *labels])

    for count, came in ((1, ["l0", "tile"]), (2, ["l0", "l1", "tile"])):
        report = Dataset.fetch("two").download(tmp_path, max_items=count, progress=False)
        assert files(report) == came


def test_an_id_that_several_collections_have_is_that_of_the_links_collection(hub, tmp_path):
    """Image and label of one tile often have one id."""
    source = [{"rel": "source", "href": "../../images/t/t.json"}]
    hub.publish(
        "same",
        [
            item("t", {"image": hub.file("1.tif").href}, collection="images"),
            item("t", {"image": hub.file("2.tif").href}, collection="others"),
            item("t", {"labels": hub.file("3.csv").href}, collection="labels", links=source),
        ],
    )

    report = Dataset.fetch("same").download(tmp_path, max_items=1, progress=False)
    labelled = {path.parent.parent.name for path in report.paths}

    assert labelled == {"others"}
    report = Dataset.fetch("same").download(tmp_path, max_items=2, progress=False)
    assert {path.parent.parent.name for path in report.paths} == {"images", "others", "labels"}


def test_a_part_takes_time_by_the_item_not_by_its_square(manifest):
    """Twice as many pairs took four times as long once: 72 s for 100,000 of them, in place of 1.5."""
    steps = [statements_of(manifest, count) for count in (500, 1000)]

    assert steps[1] < 2.5 * steps[0]


def statements_of(manifest, count):
    """How many thousand instructions of SQLite's machine it takes to draw of so many pairs."""
    rows = CatalogRows(manifest)
    for kind in ("source", "label"):
        for number in range(count):
            item_id = f"{kind}{number:04}"
            asset = Asset("a", f"https://h/{item_id}.tif", ".tif", f"c/{item_id}/a.tif", is_common=False)
            sources = (f"c/source{number:04}/source.json",) if kind == "label" else ()
            rows.add(ItemRecord("c", item_id, assets=(asset,), sources=sources), None, [None])
    rows.flush()
    find_sources(manifest)
    steps = 0

    def count_step():
        nonlocal steps
        steps += 1

    manifest.connection.set_progress_handler(count_step, 1000)
    take_portion(manifest, checked_options("ds", sample=0.5))
    manifest.connection.set_progress_handler(None, 0)
    return steps
