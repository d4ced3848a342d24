"""Programs that others wrote are the hub's witnesses: a client, and two that check APIs."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from radiant_mlhub.hub.sqlite_store import open_store
from support.published import PublishedHub, chip, collection_of, publish_dataset, published_hub

CHECKERS = Path(__file__).parents[3] / ".venv-checkers"
OFFLINE = Path(__file__).parents[2] / "support" / "offline_validator.py"
needs_checkers = pytest.mark.skipif(
    not (CHECKERS / ".whole").exists(), reason="make .venv-checkers/.whole installs what checks an API"
)
KENYA = {"type": "Polygon", "coordinates": [[[33, -1], [50, -1], [50, 20], [33, 20], [33, -1]]]}


def validated(hub: PublishedHub, collection_id: str) -> str:
    """What stac-api-validator says of the hub at its end: its errors, or ``none``."""
    classes = ["core", "collections", "features", "item-search", "children", "filter"]
    run = subprocess.run(
        [
            *(
                CHECKERS / "bin" / "python",
                OFFLINE,
                CHECKERS / "schemas",
                "--root-url",
                hub.root_url.rstrip("/"),
            ),
            *(argument for name in classes for argument in ("--conformance", name)),
            *("--collection", collection_id, "--geometry", json.dumps(KENYA)),
            *("--auth-bearer-token", hub.key, "--log-level", "ERROR"),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    _, _, errors = run.stdout.partition("Errors:")
    errors = errors.strip()
    assert run.returncode == (0 if errors == "none" else 1), run.stdout + run.stderr
    return errors


@needs_checkers
def test_stac_api_validator_finds_no_error(crops):
    assert validated(crops, "fields") == "none"


@needs_checkers
def test_stac_api_validator_finds_an_item_that_is_broken(tmp_path):
    """The same with one asset that has no href: so the test above would notice."""
    item = chip("fields", "field_00", (34, 0), "2019-01-01T00:00:00Z")
    collection = collection_of("fields", [item])
    del item["assets"]["image"]["href"]

    with published_hub(tmp_path) as hub:
        publish_dataset(hub.store, {"id": "broken", "collections": [{"id": "fields"}]}, [collection], [item])
        assert "'field_00' failed pystac hydration" in validated(hub, "fields")


@needs_checkers
def test_schemathesis_finds_no_failure_and_no_undocumented_answer(crops, tmp_path):
    checks = ["not_a_server_error", "status_code_conformance", "content_type_conformance"]
    checks += ["response_schema_conformance", "unsupported_method"]
    run = subprocess.run(
        [
            *(CHECKERS / "bin" / "schemathesis", "run", f"{crops.root_url}openapi.json"),
            *("--header", f"Authorization: Bearer {crops.key}", "--checks", ",".join(checks)),
            *(
                "--phases",
                "examples,coverage,fuzzing",
                "--max-examples",
                "10",
                "--seed",
                "2022",
                "--no-color",
            ),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=tmp_path,
    )

    assert run.returncode == 0, run.stdout
    tested = re.search(r"Tested: (\d+)", run.stdout)
    assert tested is not None
    # It leaves out the document that it is reading.
    assert int(tested[1]) == len(operations(crops)) - 1


def operations(hub: PublishedHub) -> list[str]:
    """Every operation of the hub's own document."""
    paths = hub.get("openapi.json").json()["paths"]
    return [f"{method} {path}" for path, methods in paths.items() for method in methods]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedHub]:
    """A hub with 10,000 items, a degree and a day between each and the next."""
    items = [
        chip(
            "large",
            f"item_{number:05}",
            (number % 360 - 180, number // 360 * 4 - 60),
            f"20{number // 372:02}-{number // 31 % 12 + 1:02}-{number % 28 + 1:02}T00:00:00Z",
            number=number,
        )
        for number in range(10_000)
    ]
    folder = tmp_path_factory.mktemp("large")
    store = open_store(folder)
    publish_dataset(store, {"id": "large", "collections": []}, [collection_of("large", items)], items)
    store.close()
    with published_hub(folder) as hub:
        yield hub


@pytest.fixture
def catalog(large):
    pystac_client = pytest.importorskip(
        "pystac_client", reason="make .venv/.servers installs pystac-client", exc_type=ImportError
    )
    return pystac_client.Client.open(large.root_url, parameters={"key": large.key})


def test_pystac_client_pages_through_ten_thousand_items_each_once(catalog):
    for method in ("GET", "POST"):
        search = catalog.search(collections=["large"], limit=1_000, method=method)

        ids = [item["id"] for item in search.items_as_dicts()]

        assert len(ids) == 10_000
        assert set(ids) == {f"item_{number:05}" for number in range(10_000)}


def test_pystac_client_finds_by_place_time_and_cql2(catalog):
    by_place = catalog.search(bbox=[-180, -60, -177.5, -59]).items_as_dicts()
    by_time = catalog.search(datetime="2000-01-01/2000-01-03").items_as_dicts()
    by_filter = catalog.search(filter="number >= 9998 AND collection = 'large'").items_as_dicts()
    by_json = catalog.search(filter={"op": "<", "args": [{"property": "number"}, 2]}).items_as_dicts()

    assert [item["id"] for item in by_place] == ["item_00000", "item_00001", "item_00002"]
    assert [item["id"] for item in by_time] == [f"item_{number:05}" for number in (0, 1, 2, 28, 29, 30)]
    assert [item["id"] for item in by_filter] == ["item_09998", "item_09999"]
    assert [item["id"] for item in by_json] == ["item_00000", "item_00001"]


def test_pystac_client_reads_collections_and_their_items(catalog):
    collection = catalog.get_collection("large")
    item = collection.get_item("item_00007")

    assert [each.id for each in catalog.get_collections()] == ["large"]
    assert item.get_parent().id == "large"
    assert item.assets["image"].href.endswith("/files/v/large/item_00007.tif")
