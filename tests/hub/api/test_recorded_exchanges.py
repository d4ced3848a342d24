"""Every exchange that was recorded with the hosted service is repeated here, and compared.

Equal are the status, the names of headers, the members of every object, types, error bodies, and
all values but hosts, tokens, sizes of files that are made anew, the order of lists, and three
that STAC API 1.0 wants otherwise:

- pages of items and items are ``application/geo+json``;
- a page's ``self`` link names the page; the recorded one named the collection;
- its ``next`` link has that media type, too.
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import recorded_hub
from support.recorded_hub import API_HOSTS, RECORDINGS

pytestmark = pytest.mark.skipif(not recorded_hub.available(), reason=recorded_hub.WHY_SKIPPED)

# What Azure and its like add to every answer; those that speak of the bytes are compared elsewhere.
_OF_THE_STORE = ("x-ms-", "server")
_SIZES = {"size", "stac_catalog_size", "estimated_dataset_size"}


def exchanges() -> list[dict[str, Any]]:
    if not recorded_hub.available():
        return []
    rows = [json.loads(line) for line in (RECORDINGS / "requests.jsonl").read_text().splitlines()]
    return [row for row in rows if row["api"]]


def said(exchange: dict[str, Any]) -> str:
    return f"{exchange['method']} {exchange['path']} {exchange['status']}"


@pytest.mark.parametrize("exchange", exchanges(), ids=said)
def test_an_exchange_ends_as_recorded(recorded, exchange):
    answer = ask(recorded, exchange)

    assert (answer.status_code, answer.reason) == (exchange["status"], exchange["reason"])
    assert header_names(exchange["response_headers"]) <= {name.lower() for name in answer.headers}
    if exchange["body_file"] is not None:
        expected = as_stac_api_wants(recorded_hub.recorded(exchange["body_file"]), exchange)
        assert_alike(sorted_by_id(answer.json()), sorted_by_id(expected), recorded.root_url)


@pytest.mark.parametrize("exchange", exchanges(), ids=said)
def test_the_media_type_is_the_recorded_one_but_for_items(recorded, exchange):
    answer = ask(recorded, exchange)

    told = exchange["response_headers"].get("content-type")
    if exchange["path"].endswith("/items") and exchange["status"] == 200:
        told = "application/geo+json"
    assert answer.headers.get("content-type") == told


def ask(hub, exchange):
    is_refused = exchange["status"] == 401
    return hub.ask(
        exchange["method"],
        exchange["path"].removeprefix("/"),
        with_key=not is_refused,
        params=exchange["query"],
        headers={"Accept": "application/json", "Accept-Encoding": "gzip"},
    )


def header_names(headers: dict[str, str]) -> set[str]:
    return {name for name in headers if not name.startswith(_OF_THE_STORE)}


def sorted_by_id(body: Any) -> Any:
    """Lists of whole objects by their ids, as the hub gives them; the hosted service had other orders."""
    if isinstance(body, list):
        return sorted(body, key=lambda each: each["id"])
    lists = {
        name: sorted_by_id(body[name]) for name in ("collections", "features") if _are_objects(body.get(name))
    }
    return {**body, **lists}


def _are_objects(value: Any) -> bool:
    return isinstance(value, list) and all("links" in each for each in value)


def as_stac_api_wants(body: Any, exchange: dict[str, Any]) -> Any:
    """A page of items with the two links that are another matter now."""
    if exchange["path"].endswith("/items") and exchange["status"] == 200:
        by_rel = {link["rel"]: link for link in body["links"]}
        by_rel["self"] |= {"href": by_rel["items"]["href"], "type": "application/geo+json"}
        by_rel["next"] |= {"type": "application/geo+json"}
    return body


def assert_alike(ours: Any, theirs: Any, root_url: str) -> None:
    differences = list(differing(ours, theirs, "", root_url))

    assert differences == []


def differing(ours: Any, theirs: Any, where: str, root_url: str) -> Iterator[str]:
    if type(ours) is not type(theirs):
        yield f"{where}: {ours!r} is not of the type of {theirs!r}"
    elif isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            yield f"{where}: members {sorted(ours.keys() ^ theirs.keys())}"
        for name in ours.keys() & theirs.keys():
            if name not in _SIZES:
                yield from differing(ours[name], theirs[name], f"{where}/{name}", root_url)
    elif isinstance(theirs, list):
        ours, theirs = (
            sorted(side, key=_rel) if where.endswith("/links") else side for side in (ours, theirs)
        )
        if len(ours) != len(theirs):
            yield f"{where}: {len(ours)} in place of {len(theirs)}"
        for number, (our, their) in enumerate(zip(ours, theirs, strict=False)):
            yield from differing(our, their, f"{where}/{number}", root_url)
    elif not is_same(ours, theirs, root_url):
        yield f"{where}: {ours!r} in place of {theirs!r}"


def is_same(ours: Any, theirs: Any, root_url: str) -> bool:
    if ours == theirs:
        return True
    is_href = isinstance(theirs, str) and theirs.startswith(API_HOSTS) and ours.startswith(root_url)
    return is_href and at_home(ours) == at_home(theirs)


def at_home(href: str) -> tuple[str, list[str]]:
    """The href without its host, and without the token in it."""
    parts = urlsplit(href)
    return parts.path, [pair.partition("=")[0] for pair in parts.query.split("&")]


def _rel(link: dict[str, Any]) -> str:
    return f"{link['rel']} {link.get('href')}"
