"""Secrets taken out of text."""

import pytest

from radiant_mlhub.masking import masked, masked_key


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET http://h/x?key=abc&text=maize", "GET http://h/x?key=***&text=maize"),
        ("'http://h/x?a=b&key=abc'", "'http://h/x?a=b&key=***'"),
        ("http://h/x?sv=2021&sig=a%2Bb%3D&se=1", "http://h/x?sv=2021&sig=***&se=1"),
        ("http://h/x?X-Amz-Signature=abc", "http://h/x?X-Amz-Signature=***"),
        ("http://h/x?monkey=abc", "http://h/x?monkey=abc"),
        (
            "http://h/login?back=http%3A%2F%2Fh%2Fx%3Fkey%3Dabc",
            "http://h/login?back=http%3A%2F%2Fh%2Fx%3Fkey%3D***",
        ),
        ("proxy http://me:secret@proxy:3128/", "proxy http://***@proxy:3128/"),
        ("proxy http://me:sec@ret@proxy:3128/", "proxy http://***@proxy:3128/"),
        ("nothing to see", "nothing to see"),
    ],
)
def test_secrets_in_addresses(text, shown):
    assert masked(text) == shown


def test_a_key_anywhere_in_a_text():
    """As it is, and as addresses write it; a key too short to be one only in addresses."""
    key = "with/odd+chars&in=it"

    assert masked(f"key {key} at /x?k=with%2Fodd%2Bchars%26in%3Dit", key) == "key ****n=it at /x?k=****n=it"
    assert masked("data of data/x?key=data", "data") == "data of data/x?key=***"


def test_keys_as_they_may_be_shown():
    """Whole under 16 characters: that is a typo, and the documented text shows it."""
    assert masked_key("a" * 15) == "a" * 15
    assert masked_key("a" * 12 + "1234") == "****1234"
