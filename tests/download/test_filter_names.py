"""What a source left out by itself cannot be told from what is not there."""

import pytest

from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.pipeline import Download
from radiant_mlhub.exceptions import NoAssetsMatched, UnknownInFilter
from radiant_mlhub.sources.source import SourceObject
from radiant_mlhub.sources.tree import object_place
from radiant_mlhub.transfer import plain_request_for
from support.scripted_hub import item


class ItemsOfIds:
    """A source that leaves out items that are not wanted, as a STAC API does, by collection and id."""

    dataset_id = "ds"
    label = "items"
    version = None

    def __init__(self, items):
        self._items = items
        self.request_for = plain_request_for()

    def narrows(self, wanted):
        return wanted.ids is not None or wanted.collections is not None or wanted.bbox is not None

    def objects(self, wanted, memory):
        for body in self._items:
            of_collection = wanted.collections is None or body["collection"] in wanted.collections
            if of_collection and (wanted.ids is None or body["id"] in wanted.ids):
                yield SourceObject(object_place(body, "ds"), body)


@pytest.fixture
def download(hub, tmp_path):
    scenes = [
        item("a", {"B04": hub.file("4.tif").href, "B08": hub.file("8.tif").href}),
        item("b", {"B04": hub.file("b.tif").href}, bbox=[70, 1, 71, 2]),
        item("c", {"labels": hub.file("c.csv").href}, collection="tables"),
    ]

    def run(**asked):
        options = checked_options("ds", output_dir=tmp_path, progress=False, **asked)
        return {path.name for path in Download(options, ItemsOfIds(scenes)).run().paths}

    return run


def test_an_id_alone_is_told(download):
    """Nothing else hides it."""
    with pytest.raises(UnknownInFilter, match='ids names the item "x", which "ds" does not have'):
        download(ids=["a", "x"])


def test_an_id_that_another_filter_may_hide_is_not(download):
    """The same as of a catalog that is seen whole: the item is there, and not asked for."""
    assert download(ids=["a", "c"], collection_filter={"scenes": []}) == {"B04.tif", "B08.tif"}


def test_a_collection_alone_is_told(download):
    with pytest.raises(UnknownInFilter, match='names the collection "scnes"'):
        download(collection_filter={"scenes": [], "scnes": []})


def test_a_collection_that_another_filter_may_hide_is_not(download):
    assert download(collection_filter={"scenes": [], "tables": []}, ids=["c"]) == {"labels.csv"}


def test_a_band_that_nothing_has_is_told_in_any_case(download):
    """A training run that lacks a band is worse than a question too many."""
    with pytest.raises(UnknownInFilter) as caught:
        download(assets=["B04", "B8"], ids=["a"])

    assert str(caught.value) == (
        'assets names "B8", which is no key, role or media type of an asset of "ds", as far as other '
        'filters leave them. Did you mean "B08"?'
    )
    with pytest.raises(UnknownInFilter, match='"B8", which no item of "scenes" has, as far as'):
        download(collection_filter={"scenes": ["B8"]}, ids=["a"])


def test_where_nothing_is_left_the_filter_that_took_it_is_named(download):
    with pytest.raises(NoAssetsMatched):
        download(assets=["B04"], collection_filter={"tables": []}, ids=["a"])
