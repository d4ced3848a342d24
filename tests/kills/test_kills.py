"""kill -9 at any moment, then the same call again: everything is there, and little came twice."""

import pytest

from support.kills import KillTest
from support.whole_downloads import PublishedDataset

SEED = 20221105
KILLS = 12
"""Two in each phase; `make soak` does 200."""


@pytest.mark.timeout(100)
def test_a_killed_download_is_continued_to_the_same_bytes(interpreter, hub, tmp_path):
    dataset = PublishedDataset(hub, small=60, large_bytes=[1_500_000, 5_000_000, 3_000_000], bare=400)
    test = KillTest(interpreter, hub, dataset, tmp_path, SEED)

    killed = list(test.kills(KILLS))

    print(f"seed {SEED}: {[(each.moment, each.phases) for each in killed]}")
    assert [each for each in killed if each.complaints] == []
    assert len(killed) == KILLS
