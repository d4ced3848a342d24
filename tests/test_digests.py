"""Digests under one spelling, whatever a server or a catalog calls them."""

import base64
import contextlib
import doctest
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radiant_mlhub import digests
from radiant_mlhub.digests import Hasher, can_check, from_content_md5, from_multihash, of_file

CODES = {
    "sha1": "11",
    "sha2-256": "12",
    "sha2-512": "13",
    "md5": "d501",
    "blake2b-256": "a0e402",
    "crc32": "b202",
}


def multihash(name, data):
    digest = of_bytes(name, data)
    return f"{CODES[name]}{len(digest) // 2:02x}{digest}"


def of_bytes(name, data):
    hasher = Hasher([name])
    hasher.update(data)
    return hasher.hexdigests()[name]


@given(pieces=st.lists(st.binary(max_size=200), max_size=5))
def test_pieces_give_the_digests_of_the_whole(pieces):
    """As hashlib and zlib compute them at once."""
    whole = b"".join(pieces)
    hasher = Hasher(["md5", "sha2-256", "crc32"])
    for piece in pieces:
        hasher.update(piece)

    assert hasher.hexdigests() == {
        "md5": hashlib.md5(whole).hexdigest(),
        "sha2-256": hashlib.sha256(whole).hexdigest(),
        "crc32": f"{zlib.crc32(whole):08x}",
    }


@pytest.mark.parametrize("name", CODES)
def test_a_multihash_is_the_digest_it_names(name):
    """Codes of the multicodec table, as varints; upper case is the same."""
    written = multihash(name, b"radiant")

    assert (
        from_multihash(written) == from_multihash(written.upper()) == f"{name}:{of_bytes(name, b'radiant')}"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no multihash in hexadecimal"),
        ("xyz", "no multihash in hexadecimal"),
        ("ff", "no multihash in hexadecimal"),
        ("1120" + "00" * 32, "is a sha1 multihash of 32 bytes; 20 are wanted"),
        ("1220" + "00" * 31, "is a sha2-256 multihash of 31 bytes; 32 are wanted"),
        ("7f0100", "of the unknown kind"),
        ("ff" * 200, "no multihash"),
    ],
)
def test_what_is_no_multihash_says_so(text, said):
    """Cut ones too: half a digest proves nothing."""
    with pytest.raises(ValueError, match=said):
        from_multihash(text)


@given(text=st.text(max_size=40))
def test_no_text_raises_anything_else(text):
    """Catalogs hold anything under file:checksum."""
    with contextlib.suppress(ValueError):
        assert ":" in from_multihash(text)


def test_content_md5_is_base64_of_sixteen_bytes():
    """RFC 1864; what is malformed is no digest and no fault."""
    digest = hashlib.md5(b"radiant").digest()

    assert from_content_md5(base64.b64encode(digest).decode()) == f"md5:{digest.hex()}"
    assert from_content_md5(f" {base64.b64encode(digest).decode()} ") == f"md5:{digest.hex()}"
    for malformed in ("", "x", digest.hex(), "é", base64.b64encode(digest[:8]).decode()):
        assert from_content_md5(malformed) is None


def test_a_file_is_read_in_pieces(tmp_path):
    """Longer than one piece of 1 MiB."""
    content = bytes(range(256)) * 6000
    (tmp_path / "scene.tif").write_bytes(content)

    assert of_file(tmp_path / "scene.tif", ["sha2-512"]) == {"sha2-512": hashlib.sha512(content).hexdigest()}


def test_a_digest_that_cannot_be_computed_is_known_beforehand():
    """Whoever asks first is not surprised."""
    assert all(
        can_check(name) for name in [*CODES, "sha2-224", "sha2-384", "sha3-256", "blake2b-512", "blake2s-256"]
    )
    assert not can_check("whirlpool")
    with pytest.raises(ValueError, match='The digest "whirlpool" cannot be computed here'):
        Hasher(["whirlpool"])


def test_the_examples_in_the_docstrings_hold():
    """They are the first thing a reader copies."""
    assert doctest.testmod(digests).failed == 0
