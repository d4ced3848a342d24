"""Footprints of a dataset: where they come from, as a picture, a map and a table."""

import builtins
import json
import warnings

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.download.footprints import Footprint, footprints_of, recorded_footprints
from radiant_mlhub.exceptions import ExtraMissing, MLHubException
from radiant_mlhub.models._map_page import MapPage
from radiant_mlhub.models._shapes import shapes_of
from support.browser import chromium
from support.scripted_hub import ScriptedHub, item

POLYGON = {"type": "Polygon", "coordinates": [[[1, 1], [2, 1], [2, 2], [1, 1]]]}


@pytest.fixture
def pyplot():
    """matplotlib without a screen; what is drawn is closed."""
    matplotlib = pytest.importorskip("matplotlib", reason="pip install 'radiant-mlhub[notebook]'")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    yield plt
    plt.close("all")


@pytest.fixture
def hub(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with ScriptedHub() as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", "a-key-of-the-tests")
        yield hub


@pytest.fixture
def dataset(hub):
    """Three scenes and a label, on two days; the label's time is a range."""
    scene = hub.file("a.tif").href
    hub.publish(
        "ds",
        [
            item("a", {"image": scene}, bbox=[1, 1, 2, 2], geometry=POLYGON),
            item("b", {"image": scene}, bbox=[3, 1, 4, 2], datetime="2020-07-01T00:00:00Z"),
            item("c", {"image": scene}, bbox=[179, 1, -179, 2], geometry=None),
            item(
                "l",
                {"labels": scene},
                collection="labels",
                bbox=[1, 1, 2, 2],
                properties={
                    "datetime": None,
                    "start_datetime": "2020-06-01T00:00:00Z",
                    "end_datetime": "2020-06-30T00:00:00+02:00",
                },
            ),
        ],
    )
    return Dataset.fetch("ds")


def footprint(geometry=None, bbox=None, **times):
    texts = [None if each is None else json.dumps(each) for each in (geometry, bbox)]
    return Footprint("c", "i", *texts, times.get("datetime"), times.get("start"), times.get("end"))


def requests_of(hub):
    return len(hub.api.requests) + len(hub.blobs.requests)


def test_without_a_download_the_catalog_is_asked(dataset, hub):
    assert {(each.collection_id, each.item_id) for each in dataset._footprints(None)} == {
        ("scenes", "a"),
        ("scenes", "b"),
        ("scenes", "c"),
        ("labels", "l"),
    }


def test_after_a_download_its_manifest_is_read_and_nobody_asked(dataset, hub, tmp_path):
    """With what the filters said."""
    dataset.download("out", progress=False, datetime="2020-07-01")
    before = requests_of(hub)

    footprints = dataset._footprints("out")

    assert requests_of(hub) == before
    assert {each.item_id for each in footprints} == set("abcl")
    assert {each.item_id for each in footprints if each.is_wanted} == {"b"}


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000, None])
def test_a_manifest_that_is_none_is_no_reason_to_fail(dataset, tmp_path, content):
    """It is a cache: the catalog tells the same."""
    manifest = tmp_path / "ds" / "mlhub_stac_assets.db"
    if content is not None:
        manifest.parent.mkdir()
        manifest.write_bytes(content)

    assert recorded_footprints(manifest) is None
    assert len(dataset._footprints(None)) == 4


def test_a_manifest_that_was_not_filled_is_not_believed(dataset, tmp_path):
    """A download that was killed while it read the catalog knows a part of it."""
    import sqlite3
    from contextlib import closing

    dataset.download(progress=False)
    manifest = tmp_path / "ds" / "mlhub_stac_assets.db"
    with closing(sqlite3.connect(manifest)) as connection, connection:
        connection.execute("DELETE FROM run WHERE name = 'catalog'")

    assert recorded_footprints(manifest) is None


def test_broken_places_and_times_are_none():
    broken = footprint({"type": "Polygon", "coordinates": "x"}, [1, 2, 3], datetime="yesterday")

    assert broken.box is None
    assert broken.interval is None
    assert list(shapes_of([broken])) == [None]


def test_a_box_stands_for_a_geometry_that_is_missing():
    """Cut in two where it crosses the antimeridian."""
    shapes = shapes_of([footprint(None, [179, 1, -179, 2]), footprint(None, [1, 1, 2, 2]), footprint()])

    assert shapes[0].geom_type == "MultiPolygon"
    assert shapes[0].area == pytest.approx(2)
    assert shapes[1].bounds == (1, 1, 2, 2)
    assert shapes[2] is None


def test_items_as_strange_as_they_come_have_footprints():
    strange = [{}, {"id": 5, "properties": None}, {"id": "x", "properties": {"datetime": 5}, "bbox": "?"}]

    assert [each.box for each in footprints_of(strange)] == [None] * 3
    assert [each.interval for each in footprints_of(strange)] == [None] * 3


def test_the_picture_has_a_map_and_a_row_each_collection(dataset, pyplot, tmp_path):
    axes = dataset.plot()
    where, when = axes.figure.axes
    axes.figure.savefig(tmp_path / "plot.png")

    assert axes is where
    assert "4 items" in where.get_title()
    assert [label.get_text() for label in when.get_yticklabels()] == ["scenes", "labels"]
    west, east = where.get_xlim()
    assert west < -179
    assert east > 179
    drawn = [len(part.get_paths()) for part in where.collections]
    assert sum(drawn) >= 5  # the box across the antimeridian is drawn on both sides


def test_what_filters_left_out_is_drawn_fainter(dataset, pyplot):
    dataset.download("out", progress=False, datetime="2020-07-01")

    where = dataset.plot("out")

    assert "3 left out by the last download's filters" in where.get_title()
    strengths = {float(rgba[3]) for part in where.collections for rgba in part.get_edgecolors()}
    assert strengths == {1.0, 0.3}


def test_a_dataset_without_places_and_times_is_a_picture_that_says_so(hub, pyplot, tmp_path):
    hub.publish("ds", [item("a", {"image": hub.file("a.tif").href}, bbox=[], geometry=None, datetime=None)])

    where = Dataset.fetch("ds").plot()
    where.figure.savefig(tmp_path / "plot.png")

    told = [text.get_text() for axes in where.figure.axes for text in axes.texts]
    assert told == ["no item says where it lies", "no item says when it was taken"]


def test_ten_thousand_items_are_drawn_without_a_warning(pyplot, tmp_path):
    from radiant_mlhub.models._footprint_plot import plotted

    many = [
        Footprint(
            "c" * 80 + str(n % 12), str(n), None, f"[{n / 100}, 0, {n / 100 + 0.01}, 1]", None, None, None
        )
        for n in range(10_000)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        plotted("many", many).figure.savefig(tmp_path / "plot.png")

    assert (tmp_path / "plot.png").stat().st_size > 10_000


def test_the_table_has_a_row_each_item(dataset):
    pytest.importorskip("geopandas", reason="pip install 'radiant-mlhub[notebook]'")

    table = dataset.to_geodataframe().set_index("id")

    assert list(table.columns) == [
        "collection",
        "datetime",
        "start_datetime",
        "end_datetime",
        "wanted",
        "geometry",
    ]
    assert table.crs.to_epsg() == 4326
    assert table.loc["a", "geometry"].bounds == (1, 1, 2, 2)
    assert table.loc["a", "datetime"].isoformat() == "2020-06-15T12:00:00+00:00"
    assert table.loc["l", "end_datetime"].isoformat() == "2020-06-29T22:00:00+00:00"
    assert table.loc["l", "datetime"] is not None
    assert table["wanted"].all()


def test_the_table_says_what_the_last_download_wanted(dataset):
    pytest.importorskip("geopandas", reason="pip install 'radiant-mlhub[notebook]'")
    dataset.download("out", progress=False, bbox=[3, 1, 4, 2])

    table = dataset.to_geodataframe("out")

    assert list(table[table.wanted]["id"]) == ["b"]


@pytest.mark.parametrize(("missing", "call"), [("matplotlib", "plot"), ("geopandas", "to_geodataframe")])
def test_an_extra_that_is_missing_is_named(dataset, monkeypatch, missing, call):
    """An error that is one of ours and an ImportError, with what to type next."""
    really_import = builtins.__import__

    def import_all_but_it(name, *rest):
        if name.partition(".")[0] == missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return really_import(name, *rest)

    monkeypatch.setattr(builtins, "__import__", import_all_but_it)
    with pytest.raises(ExtraMissing) as raised:
        getattr(dataset, call)()

    assert isinstance(raised.value, MLHubException)
    assert isinstance(raised.value, ImportError)
    assert str(raised.value) == f"{call} needs {missing}, which is not installed."
    assert raised.value.__notes__ == ["pip install 'radiant-mlhub[notebook]'"]


def test_the_map_needs_nothing_but_itself(dataset, tmp_path):
    """In a frame of a notebook: it is drawn, moves by keys, and no address is asked."""
    page = dataset.explore()
    with chromium() as browser:
        notebook, asked = browser.new_page(), []
        notebook.on("request", lambda request: asked.append(request.url))
        notebook.set_content(page._repr_html_())
        frame = notebook.frames[1]
        frame.wait_for_selector(".map:not([hidden]) canvas[data-scale]")
        before = frame.locator("canvas").get_attribute("data-centre")
        frame.locator("canvas").press("ArrowRight")
        # By a selector: the page lets no text be run as code, as waiting for a function may do.
        frame.wait_for_selector(f'canvas:not([data-centre="{before}"])')

        assert frame.locator(".told").inner_text().startswith("4 footprints, from")
        assert frame.locator(".legend").inner_text().split() == ["scenes", "3", "labels", "1"]
        assert frame.evaluate("() => { try { return parent.document.title } catch { return 'closed' } }") == (
            "closed"
        )
        assert [url for url in asked if not url.startswith("data:")] == []


def test_a_map_further_down_is_drawn_once_it_is_seen(dataset):
    """A frame out of sight has no size yet, and nothing to draw on."""
    page = dataset.explore()
    with chromium() as browser:
        notebook, errors = browser.new_page(), []
        notebook.on("pageerror", lambda error: errors.append(str(error)))
        notebook.set_content(f"<div style='height: 9000px'></div>{page._repr_html_()}")
        notebook.frames[1].wait_for_selector(".map:not([hidden])", state="attached")
        notebook.locator("iframe").scroll_into_view_if_needed()
        notebook.frames[1].wait_for_selector("canvas[data-scale]")

        assert errors == []
        assert float(notebook.frames[1].locator("canvas").get_attribute("data-scale")) > 0


def test_names_of_strangers_are_text_on_the_map():
    evil = "</script><script>document.title='run'</script><b>"
    page = MapPage(evil, [Footprint(evil, "i", None, "[1, 1, 2, 2]", None, None, None)])
    with chromium() as browser:
        shown = browser.new_page()
        shown.set_content(page.html)
        shown.wait_for_selector("canvas[data-scale]")

        assert shown.title() == evil
        assert evil in shown.locator(".legend").inner_text()


def test_the_map_is_saved_as_a_page(dataset, tmp_path):
    path = dataset.explore().save(tmp_path / "map.html")

    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert repr(dataset.explore()) == "<MapPage 'About ds', 4 items>"


def test_what_arrived_is_drawn_over_the_time_of_the_run(dataset, pyplot, tmp_path):
    """Of this run alone: a second one fetches nothing."""
    first = dataset.download("out", progress=False).plot()
    second = dataset.download("out", progress=False).plot()
    first.figure.savefig(tmp_path / "plot.png")

    seconds, size = first.lines[0].get_data()
    assert list(seconds) == sorted(seconds)
    assert size[-1] > 0
    assert first.figure.axes[1].lines[0].get_ydata()[-1] == 4
    assert "4 files" in first.get_title()
    assert second.get_title() == "ds: nothing had to come, 4 files were here"


def test_what_was_here_is_no_arrival(dataset, pyplot):
    """One of four is missing, and comes."""
    report = dataset.download("out", progress=False)
    next(report.paths).unlink()

    title = dataset.download("out", progress=False).plot().get_title()

    assert title.startswith("ds: 1 file (")
    assert title.endswith(", 3 were here")
