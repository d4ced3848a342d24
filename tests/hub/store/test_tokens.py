"""Tokens made by hand: their digest is no secret, so that anything may stand behind it."""

import base64
import dataclasses

import pytest

from radiant_mlhub.hub.queries import BadQuery, ItemQuery
from radiant_mlhub.hub.sqlite_store.tokens import _digest


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 3_000 + b"]" * 3_000,
        b'[{"a": 1}, {}, "x", "y"]',
        b"[" + b"9" * 4_000 + b', "a", "b", "c"]',
        b'[9223372036854775808, "a", "b", "c"]',
        b'["\\ud800", "b", "c", "d"]',
        b'{"a": 1, "b": 2, "c": 3, "d": 4}',
        b"4",
        b"[1",
        b"[NaN, 1, 2, 3]",
        b'["a"]',
        b"\xff",
        b"",
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_token_made_by_hand_is_refused(store, body):
    query = ItemQuery()
    token = base64.urlsafe_b64encode(_digest(body, query) + body).decode().rstrip("=")

    with pytest.raises(BadQuery, match=r"^The token is not one of this search\."):
        store.items(dataclasses.replace(query, token=token))
