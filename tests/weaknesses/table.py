"""Write the table of weaknesses from two runs of these tests.

    python table.py ORIGINAL.xml OURS.xml WEAKNESSES.md

The two XML files are what ``pytest --junitxml`` writes, under client 0.5.5 and under this
package. Exit code 1 when the table would not be true: a test that passes there, one that
fails here, a line without a test.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lines import WEAKNESSES

HEAD = """\
# What client 0.5.5 did, and what this one does

Each line is something that users of radiant-mlhub 0.5.5 suffered. Each has tests in
`tests/weaknesses/` that know documented names only, so that the same files run under both:
`make test-original` runs them there and here, and writes this page from the two runs.

| # | weakness of 0.5.5 | tests | there | here |
| --- | --- | --- | --- | --- |
"""


@dataclass(frozen=True)
class Case:
    """One test function of one run, all its parameters together.

    Attributes:
        name: ``file.py::function``.
        outcome: ``green``, ``red`` or ``cannot run``; red when one parameter is.
        reason: Why it cannot run; empty otherwise.
    """

    name: str
    outcome: str
    reason: str = ""


def cases_of(report: Path) -> dict[int, dict[str, Case]]:
    """The test functions of one run, by line and name."""
    found: dict[int, dict[str, Case]] = defaultdict(dict)
    for element in ET.parse(report).iter("testcase"):
        case = _case(element)
        for told in element.iter("property"):
            if told.get("name") != "weakness":
                continue
            line = int(told.get("value", ""))
            before = found[line].get(case.name)
            if before is None or case.outcome == "red":
                found[line][case.name] = case
    return found


def greens_of(report: Path) -> set[str]:
    """Every single case that passed, parameters included."""
    return {
        f"{element.get('classname')}::{element.get('name')}"
        for element in ET.parse(report).iter("testcase")
        if _case(element).outcome == "green"
    }


def _case(element: ET.Element) -> Case:
    function = (element.get("name") or "").partition("[")[0]
    name = f"{(element.get('classname') or '').rpartition('.')[2]}.py::{function}"
    skipped = element.find("skipped")
    if skipped is not None:
        return Case(name, "cannot run", skipped.get("message") or "")
    is_red = element.find("failure") is not None or element.find("error") is not None
    return Case(name, "red" if is_red else "green")


def table(there: Mapping[int, Mapping[str, Case]], here: Mapping[int, Mapping[str, Case]]) -> str:
    """The page: one row for each weakness, in order."""
    return HEAD + "".join(_row(number, there, here) for number in WEAKNESSES)


def _row(number: int, there: Mapping[int, Mapping[str, Case]], here: Mapping[int, Mapping[str, Case]]) -> str:
    tests = here.get(number, {})
    names = "<br>".join(f"`{name}`" for name in tests)
    outcomes = ["<br>".join(_told(run.get(number, {}).get(name)) for name in tests) for run in (there, here)]
    return f"| {number} | {WEAKNESSES[number]} | {names} | {outcomes[0]} | {outcomes[1]} |\n"


def _told(case: Case | None) -> str:
    if case is None:
        return "not run"
    return f"cannot run: {case.reason}" if case.reason else case.outcome


def untruths(
    there: Mapping[int, Mapping[str, Case]], here: Mapping[int, Mapping[str, Case]], greens_there: set[str]
) -> list[str]:
    """What keeps the table from being true, in sentences."""
    said = [f"{name} passes under 0.5.5: it shows no weakness" for name in sorted(greens_there)]
    for number in WEAKNESSES:
        if number not in here:
            said.append(f"line {number} has no test")
        for name, case in here.get(number, {}).items():
            if case.outcome == "red":
                said.append(f"line {number}: {name} fails here")
            if name not in there.get(number, {}):
                said.append(f"line {number}: {name} did not run under 0.5.5")
    return said


def main(original: str, ours: str, page: str) -> int:
    """Write the page, say what is untrue about it, and answer the exit code."""
    there, here = cases_of(Path(original)), cases_of(Path(ours))
    Path(page).write_text(table(there, here), encoding="utf-8")
    wrong = untruths(there, here, greens_of(Path(original)))
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:4]))
