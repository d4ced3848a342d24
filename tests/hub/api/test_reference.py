"""The page about the API names every path of it, and no other."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "hub-api.md"


def rows() -> dict[str, str]:
    """What stands in the table's last column, by path."""
    lines = [line.split("|") for line in PAGE.read_text().splitlines() if line.startswith("| `/")]
    return {path: line[3].strip() for line in lines for path in re.findall(r"`([^`]+)`", line[1])}


def test_the_page_names_every_path_and_no_other(crops):
    assert rows().keys() == crops.get("openapi.json").json()["paths"].keys()


def test_it_says_rightly_where_a_key_is_needed(crops):
    values = {"dataset_id": "kenya_crops", "doi": "10.5072/Crops%231", "collection_id": "labels"}
    values |= {"item_id": "label_00", "model_id": "classifier"}
    for path, key in rows().items():
        answer = crops.get(path.format(**values).removeprefix("/"), with_key=False)

        assert (answer.status_code == 401) == (key == "needed"), path
