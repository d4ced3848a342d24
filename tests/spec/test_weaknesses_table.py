"""The table of weaknesses names every line once, and no test that is not there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROWS = [
    line.split(" | ")
    for line in (ROOT / "docs/reference/weaknesses.md").read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def test_every_weakness_has_one_row_in_order():
    assert [int(row[0].strip("| ")) for row in ROWS] == list(range(1, 72))


def test_a_row_names_tests_that_exist():
    for row in ROWS:
        names = re.findall(r"`(\w+\.py)::(\w+)`", row[2])

        assert names, row[0]
        for file, function in names:
            assert f"def {function}(" in (ROOT / "tests/weaknesses" / file).read_text(encoding="utf-8")


def test_the_runs_behind_the_table_were_red_there_and_green_here():
    """Under 0.5.5 a test may also say why it cannot run."""
    for row in ROWS:
        there, here = ([cell.strip(" |") for cell in column.split("<br>")] for column in row[3:5])

        assert [cell for cell in there if cell != "red" and not cell.startswith("cannot run: ")] == [], row[0]
        assert set(here) == {"green"}, row[0]
