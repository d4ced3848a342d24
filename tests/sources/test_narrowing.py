"""A source that leaves out what is not asked for: paths that were given stay, whatever is asked for later."""

import pytest

from radiant_mlhub.download.options import checked_options
from radiant_mlhub.download.pipeline import Download
from radiant_mlhub.sources.source import SourceObject
from radiant_mlhub.sources.tree import object_place
from radiant_mlhub.transfer import plain_request_for
from support.scripted_hub import item


class SomeItems:
    """A source that hands out only the items of the ids it is told, as one with filters of its own."""

    dataset_id = "ds"
    label = "some items"
    version = None

    def __init__(self, items):
        self._items = items
        self.request_for = plain_request_for()

    def narrows(self, wanted):
        return True

    def objects(self, wanted, memory):
        for body in self._items:
            yield SourceObject(object_place(body, "ds"), body)


@pytest.fixture
def download(tmp_path):
    def run(items):
        options = checked_options("ds", output_dir=tmp_path, progress=False)
        report = Download(options, SomeItems(items)).run()
        return {path.relative_to(report.folder).as_posix(): path.read_bytes() for path in report.paths}

    return run


def test_a_shared_asset_keeps_its_place_and_another_goes_one_level_down(hub, download):
    """Seen alone, each is the only one of its key; seen together, the first keeps what it was given."""
    first, second = hub.file("first.pdf", b"1"), hub.file("second.pdf", b"22")
    a = item("a", {"documentation": first.href}, collection="one")
    b = item("b", {"documentation": second.href}, collection="two")

    assert download([a]) == {"_common/documentation.pdf": b"1"}
    assert download([b]) == {"two/_common/documentation.pdf": b"22"}
    assert download([a, b]) == {"_common/documentation.pdf": b"1", "two/_common/documentation.pdf": b"22"}
    assert download([b]) == {"two/_common/documentation.pdf": b"22"}
    assert download([a]) == {"_common/documentation.pdf": b"1"}


def test_within_a_collection_the_later_one_stays_with_its_item(hub, download):
    scenes = {name: hub.file(f"{name}.pdf", name.encode()) for name in "abc"}
    a, b, c = (item(name, {"documentation": scene.href}, collection="one") for name, scene in scenes.items())

    assert download([a]) == {"_common/documentation.pdf": b"a"}
    assert download([b]) == {"one/_common/documentation.pdf": b"b"}
    assert download([c]) == {"one/c/documentation.pdf": b"c"}
    assert download([a, b, c]) == {
        "_common/documentation.pdf": b"a",
        "one/_common/documentation.pdf": b"b",
        "one/c/documentation.pdf": b"c",
    }


def test_the_same_address_is_fetched_once_however_often_it_is_seen(hub, download):
    shared = hub.file("readme.md")
    a, b = (item(name, {"readme": shared.href}) for name in "ab")

    assert download([a]) == download([b]) == download([a, b]) == {"_common/readme.md": shared.content}
    assert len(hub.asset_requests()) == 1
