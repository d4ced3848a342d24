"""Client 0.5.5 is at home at this hub: everything that it could do with the hosted service works."""

import hashlib
import sys

import pytest


@pytest.fixture(scope="module")
def found(original, run_script, hub, key, tmp_path_factory):
    """What the script finds under client 0.5.5."""
    return run_script(original, hub.root_url, key, tmp_path_factory.mktemp("original") / "output")


@pytest.fixture(scope="module")
def expected(run_script, hub, key, tmp_path_factory):
    """What it finds under this one."""
    return run_script(sys.executable, hub.root_url, key, tmp_path_factory.mktemp("ours") / "output")


def published(hub_folder):
    """The digests of all files that the hub has."""
    kept = [hub_folder / "publications", hub_folder / "catalogs"]
    files = [path for folder in kept for path in folder.rglob("*") if path.is_file()]
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_both_clients_find_the_same(found, expected):
    assert found["looked_around"] == expected["looked_around"]
    assert found["looked_around"]["datasets"] == ["demo_crops", "demo_floods"]
    assert found["looked_around"]["source_imagery"] == ["demo_crops_source"]
    assert found["looked_around"]["labels"] == ["demo_crops_labels"]


@pytest.mark.parametrize("name", ["archive", "everything", "collection", "bbox", "intersects", "datetime"])
def test_both_clients_bring_the_same_bytes(found, expected, hub_folder, name):
    """Common assets aside, which the two lay down in different folders: files are compared by content."""
    of_original, of_ours = found["downloaded"][name], expected["downloaded"][name]

    assert sorted(set(of_original.values())) == sorted(set(of_ours.values()))
    assert set(of_original.values()) <= published(hub_folder)
    assert {path for path in of_original if "_common" not in path} == {
        path for path in of_ours if "_common" not in path
    }


def test_filters_leave_something_out(found):
    sizes = {name: len(files) for name, files in found["downloaded"].items()}

    assert all(
        0 < sizes[name] < sizes["everything"] for name in ("collection", "bbox", "intersects", "datetime")
    )
