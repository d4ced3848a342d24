"""Whatever stands in an object: it is published, or refused with its file. Never anything else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from radiant_mlhub.exceptions import PublicationRefused
from radiant_mlhub.hub.publishing import check, publish
from support.training_dataset import TrainingDataset

ODD_VALUES = (
    None,
    True,
    -1,
    1e308,
    10**30,
    "",
    "..",
    "a\0b",
    "\ud800",
    "/etc/passwd",
    [],
    {},
    [[]],
    [None],
    {"": None},
    "x" * 10_000,
)


def places(body: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each member and element of a JSON value."""
    steps = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for step, value in steps:
        yield (*path, step)
        yield from places(value, (*path, step))


def changed(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    copy = json.loads(json.dumps(body))
    node = copy
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return copy


@pytest.fixture
def one_place(tmp_path):
    return TrainingDataset(tmp_path / "crops", places=1)


@pytest.mark.parametrize("name", ["catalog", "collection", "item", "label"])
def test_an_odd_value_anywhere_is_published_or_refused_with_its_file(one_place, name):
    path = {
        "catalog": one_place.folder / "catalog.json",
        "collection": one_place.folder / "crops_source" / "collection.json",
        "item": one_place.item_file("place_0000", "source"),
        "label": one_place.item_file("place_0000", "labels"),
    }[name]
    body = json.loads(path.read_text())
    refused, without_file = 0, []

    for number, place in enumerate(places(body)):
        for value in ODD_VALUES[number % 3 :: 3]:
            path.write_text(json.dumps(changed(body, place, value)))
            problems = problems_of(one_place)
            refused += bool(problems)
            without_file += [(place, value, each) for each in problems if ".json" not in each]

    assert refused > 20
    assert without_file == []


def problems_of(dataset: TrainingDataset) -> list[str]:
    try:
        check(dataset.folder, dataset_id="crops")
    except PublicationRefused as refused:
        return refused.problems
    return []


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b'{"a": "\xff"}', b"null", b"[1]", b'{"type":', b"[" * 100_000, b'{"a":' * 50_000],
)
@pytest.mark.parametrize("name", ["catalog.json", "crops_source/collection.json"])
def test_what_is_no_json_is_a_problem_with_its_file(one_place, name, content):
    (one_place.folder / name).write_bytes(content)

    with pytest.raises(PublicationRefused) as refused:
        check(one_place.folder, dataset_id="crops")

    assert refused.value.problems[0].startswith(f"{name}: $")


@pytest.mark.parametrize("told", [[], {}, 7, ["crops_source"]])
def test_a_collection_that_is_no_text_is_a_problem_of_an_item_that_a_catalog_links_to(one_place, told):
    path = one_place.folder / "catalog.json"
    body = json.loads(path.read_text())
    body["links"].append({"rel": "item", "href": "./loose.json"})
    path.write_text(json.dumps(body))
    loose = json.loads(one_place.item_file("place_0000", "source").read_text())
    (one_place.folder / "loose.json").write_text(json.dumps({**loose, "collection": told}))

    assert f'loose.json: $.collection: there is no valid collection "{told}" before it' in problems_of(
        one_place
    )


def test_an_item_that_is_no_json_is_skipped_and_the_rest_published(folder, store, crops):
    crops.item_file("place_0001", "source").write_bytes(b'{"id": "\xff"}')

    report = publish(folder, store, crops.folder, dataset_id="crops", skip_invalid=True)

    assert [problem.file for problem in report.problems] == [
        "crops_source/place_0001_source/place_0001_source.json"
    ]
    assert store.item_count("crops_source") == 2
