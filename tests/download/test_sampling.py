"""A sample is what seed and ids make it, and nothing else."""

import statistics

from hypothesis import given
from hypothesis import strategies as st

from radiant_mlhub.download.sampling import Sample

IDS = [f"tile_{number:05}" for number in range(2000)]
# Drawn when this was written.
FIXED = [
    *("tile_00421", "tile_00596", "tile_00670", "tile_00964"),
    *("tile_01033", "tile_01284", "tile_01296", "tile_01699"),
]
fractions = st.floats(0, 1, exclude_min=True)
seeds = st.integers(-(2**70), 2**70)


def drawn(fraction, seed=0, collection_id="c"):
    sample = Sample(fraction, seed)
    return {item_id for item_id in IDS if sample.keeps(collection_id, item_id)}


@given(st.tuples(fractions, fractions).map(sorted), seeds)
def test_a_larger_fraction_has_all_of_a_smaller_one(pair, seed):
    smaller, larger = pair

    assert drawn(smaller, seed) <= drawn(larger, seed)


@given(fractions, seeds)
def test_a_sample_is_about_the_fraction_asked_for(fraction, seed):
    """Within six standard deviations of what chance gives: 1 in 500 million would not be."""
    deviation = (fraction * (1 - fraction) / len(IDS)) ** 0.5

    assert abs(len(drawn(fraction, seed)) / len(IDS) - fraction) <= 6 * deviation + 1 / len(IDS)


@given(seeds)
def test_the_whole_is_everything(seed):
    assert drawn(1.0, seed) == set(IDS)


def test_a_sample_is_the_same_everywhere_and_for_ever():
    """The promise behind "the same call goes on": these ids were drawn when it was given."""
    assert sorted(drawn(0.003)) == FIXED
    assert sorted(drawn(0.003, seed=1)) != FIXED


def test_seeds_and_collections_draw_by_themselves():
    """Two samples of a half have about a quarter of the items in common."""
    one = drawn(0.5)

    others = [*(drawn(0.5, seed) for seed in (1, 2, -1)), drawn(0.5, collection_id="d")]

    assert all(abs(len(one & other) - 500) < 100 for other in others)
    assert statistics.pstdev([len(other) for other in others]) > 0
