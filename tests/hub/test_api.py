"""The API answers as the hosted MLHub did."""

import pytest
import requests

from support import recorded_hub


def test_anybody_may_see_what_there_is(get):
    for path in ("datasets", "collections", "collections/demo_crops_source", "models"):
        assert get(path).status_code == 200, path


def test_items_and_downloads_want_a_key(get):
    for path in (
        "collections/demo_crops_source/items",
        "collections/demo_crops_source/items/demo_crops_source_kenya_01_20190606",
        "catalog/demo_crops",
        "archive/demo_crops_labels",
    ):
        answer = get(path)

        assert answer.status_code == 401, path
        assert answer.json() == {"detail": "Must provide API key or Bearer token to access this route."}


def test_a_wrong_key_is_refused_even_where_none_is_needed(get):
    assert get("datasets", key="not-a-key").status_code == 401


def test_what_does_not_exist_is_named_in_a_404(get, get_with_key):
    said = {
        "datasets/nothing": "Dataset nothing does not exist.",
        "datasets/doi/10.5072/nothing": "Dataset with DOI 10.5072/nothing does not exist.",
        "collections/no_collection": "Collection no_collection does not exist.",
        "collections/no_collection/items": "Collection no_collection does not exist.",
        "collections/no_collection/items/item_id": "Collection no_collection does not exist.",
        "collections/demo_crops_labels/items/no": "Collection demo_crops_labels, item no does not exist.",
        "catalog/nothing": "Catalog nothing does not exist.",
        "catalog/nothing/info": "Catalog nothing does not exist.",
        "archive/demo_crops_source": "Archive demo_crops_source does not exist.",
        "models/nothing": "Model nothing does not exist.",
        "no/such/path": "Not Found",
    }
    for path, detail in said.items():
        answer = get_with_key(path)

        assert (answer.status_code, answer.json()) == (404, {"detail": detail}), path


def test_a_dataset_is_found_by_id_and_by_doi(get):
    by_id = get("datasets/demo_crops").json()

    assert get(f"datasets/doi/{by_id['doi']}").json() == by_id
    assert get("datasets").json() == [by_id]


def test_every_tag_must_be_there_to_the_letter(get):
    def found(*tags: str) -> int:
        return len(get("datasets", tags=list(tags)).json())

    assert found("crops") == 1
    assert found("crops", "generated") == 1
    assert found("crops", "marine debris") == 0
    assert found("Crops") == 0


def test_every_phrase_must_be_found_in_some_text(get):
    def found(*phrases: str) -> int:
        return len(get("datasets", text=list(phrases)).json())

    assert found("kenya and mali") == 1
    assert found("Kenya", "drawn from a seed") == 1
    assert found("Kenya", "rice") == 0
    assert found("Mali Kenya") == 0


def test_pages_follow_each_other_until_every_item_was_given_once(hub, get_with_key):
    """The next link names no key: the client knows its own."""
    seen = []
    url = f"{hub.root_url}collections/demo_crops_source/items?limit=5"
    while url:
        page = requests.get(url, params={"key": hub.key}, timeout=10).json()
        seen += [item["id"] for item in page["features"]]
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
        assert url is None or "key=" not in url

    assert len(seen) == len(set(seen)) == 12
    assert page["context"] == {"limit": 5, "matched": 12, "returned": 2}


def test_a_page_without_a_limit_holds_ten(get_with_key):
    context = get_with_key("collections/demo_crops_source/items").json()["context"]

    assert context == {"limit": 10, "matched": 12, "returned": 10}


@pytest.mark.parametrize("limit", ["0", "-1", "10001", "9" * 400, "ten", "", "1.5", "²"])
def test_a_limit_that_is_none_is_refused(get_with_key, limit):
    assert get_with_key("collections/demo_crops_source/items", limit=limit).status_code == 400


def test_a_token_that_is_none_is_refused(get_with_key):
    assert get_with_key("collections/demo_crops_source/items", token="prev:x").status_code == 400


def test_items_are_chosen_by_extension(get_with_key):
    def matched(collection_id: str, *extensions: str) -> int:
        answer = get_with_key(f"collections/{collection_id}/items", extensions=list(extensions))
        return answer.json()["context"]["matched"]

    assert matched("demo_crops_labels", "label") == 4
    assert matched("demo_crops_labels", "label", "file") == 4
    assert matched("demo_crops_source", "label") == 0


def test_a_download_is_a_redirect_to_a_file(hub, get_with_key):
    catalog = get_with_key("catalog/demo_crops")
    archive = get_with_key("archive/demo_crops_labels")

    assert (catalog.status_code, archive.status_code) == (303, 303)
    assert catalog.headers["Location"] == f"{hub.origin}/files/catalogs/demo_crops.tar.gz"
    assert archive.headers["Location"] == f"{hub.origin}/files/archives/demo_crops_labels.tar.gz"


def test_head_of_a_download_is_that_redirect_too(hub):
    answer = requests.head(
        f"{hub.root_url}archive/demo_crops_labels", params={"key": hub.key}, allow_redirects=True, timeout=10
    )

    assert [hop.status_code for hop in answer.history] == [303]
    assert int(answer.headers["Content-Length"]) > 0


def test_sizes_are_those_of_the_files(hub_folder, get):
    catalog = get("catalog/demo_crops/info").json()
    archive = get("archive/demo_crops_labels/info").json()

    assert catalog == {
        "dataset": "demo_crops",
        "stac_catalog_size": (hub_folder / "catalogs/demo_crops.tar.gz").stat().st_size,
        "estimated_dataset_size": _size_bytes(hub_folder / "demo-crops/source")
        + _size_bytes(hub_folder / "demo-crops/labels")
        + (hub_folder / "demo-crops/documentation.pdf").stat().st_size,
    }
    assert archive == {
        "collection": "demo_crops_labels",
        "dataset": "demo_crops",
        "size": (hub_folder / "archives/demo_crops_labels.tar.gz").stat().st_size,
        "types": ["labels"],
    }


@pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("datasets/demo_crops", "datasets__nasa_marine_debris.json"),
        ("catalog/demo_crops/info", "catalog__nasa_marine_debris__info.json"),
        ("archive/demo_crops_labels/info", "archive__bigearthnet_v1_labels__info.json"),
        ("collections", "collections.json"),
        (
            "collections/demo_crops_source/items",
            "collections__ref_african_crops_kenya_02_source__items__page1.json",
        ),
        ("models/demo_crop_classifier_v1", "models__model-cyclone-wind-estimation-torchgeo-v1.json"),
    ],
)
def test_answers_have_the_fields_that_were_recorded(get_with_key, path, body):
    assert get_with_key(path).json().keys() == recorded_hub.recorded(body).keys()


@pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)
def test_a_collection_links_as_recorded(get):
    def rels(collection: dict) -> list[str]:
        return [link["rel"] for link in collection["links"]]

    recorded = recorded_hub.recorded("collections__bigearthnet_v1_source.json")

    assert rels(get("collections/demo_crops_source").json()) == rels(recorded)


def _size_bytes(folder) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
