"""The STAC API: what is found by place, time, words and filters, and how pages follow each other."""

import pytest
import requests

POLYGON = {"type": "Polygon", "coordinates": [[[33, -1], [36.5, -1], [36.5, 2], [33, 2], [33, -1]]]}


def found(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [feature["id"] for feature in answer.json()["features"]]


def links(answer: requests.Response) -> dict[str, dict]:
    return {link["rel"]: link for link in answer.json()["links"]}


def test_every_link_of_the_landing_page_leads_somewhere(crops):
    page = crops.get("").json()

    assert page["conformsTo"] == crops.get("conformance").json()["conformsTo"]
    for link in page["links"]:
        method = link.get("method", "GET")
        answer = crops.ask(
            method, link["href"].removeprefix(crops.root_url), json={} if method == "POST" else None
        )
        assert answer.status_code == 200, link
        assert answer.headers["Content-Type"] == link["type"], link


def test_the_landing_page_stands_without_its_slash_too(crops):
    answer = requests.get(crops.root_url.rstrip("/"), allow_redirects=False, timeout=10)

    assert answer.json() == crops.get("").json()


def test_collections_are_the_children_of_the_landing_page(crops):
    collections = crops.get("collections").json()["collections"]

    assert [collection["id"] for collection in collections] == ["fields", "floods", "labels"]
    assert crops.get("children").json()["children"] == collections
    assert [crops.get(f"collections/{each['id']}").json() for each in collections] == collections
    assert [link["href"] for link in crops.get("").json()["links"] if link["rel"] == "child"] == [
        f"{crops.root_url}collections/{each['id']}" for each in collections
    ]


def test_what_the_hub_notes_for_itself_is_not_told(crops):
    assert not any("mlhub:archive" in each for each in crops.get("collections").json()["collections"])
    assert "mlhub:archive" not in crops.get("collections/labels").json()


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"bbox": "30,-2,40,2"}, ["fields", "labels"]),
        ({"bbox": "179,-20,-179,-10"}, ["floods"]),
        ({"datetime": "2016-01-01T00:00:00Z/2016-12-31T00:00:00Z"}, ["floods"]),
        ({"q": "crop"}, ["labels"]),
        ({"q": "crop,floods"}, ["floods", "labels"]),
        ({"q": "nothing"}, []),
        ({"limit": 2}, ["fields", "floods"]),
    ],
)
def test_collections_are_found_by_place_time_and_words(crops, query, ids):
    answer = crops.get("collections", params=query)

    assert [collection["id"] for collection in answer.json()["collections"]] == ids


def test_pages_of_collections_follow_each_other(crops):
    first = crops.get("collections", params={"limit": 2})
    second = requests.get(links(first)["next"]["href"], timeout=10)

    assert [collection["id"] for collection in second.json()["collections"]] == ["labels"]
    assert "next" not in links(second)


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"ids": "field_01,label_02"}, ["field_01", "label_02"]),
        ({"collections": "labels"}, ["label_00", "label_01", "label_02", "label_03"]),
        ({"collections": "labels,floods", "limit": 3}, ["east", "west", "label_00"]),
        ({"bbox": "34.95,0.4,36.05,1.05", "collections": "fields"}, ["field_01", "field_02"]),
        ({"bbox": "179,-20,-179,-10"}, ["east", "west"]),
        ({"datetime": "2016-02-21T12:00:00Z"}, ["west"]),
        ({"datetime": "../2016-12-31T00:00:00Z"}, ["east", "west"]),
        ({"datetime": "2019-11-15T00:00:00Z/.."}, ["field_11"]),
        ({"collections": "floods", "sortby": "-datetime"}, ["west", "east"]),
        ({"collections": "floods", "sortby": "+datetime"}, ["east", "west"]),
        ({"filter": "eo:cloud_cover > 9"}, ["field_10", "field_11"]),
        ({"filter": "properties.season = 'wet'"}, ["west"]),
        ({"filter": "collection = 'floods' AND datetime > TIMESTAMP('2016-02-21T00:00:00Z')"}, ["west"]),
        ({"filter": "id LIKE 'label%' AND NOT id IN ('label_00', 'label_01')"}, ["label_02", "label_03"]),
        ({"filter": "eo:cloud_cover BETWEEN 3 AND 4"}, ["field_03", "field_04"]),
        ({"filter": "collection = 'floods' AND season IS NULL"}, ["east"]),
        ({"filter": "season IS NOT NULL"}, ["west"]),
        ({"filter": '{"op":"=","args":[{"property":"id"},"east"]}', "filter-lang": "cql2-json"}, ["east"]),
        ({"filter": "s_intersects(geometry, BBOX(179, -20, 180, -10))"}, ["east"]),
    ],
    ids=str,
)
def test_a_search_finds_what_is_meant(crops, query, ids):
    assert found(crops.get("search", params=query)) == ids


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        ({"ids": ["east", "label_02"]}, ["east", "label_02"]),
        ({"collections": ["floods"]}, ["east", "west"]),
        ({"intersects": POLYGON, "collections": ["fields"]}, ["field_00", "field_01", "field_02"]),
        ({"bbox": [179, -20, 0, -179, -10, 9]}, ["east", "west"]),
        ({"datetime": "2016-02-21T12:00:00Z"}, ["west"]),
        (
            {"collections": ["floods"], "sortby": [{"field": "properties.datetime", "direction": "desc"}]},
            ["west", "east"],
        ),
        ({"filter": {"op": ">", "args": [{"property": "eo:cloud_cover"}, 9]}}, ["field_10", "field_11"]),
        ({"filter": "eo:cloud_cover > 9", "filter-lang": "cql2-text"}, ["field_10", "field_11"]),
        ({"collections": ["fields"], "limit": 1}, ["field_00"]),
    ],
    ids=str,
)
def test_a_search_by_body_finds_the_same(crops, body, ids):
    assert found(crops.ask("POST", "search", json=body)) == ids


def test_a_geometry_may_stand_in_a_query_string(crops):
    query = {"intersects": '{"type":"Point","coordinates":[34.05,0.05]}', "collections": "fields"}

    assert found(crops.get("search", params=query)) == ["field_00"]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"extensions": ["label"]}, 4),
        ({"extensions": ["https://stac-extensions.github.io/label/v1.0.1/schema.json"]}, 4),
        ({"extensions": ["label", "file"]}, 0),
        ({"datetime": "2020-01-01T00:00:00Z"}, 0),
        ({"bbox": "34,0,34.01,0.01"}, 1),
        ({"filter": "id = 'label_03'"}, 1),
    ],
)
def test_items_of_a_collection_are_chosen(crops, query, ids):
    answer = crops.get("collections/labels/items", params=query)

    assert len(found(answer)) == ids
    assert answer.json()["context"] == {"limit": 10, "matched": ids, "returned": ids}


def test_a_page_without_a_limit_holds_ten(crops):
    context = crops.get("collections/fields/items").json()["context"]

    assert context == {"limit": 10, "matched": 12, "returned": 10}


@pytest.mark.parametrize(
    ("path", "query", "items"),
    [
        ("collections/fields/items", {"limit": 5}, 12),
        ("search", {"limit": 5}, 18),
        ("search", {"limit": 7, "sortby": "-datetime,id", "bbox": "30,-5,60,10"}, 16),
        ("search", {"limit": 2, "filter": "eo:cloud_cover < 7", "fields": "id"}, 7),
    ],
)
def test_pages_follow_each_other_until_every_item_was_given_once(crops, path, query, items):
    """The next link names no key: the client knows its own."""
    seen = []
    answer = crops.get(path, params={**query, "key": crops.key})
    while True:
        seen += found(answer)
        following = links(answer).get("next")
        if following is None:
            break
        assert crops.key not in following["href"]
        answer = crops.get(following["href"].removeprefix(crops.root_url))

    assert len(seen) == len(set(seen)) == items


def test_pages_by_body_follow_each_other(crops):
    body = {"limit": 5, "collections": ["fields"], "sortby": [{"field": "id", "direction": "desc"}]}
    seen = []
    while body is not None:
        answer = crops.ask("POST", "search", json=body)
        seen += found(answer)
        following = links(answer).get("next")
        assert following is None or following["method"] == "POST"
        body = following and following["body"]

    assert seen == [f"field_{n:02}" for n in reversed(range(12))]


def test_how_many_match_is_told_where_it_is_known(crops):
    """To count what a search leaves could take as long as to read it all."""
    all_of_it = crops.get("search", params={"collections": "labels"}).json()
    part_of_it = crops.get("search", params={"collections": "labels", "limit": 3}).json()

    assert (all_of_it["numberMatched"], all_of_it["numberReturned"]) == (4, 4)
    assert part_of_it["numberReturned"] == 3
    assert "numberMatched" not in part_of_it


def test_fields_choose_the_members_of_items(crops):
    by_query = crops.get("search", params={"ids": "field_01", "fields": "id,properties.eo:cloud_cover"})
    by_body = crops.ask(
        "POST",
        "search",
        json={"ids": ["field_01"], "fields": {"include": ["id", "properties.eo:cloud_cover"]}},
    )

    expected = [{"id": "field_01", "properties": {"eo:cloud_cover": 1}}]
    assert by_query.json()["features"] == by_body.json()["features"] == expected


def test_an_item_is_the_same_wherever_it_is_found(crops):
    item = crops.get("collections/fields/items/field_01").json()

    assert crops.get("search", params={"ids": "field_01"}).json()["features"] == [item]
    assert item in crops.get("collections/fields/items").json()["features"]
    assert {link["rel"]: link["href"] for link in item["links"]} == {
        "collection": f"{crops.root_url}collections/fields",
        "parent": f"{crops.root_url}collections/fields",
        "root": crops.root_url,
        "self": f"{crops.root_url}collections/fields/items/field_01",
    }


def test_hrefs_of_the_hubs_own_files_lead_to_the_hub(crops):
    item = crops.get("collections/fields/items/field_01").json()

    origin = crops.root_url.removesuffix("/mlhub/v1/")
    assert item["assets"]["image"]["href"] == f"{origin}/files/v/fields/field_01.tif"


def test_queryables_say_what_a_filter_may_speak_of(crops):
    everywhere = crops.get("queryables").json()
    of_one = crops.get("collections/labels/queryables").json()

    assert everywhere["$id"] == f"{crops.root_url}queryables"
    assert of_one["$id"] == f"{crops.root_url}collections/labels/queryables"
    assert everywhere["properties"].keys() == {"id", "collection", "geometry", "datetime"}
