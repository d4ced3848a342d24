"""A hub that is open to everybody, and one that shows nothing without a key."""

import sys

import pytest
import requests

from support.served_command import serve


@pytest.fixture(scope="module")
def private(hub_folder, key, tmp_path_factory):
    with serve(hub_folder, "--private", log=tmp_path_factory.mktemp("log") / "log") as serving:
        yield serving


@pytest.fixture(scope="module")
def public(hub_folder, key, tmp_path_factory):
    with serve(hub_folder, "--public", log=tmp_path_factory.mktemp("log") / "log") as serving:
        yield serving


def test_from_a_private_hub_this_client_brings_everything(run_script, private, hub_folder, key, tmp_path):
    """It shows its key wherever the hub's own files lie, assets too."""
    found = run_script(sys.executable, private.root_url, key, tmp_path / "private")

    assets = list(hub_folder.glob("publications/*/assets/demo_crops_*/*/*"))
    arrived = [path for path in found["downloaded"]["everything"] if "_common" not in path]
    assert len(assets) > 30
    assert len(arrived) == len(assets) + 1  # the catalog


@pytest.mark.parametrize(
    "path", ["datasets", "", "search", "conformance", "catalog/demo_crops/info", "models", "collections"]
)
def test_a_private_hub_shows_nothing_without_a_key(private, path):
    for query in ({}, {"key": "wrong"}):
        answer = requests.get(private.root_url + path, params=query, timeout=10, allow_redirects=False)
        assert answer.status_code == 401
        assert "demo_crops" not in answer.text


def test_a_private_hub_keeps_its_assets(private, hub, key):
    items = f"{hub.root_url}collections/demo_crops_source/items"
    [item] = requests.get(items, {"key": key, "limit": 1}, timeout=10).json()["features"]
    path = item["assets"]["image"]["href"].partition("/files/")[2]
    asset = f"http://127.0.0.1:{private.port}/files/{path}"

    assert requests.get(asset, timeout=10).status_code == 401
    assert requests.get(asset, {"key": key}, timeout=10).ok


def test_in_a_public_hub_client_0_5_5_needs_no_key_of_it(original, run_script, public, tmp_path):
    found = run_script(original, public.root_url, "any", tmp_path / "output")

    assert len(found["looked_around"]["items"]) == 12
    assert all(found["downloaded"].values())
