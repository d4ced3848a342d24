"""The page about the API: its table is the OpenAPI document's; what it says of keys is so."""

from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hub-api.md"
NEED_A_KEY = "Items, search, `catalog/{dataset_id}` and `archive/{collection_id}` need a key."


def test_the_table_of_paths_is_that_of_the_openapi_document():
    assert "```{hub-operations}\n```" in PAGE.read_text()


def test_it_says_rightly_where_a_key_is_needed(crops):
    values = {"dataset_id": "kenya_crops", "doi": "10.5072/Crops%231", "collection_id": "labels"}
    values |= {"item_id": "label_00", "model_id": "classifier"}
    paths = crops.get("openapi.json").json()["paths"]

    statuses = {
        path: crops.get(path.format(**values).removeprefix("/"), with_key=False).status_code for path in paths
    }

    assert NEED_A_KEY in PAGE.read_text()
    assert {path for path, status in statuses.items() if status == 401} == {
        *("/search", "/collections/{collection_id}/items", "/collections/{collection_id}/items/{item_id}"),
        *("/catalog/{dataset_id}", "/archive/{collection_id}"),
    }
