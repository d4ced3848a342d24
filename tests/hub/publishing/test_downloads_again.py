"""A dataset that is published again comes again where it changed, and nowhere else."""

import json

import pytest

from radiant_mlhub import Dataset
from radiant_mlhub.hub.publishing import publish
from radiant_mlhub.hub.store import OWN_HREF
from support.published import published_hub


@pytest.fixture
def download(folder, store, tmp_path, monkeypatch):
    """Bring the dataset, as the hub has it now, to ``tmp_path``."""
    with published_hub(folder.path) as hub:
        monkeypatch.setenv("MLHUB_ROOT_URL", hub.root_url)
        monkeypatch.setenv("MLHUB_API_KEY", hub.key)
        yield lambda: Dataset.fetch("crops").download(tmp_path / "copy", progress=False)


@pytest.mark.parametrize("how", ["copy", "link", "in-place"])
def test_what_is_the_same_is_kept(folder, store, crops, download, how):
    publish(folder, store, crops.folder, dataset_id="crops", how=how)
    once = download()
    publish(folder, store, crops.folder, dataset_id="crops", how=how)

    again = download()

    assert (once.fetched, again.fetched, again.kept) == (7, 0, 7)


def test_what_changed_comes_anew(folder, store, crops, download):
    """A chip as long as it was, and a document that all items name."""
    publish(folder, store, crops.folder, dataset_id="crops")
    download()
    chip = crops.chip("place_0001")
    chip.write_bytes(chip.read_bytes().swapcase())
    (crops.folder / "about.pdf").write_bytes(b"%PDF-1.4 about others")
    publish(folder, store, crops.folder, dataset_id="crops")

    again = download()

    assert (again.fetched, again.kept) == (2, 5)
    assert (again.folder / "crops_source/place_0001_source/image.tif").read_bytes() == chip.read_bytes()
    assert (again.folder / "_common/documentation.pdf").read_bytes() == b"%PDF-1.4 about others"


@pytest.mark.parametrize("length", [250, 252, 300])
def test_a_download_with_long_ids_can_be_published(folder, store, crops, download, length):
    """A link in the catalog leads to the file that the download left: names have 255 bytes at most."""
    item_id = "x" * length
    crops.change_item("place_0001", "source", id=item_id)
    publish(folder, store, crops.folder, dataset_id="crops")

    report = publish(folder, store, download().folder, dataset_id="crops")

    assert (report.items, report.files, report.notes) == (6, 7, {})
    links = json.loads(store.item("crops_labels", "place_0001_labels"))["links"]
    assert f"{OWN_HREF}mlhub/v1/collections/crops_source/items/{item_id}" in [each["href"] for each in links]
