"""Items found without a download: the same from an index, a geoparquet and every item looked at."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radiant_mlhub import Dataset
from radiant_mlhub.exceptions import CatalogBroken, DirectoryUnusable, InvalidArgument
from support.scripted_hub import collection, item

FORMS = ["lines", "index", "geoparquet"]


@pytest.fixture(scope="session")
def datasets(items, tmp_path_factory):
    """One dataset in three files."""
    folder = tmp_path_factory.mktemp("forms")
    lines = folder / "crops.ndjson"
    lines.write_text("".join(f"{json.dumps(each)}\n" for each in items))
    written = Dataset.from_stac(lines)
    forms = {"lines": written, "index": Dataset.from_stac(written.index(folder / "crops.db", progress=False))}
    try:
        forms["geoparquet"] = Dataset.from_stac(written.index(folder / "crops.parquet", progress=False))
    except ImportError as missing:
        forms["geoparquet"] = missing
    return forms


@pytest.fixture
def dataset(datasets, request):
    found = datasets[request.param]
    if isinstance(found, ImportError):
        pytest.skip(str(found))
    return found


def ids(found):
    return sorted(item["id"] for item in found)


@pytest.mark.parametrize("dataset", FORMS, indirect=True)
def test_without_filters_every_item_is_found(dataset, items):
    assert ids(dataset.search()) == [each["id"] for each in items]


lon, lat = st.floats(-180, 180), st.floats(-90, 90)
boxes = st.tuples(lon, lat, lon, lat).map(lambda b: [b[0], min(b[1], b[3]), b[2], max(b[1], b[3])])
days = st.dates(
    min_value=__import__("datetime").date(2014, 6, 1), max_value=__import__("datetime").date(2020, 6, 1)
)
spans = st.tuples(days, days).map(lambda pair: tuple(sorted(pair)))


@pytest.mark.parametrize("dataset", ["index", "geoparquet"], indirect=True)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bbox=st.none() | boxes,
    datetime=st.none() | spans | days,
    text=st.sampled_from([(), "farm 3", ["Field 2", "NAÏROBI"]]),
)
def test_every_form_finds_what_looking_at_each_item_finds(dataset, datasets, bbox, datetime, text):
    """The columns only leave out what the filters would, whatever is asked for."""
    asked = {"bbox": bbox, "datetime": datetime, "text": text}

    assert ids(dataset.search(**asked)) == ids(datasets["lines"].search(**asked))


@pytest.mark.parametrize("dataset", FORMS, indirect=True)
def test_words_stand_one_after_the_other(dataset, items):
    """Whatever their case; "farm 1" is not "farm 10"."""
    wanted = sorted(
        each["id"] for each in items if each["properties"]["title"].startswith("Field 3 of farm 1,")
    )

    assert ids(dataset.search(text="FIELD 3 of farm 1")) == wanted
    assert ids(dataset.search(text=["field 3", "farm 1 in naïrobi"])) == wanted
    assert ids(dataset.search(text="farm of")) == []
    assert ids(dataset.search(text="item_007")) == ["item_007"]


@pytest.mark.parametrize("dataset", FORMS, indirect=True)
def test_only_of_some_collections(dataset, items):
    assert ids(dataset.search(collections=["collection_1"])) == [each["id"] for each in items[1::2]]
    assert ids(dataset.search(collections=["nothing"])) == []


@pytest.mark.parametrize("dataset", FORMS, indirect=True)
def test_an_item_comes_as_it_was(dataset, items):
    """But for what geoparquet cannot tell: which of its empty fields were there."""
    found = next(dataset.search(text="item_003"))

    for name in ("id", "collection", "geometry", "assets", "properties"):
        assert found[name] == items[3][name]
    assert list(found["bbox"]) == items[3]["bbox"]


@pytest.mark.parametrize("text", ["", "  ", "--", ["farm", "!"]])
def test_words_without_letters_and_digits_are_refused(datasets, text):
    with pytest.raises(InvalidArgument, match="give words to look for"):
        datasets["lines"].search(text=text)


def test_an_index_is_a_source_for_downloads(hub, tmp_path):
    """Its rows are judged again as those of every other source."""
    old = item("old", {"image": hub.file("old.tif").href}, datetime="2019-01-01T00:00:00Z")
    new = item("new", {"image": hub.file("new.tif").href}, datetime="2020-01-01T00:00:00Z")
    (tmp_path / "ds.ndjson").write_text(f"{json.dumps(old)}\n{json.dumps(new)}\n")
    index = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.db", progress=False)

    report = Dataset.from_stac(index).download(tmp_path / "data", datetime="2020-01-01", progress=False)

    assert [path.parent.name for path in report.paths] == ["new"]
    assert [path.name for path in (tmp_path / "data/ds/scenes").iterdir()] == ["new"]


def test_an_index_keeps_what_the_catalog_says_of_itself(hub, tmp_path):
    """Title, collections, and which of them hold labels."""
    label = "https://stac-extensions.github.io/label/v1.0.1/schema.json"
    images = item("a", {"image": hub.file("a.tif").href}, collection="images")
    labels = item("a", {"labels": hub.file("a.geojson").href}, collection="labels", stac_extensions=[label])
    about = [collection("images", title="Chips"), collection("labels")]
    archive = hub.publish("ds", [images, labels], collections=about)

    index = Dataset.from_stac(archive.href).index(tmp_path / "ds.db", progress=False)

    collections = Dataset.from_stac(index).collections
    assert [(each.id, each.title) for each in collections] == [("images", "Chips"), ("labels", None)]
    assert [each.id for each in collections.labels] == ["labels"]


def test_a_broken_item_is_left_out_and_the_rest_is_there(hub, tmp_path):
    whole = json.dumps(item("a", {"image": hub.file("a.tif").href}))
    timeless = json.dumps(item("b", {}, datetime="yesterday"))
    (tmp_path / "ds.ndjson").write_text(f"{whole}\n{{broken\n{timeless}\n")

    index = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.db", progress=False)

    assert ids(Dataset.from_stac(index).search()) == ["a", "b"]
    assert ids(Dataset.from_stac(index).search(datetime="2020-06-15")) == ["a"]


def test_what_cannot_be_indexed_leaves_what_was_there(tmp_path):
    (tmp_path / "ds.db").write_bytes(b"precious")
    (tmp_path / "bad.ndjson").write_text("no items\n")

    with pytest.raises(CatalogBroken):
        Dataset.from_stac(tmp_path / "bad.ndjson").index(tmp_path / "ds.db", progress=False)

    assert (tmp_path / "ds.db").read_bytes() == b"precious"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["bad.ndjson", "ds.db"]


def test_another_ending_is_refused(datasets, tmp_path):
    with pytest.raises(InvalidArgument, match='neither the ending "\\.db" nor "\\.parquet"'):
        datasets["lines"].index(tmp_path / "crops.csv")


def test_a_folder_that_cannot_be_written_is_told(datasets, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(DirectoryUnusable, match="could not be written: a file stands where"):
        datasets["lines"].index(tmp_path / "file" / "crops.db", progress=False)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + b"\0" * 200])
def test_a_file_that_is_no_index_is_told(tmp_path, content):
    path = tmp_path / "crops.db"
    path.write_bytes(content)

    with pytest.raises(CatalogBroken, match="is no index of items"):
        Dataset.from_stac(path)


def test_a_parquet_of_items_without_assets_is_read(tmp_path):
    """Which ``index`` writes without a column for them."""
    pytest.importorskip("rustac")
    (tmp_path / "crops.ndjson").write_text(json.dumps(item("a", {}, collection="crops")))
    written = Dataset.from_stac(tmp_path / "crops.ndjson").index(tmp_path / "crops.parquet", progress=False)

    [found] = Dataset.from_stac(written).search()

    assert (found["id"], found["assets"]) == ("a", {})
    assert [each.id for each in Dataset.from_stac(written).collections] == ["crops"]


def test_a_parquet_of_something_else_is_told(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    parquet.write_table(arrow.table({"id": ["a"], "price": [1]}), tmp_path / "prices.parquet")
    parquet.write_table(arrow.table({"id": ["a"], "geometry": [b""]}), tmp_path / "farms.parquet")
    (tmp_path / "text.parquet").write_text("no parquet")

    with pytest.raises(CatalogBroken, match='is no stac-geoparquet: it has no column "geometry"'):
        list(Dataset.from_stac(tmp_path / "prices.parquet").search())
    with pytest.raises(CatalogBroken, match='is no stac-geoparquet: it has no column "assets"'):
        list(Dataset.from_stac(tmp_path / "farms.parquet").search())
    with pytest.raises(CatalogBroken, match="is no Parquet file that can be read"):
        list(Dataset.from_stac(tmp_path / "text.parquet").search())


def test_relative_addresses_lead_where_they_led(web, tmp_path):
    """An index may lie anywhere; what its items name lies where the catalog was."""
    scene = web.add("stac/images/a.tif")
    source = web.add("stac/items.ndjson", json.dumps(item("a", {"image": "images/a.tif"})).encode())
    for name in ("items.db", "items.parquet"):
        if name.endswith("parquet"):
            pytest.importorskip("rustac")
        index = Dataset.from_stac(source.href).index(tmp_path / name, progress=False)

        report = Dataset.from_stac(index, id=name).download(tmp_path / "data", progress=False)

        assert [path.read_bytes() for path in report.paths] == [scene.content]


@pytest.mark.parametrize("name", ["ds.db", "ds.parquet"])
def test_what_is_not_in_an_index_is_told(hub, tmp_path, caplog, name):
    if name.endswith("parquet"):
        pytest.importorskip("rustac")
    whole = json.dumps(item("a", {"image": hub.file("a.tif").href}))
    (tmp_path / "ds.ndjson").write_text(f"{whole}\n{{broken\n")

    Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / name, progress=False)

    assert "ds.ndjson, item 2" in caplog.text


@pytest.mark.parametrize(
    "properties",
    [
        {"datetime": None, "start_datetime": "2019-05-01T00:00:00Z", "end_datetime": "2019-07-01T00:00:00Z"},
        {"datetime": "2019-06-01T00:00:00Z", "start_datetime": "2019-05-01T00:00:00Z"},
    ],
)
def test_columns_that_do_not_tell_the_time_leave_nothing_out(tmp_path, properties):
    """Texts, and one end of a span alone: then every row is looked at."""
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    pytest.importorskip("rustac")
    (tmp_path / "ds.ndjson").write_text(json.dumps(item("a", {"image": "a.tif"}, properties=properties)))
    path = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.parquet", progress=False)
    table = parquet.read_table(path)
    for name in ("start_datetime", "end_datetime"):
        if name in table.schema.names:
            text = arrow.array([properties[name]])
            table = table.set_column(table.schema.get_field_index(name), name, text)
    parquet.write_table(table, path)

    assert ids(Dataset.from_stac(path).search(datetime="2019-06-01")) == ["a"]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ("1600-01-01/..", True),
        ("../1600-01-01", False),
        ("3000-01-01/..", False),
        ("../3000-01-01", True),
        ("1600-01-01/3000-01-01", True),
        ("1600-01-01", False),
        ("3000-01-01", False),
    ],
)
def test_times_that_nanoseconds_cannot_hold_are_answered(tmp_path, asked, is_found):
    """A column of nanoseconds ends in 1677 and 2262; what is asked for need not."""
    parquet, arrow = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("pyarrow")
    pytest.importorskip("rustac")
    (tmp_path / "ds.ndjson").write_text(json.dumps(item("a", {"image": "https://files.example/a.tif"})))
    path = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.parquet", progress=False)
    table = parquet.read_table(path)
    number = table.schema.get_field_index("datetime")
    times = table.column(number).cast(arrow.timestamp("ns", "UTC"))
    parquet.write_table(table.set_column(number, "datetime", times), path)

    assert ids(Dataset.from_stac(path).search(datetime=asked)) == (["a"] if is_found else [])


def test_an_item_without_assets_keeps_no_other_from_being_read(tmp_path):
    pytest.importorskip("rustac")
    lines = [json.dumps(item("a", {})), json.dumps(item("b", {"image": "https://files.example/b.tif"}))]
    (tmp_path / "ds.ndjson").write_text("\n".join(lines))

    path = Dataset.from_stac(tmp_path / "ds.ndjson").index(tmp_path / "ds.parquet", progress=False)

    assert ids(Dataset.from_stac(path).search()) == ["a", "b"]
