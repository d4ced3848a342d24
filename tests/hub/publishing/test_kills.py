"""kill -9 at any moment of a publication: the dataset is whole, the old one or the new one."""

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("no fork there, and no signals that kill a group", allow_module_level=True)

from support.publication_kills import PublicationKills

SEED = 20221122
KILLS = 10
"""`make soak-hub` does 200."""


@pytest.mark.timeout(100)
def test_a_killed_publication_leaves_the_dataset_whole(tmp_path):
    with PublicationKills(tmp_path, SEED) as test:
        killed = list(test.kills(KILLS))

        print(f"seed {SEED}: {[(round(each.after, 2), each.was_over) for each in killed]}")
        assert [each for each in killed if each.complaints] == []
        assert {each.was_over for each in killed} == {True, False}
        assert test.ended() == []
