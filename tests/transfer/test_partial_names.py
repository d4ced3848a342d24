"""Names of parts, whatever their targets are called: they fit, hide, and their target alone finds them."""

import os

from hypothesis import assume, given
from hypothesis import strategies as st

from radiant_mlhub.transfer.answers import Version
from radiant_mlhub.transfer.owners import this_owner
from radiant_mlhub.transfer.parts import ENDINGS, leftovers, new_part, stem_of

LONGEST_NAME_BYTES = 255

letters = st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0")
# What catalogs call files, and what looks like the name of a part itself.
names = st.one_of(
    st.text(letters, min_size=1, max_size=255),
    st.from_regex(r"[a-z0-9_.~-]{1,80}(\.part|\.part\.json|\.tif)?", fullmatch=True),
    st.sampled_from(["ü" * 120, "x" * 255, f".{'x' * 200}.part", "a.0.b-c-1-2.3.part"]),
).filter(lambda name: name not in {".", ".."} and len(os.fsencode(name)) <= LONGEST_NAME_BYTES)


def part_of(name):
    """The name of a part of ``name`` that a process left which is no more."""
    dead = this_owner()._replace(boot="000000")
    return f".{stem_of(name)}.0123abcd.{dead}.7.part"


@given(name=names)
def test_a_part_fits_into_any_file_system_and_hides(name):
    """Also with a note that is being written beside it."""
    part = part_of(name)

    assert part.startswith(".")
    assert part.endswith(ENDINGS)
    assert len(os.fsencode(f"{part}.json~")) <= LONGEST_NAME_BYTES


@given(name=names)
def test_a_target_finds_its_parts(name):
    assert [left.path for left in leftovers(f"/d/{name}", [part_of(name)])] == [f"/d/{part_of(name)}"]


@given(one=names, other=names)
def test_a_target_finds_no_part_of_another(one, other):
    """Long names are told apart by more than their ends."""
    assume(one != other)

    assert leftovers(f"/d/{one}", [part_of(other)]) == []


@given(one=names, end=st.text(letters, min_size=1, max_size=40))
def test_no_stem_is_another_names_stem(one, end):
    """What is shortened gets a hash, so that nobody else's name is the same."""
    other = one + end
    assume(len(os.fsencode(other)) <= LONGEST_NAME_BYTES)

    assert stem_of(one) != stem_of(other)


def test_a_new_part_is_called_so(tmp_path):
    """The names above are those that are given."""
    part = new_part(str(tmp_path / "a.tif"), "https://h/a.tif", Version())

    name = os.path.basename(part.path)  # noqa: PTH119 - text, as in parts
    part.discard()

    assert name.startswith(".a.tif.")
    assert str(this_owner()) in name
    assert name.endswith(".part")
