"""Ordinary items are read by a short cut that must see what the closer look sees."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from radiant_mlhub.download.item_records import item_record
from radiant_mlhub.download.plain_items import bare_collection, plain_record
from radiant_mlhub.download.records import Details
from radiant_mlhub.sources.parsing import parsed
from radiant_mlhub.sources.source import SourceObject

NAMES = st.sampled_from(
    ["tile_0001", "a", "..", "CON", "Ü", "x/y", "doc~2", "documentation", "long" * 90, ""]
)
HREFS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(
            ["https://h", "http://h:80", "ftp://h", "s3://b", "..", "HTTPS://h", "http://", " https://h"]
        ),
        st.sampled_from(["/", "/d/", "/d.x/", "/%20/", ""]),
        st.sampled_from(
            ["1.tif", "1.TIFF", "1.tar.gz", "1.GZ", ".tif", "1", "a%2Etif", "a b.tif", "ü.tif", ""]
        ),
        st.sampled_from(["", "?sig=1.png", "#x"]),
    ),
)
ASSETS = st.dictionaries(
    NAMES,
    st.fixed_dictionaries(
        {"href": st.one_of(HREFS, st.none(), st.integers())},
        optional={
            "type": st.sampled_from(["image/tiff", 7, None]),
            "roles": st.sampled_from([["data", "labels"], [], "data", [7, "data"], None]),
            "file:size": st.sampled_from([0, 12, -1, "12", None]),
            "file:checksum": st.sampled_from(["1220" + "ab" * 32, "zz", 3]),
        },
    ),
    max_size=3,
)
ITEMS = st.fixed_dictionaries(
    {"type": st.sampled_from(["Feature", "Catalog", "Collection"]), "id": NAMES, "assets": ASSETS},
    optional={
        "collection": st.one_of(NAMES, st.none()),
        "properties": st.sampled_from([{}, {"datetime": "2020-01-01T00:00:00Z"}, {"datetime": 5}, [], None]),
        "bbox": st.sampled_from([[1, 2, 3, 4], [1.5, 2.0, 1e-7, 4], None, [], "x", [float("nan"), 1, 2, 3]]),
        "geometry": st.sampled_from([None, {"type": "Point", "coordinates": [1, 2]}, {}]),
        "links": st.sampled_from(
            [
                [{"rel": "source", "href": "../x/x.json"}, {"rel": "root", "href": "../c.json"}],
                [{"rel": "source", "href": "https://h/c/i%20j"}, {"rel": "source"}],
                [{"rel": "source", "href": "http://["}],
                [None],
                None,
            ]
        ),
    },
)


@given(ITEMS, st.sampled_from([None, 4]), st.builds(Details, st.booleans(), st.booleans()))
def test_the_short_cut_gives_what_the_closer_look_gives(item, indent, wanted):
    """Or nothing at all; then the closer look decides."""
    text = json.dumps(item, indent=indent).encode()

    record = plain_record(text, "c/i.json", wanted) or bare_collection(text)

    if record is not None:
        looked_at = item_record(parsed(SourceObject("c/i.json", text=text)), "ds", wanted)
        assert comparable(record) == comparable(looked_at)


def test_an_ordinary_item_takes_the_short_cut():
    """A geoTIFF at an address without anything odd, as in the catalogs of Radiant MLHub."""
    item = {
        "type": "Feature",
        "id": "tile_0001",
        "collection": "tiles",
        "properties": {"datetime": "2020-01-01T00:00:00Z"},
        "bbox": [1.0, 2.0, 3.0, 4.0],
        "assets": {"image": {"href": "https://h/tiles/1.tif"}},
    }

    record = plain_record(json.dumps(item, indent=4).encode())

    assert record is not None
    assert record.bbox_json == "[1.0, 2.0, 3.0, 4.0]"
    assert record.assets[0].save_path == "tiles/tile_0001/image.tif"


def test_a_collection_is_not_read_link_by_link():
    """One without assets, which may link to each of its items."""
    links = [{"rel": "item", "href": f"i{number}/i{number}.json"} for number in range(1000)]
    collection = {"type": "Collection", "id": "tiles", "extent": {}, "links": links}

    bare = bare_collection(json.dumps(collection).encode())

    assert bare is not None
    assert (bare.collection_id, bare.item_id, bare.assets) == ("tiles", None, ())
    with_asset = collection | {"assets": {"labels": {"href": "https://h/labels.csv"}}}
    assert bare_collection(json.dumps(with_asset).encode()) is None


def comparable(record):
    """JSON as values, and without the number that only the short cut knows."""
    assets = [msgspec.structs.replace(each, path_crc=None) for each in record.assets]
    texts = (record.bbox_json, record.geometry_json, record.properties_json)
    values = [text and json.loads(text) for text in texts]
    return (
        *(record.collection_id, record.item_id, values),
        *(record.times, assets, record.broken, record.sources),
    )
