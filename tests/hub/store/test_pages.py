"""Pages: their tokens, their limits, extensions, and what takes too long."""

from dataclasses import replace

import pytest

from radiant_mlhub.hub.queries import BadQuery, ItemQuery
from radiant_mlhub.hub.sqlite_store import SqliteStore
from support.stored import LABEL, all_ids, ids, item, pages, publication

MANY = 3000
OTHERS = 400


@pytest.fixture(scope="module")
def many(shared_store):
    """Two collections in one place; the items of the second are all later, one in ten without a time."""
    early = (
        item(f"{n:05}", collection_id="early", start_us=n, end_us=n + n % 7, extensions=[LABEL])
        for n in range(MANY)
    )
    late = (
        item(f"{n:05}", collection_id="late", start_us=10**6 + n if n % 10 else None, quality=n % 5)
        for n in range(OTHERS)
    )
    shared_store.publish(publication([*early, *late], dataset_id="many", collections=["early", "late"]))
    yield shared_store
    shared_store.unpublish("many")


@pytest.mark.parametrize(
    "sortby",
    [
        [],
        [("datetime", "desc")],
        [("datetime", "asc")],
        [("id", "desc")],
        [("quality", "desc"), ("id", "asc")],
    ],
)
@pytest.mark.parametrize("bbox", [None, (0, 0, 20, 20)])
def test_every_item_comes_once_whatever_the_order(many, sortby, bbox):
    """Page by page, also those without a value to sort by."""
    found = all_ids(many, ItemQuery(sortby=sortby, bbox=bbox, limit=100))

    assert len(found) == MANY + OTHERS
    assert set(found) == {("early", f"{n:05}") for n in range(MANY)} | {
        ("late", f"{n:05}") for n in range(OTHERS)
    }
    if not sortby:
        assert found == sorted(found)


def test_the_latest_come_first_where_that_is_asked(many):
    """Those without a time come last."""
    found = all_ids(many, ItemQuery(sortby=[("datetime", "desc")], limit=1000))

    with_time = [number for number in reversed(range(OTHERS)) if number % 10]
    assert found[: len(with_time)] == [("late", f"{number:05}") for number in with_time]
    assert found[-OTHERS // 10 :] == [("late", f"{number:05}") for number in range(0, OTHERS, 10)]


@pytest.mark.parametrize("name", [LABEL, "label"])
def test_extensions_are_known_by_address_and_by_name(many, name):
    """All of those asked for must be there."""
    assert ids(many.items(ItemQuery(extensions=[name], limit=1))) == [("early", "00000")]
    assert many.items(ItemQuery(extensions=[name, "file"])).texts == []


def test_the_limit_may_change_from_page_to_page(many):
    """The token says where, not how much."""
    first = many.items(ItemQuery(limit=3))
    second = many.items(ItemQuery(limit=2, token=first.next_token))

    assert [item_id for _, item_id in ids(second)] == ["00003", "00004"]


def test_the_last_page_has_no_token(many):
    """Also when it is full."""
    sizes = [len(page.texts) for page in pages(many, ItemQuery(collections=["late"], limit=OTHERS // 2))]

    assert sizes == [OTHERS // 2] * 2


@pytest.mark.parametrize("limit", [0, -1, 10_001, 10**9])
def test_a_limit_out_of_bounds_is_refused(store, limit):
    """In one sentence."""
    with pytest.raises(BadQuery, match=r"The limit is from 1 to 10,000\."):
        store.items(ItemQuery(limit=limit))


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (ItemQuery(bbox=(0, 1, 0, 0)), "The bbox is none"),
        (ItemQuery(bbox=(0, 0, float("nan"), 1)), "The bbox is none"),
        (ItemQuery(bbox=(0, 0, float("inf"), 1)), "The bbox is none"),
        (ItemQuery(sortby=[('a"b', "asc")]), "is no field to sort by"),
        (ItemQuery(sortby=[("x", "asc")] * 9), "At most 8 fields"),
        (ItemQuery(ids=["x"] * 10_001), "At most 10,000 ids"),
    ],
)
def test_what_cannot_be_asked_is_refused(store, query, sentence):
    """In one sentence that says what."""
    with pytest.raises(BadQuery, match=sentence):
        store.items(query)


def test_times_without_bounds_may_be_asked_for(many):
    """Numbers beyond 64 bits are as good as no bound."""
    found = many.items(ItemQuery(start_us=-(10**30), end_us=10**30, limit=1)).texts

    assert len(found) == 1


def test_a_search_that_takes_too_long_ends(tmp_path):
    """With a sentence that says what would be quicker; the next one is answered."""
    store = SqliteStore(tmp_path / "hub.sqlite", search_limit_s=0)
    store.publish(publication(item(f"{n}", cloud=n % 7) for n in range(MANY)))
    slow = ItemQuery(sortby=[("cloud", "asc")])

    with pytest.raises(BadQuery, match=r"took longer than 0 s\. Ask for a smaller place, a shorter time"):
        store.items(slow)
    assert len(store.items(replace(slow, sortby=[])).texts) == slow.limit
    store.close()
