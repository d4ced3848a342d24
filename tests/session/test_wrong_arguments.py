"""Arguments that cannot be meant are errors of this package, told before any request."""

import re

import pytest

from radiant_mlhub.exceptions import InvalidArgument
from radiant_mlhub.session import Session, get_session


@pytest.mark.parametrize("key", [123456789012345678, b"0123456789abcdef0"])
@pytest.mark.parametrize("call", [lambda key: get_session(api_key=key), lambda key: Session(api_key=key)])
def test_a_key_that_is_no_text(call, key):
    """The error does not show it: it may be the key in another type."""
    with pytest.raises(InvalidArgument) as error:
        call(key)

    assert str(error.value) == f"api_key should be a text, not of type {type(key).__name__}."


def test_a_profile_that_is_no_text():
    with pytest.raises(InvalidArgument, match="profile should be a text, not of type int"):
        get_session(profile=5)


@pytest.mark.parametrize("url", [None, 5])
def test_an_address_that_is_no_text(hub, session, url):
    with pytest.raises(InvalidArgument, match=f"url should be a text, not {url}"):
        session.get(url)

    assert hub.requests == []


def test_an_address_in_bytes_is_one(hub, session):
    """requests takes it, too."""
    hub.answers("x", {"here": True})

    assert session.get(b"x").json() == {"here": True}


@pytest.mark.parametrize("params", [5, [5], [("a", "b", "c")]])
def test_parameters_that_are_none(hub, session, params):
    with pytest.raises(InvalidArgument, match=re.escape("params should be a mapping, a list of pairs")):
        session.get("x", params=params)

    assert hub.requests == []
