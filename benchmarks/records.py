"""What was measured, in a file: written anew after each run, so that a run cut short is not lost."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.ceiling import Ceiling
from benchmarks.clients import Run
from benchmarks.rows import ROWS
from benchmarks.table import Result, markdown


@dataclass
class Record:
    """One run of the benchmark: the machine, the proxy's ceilings, and every run of every client in order."""

    facts: dict[str, str]
    ceilings: list[Ceiling] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def save(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Record":
        read = json.loads(path.read_text())
        ceilings = [Ceiling(**each) for each in read["ceilings"]]
        return cls(read["facts"], ceilings, [Run(**each) for each in read["runs"]])

    def results(self) -> Sequence[Result]:
        keys = dict.fromkeys(run.row for run in self.runs)
        return [Result(ROWS[key], [run for run in self.runs if run.row == key]) for key in keys]

    def markdown(self) -> str:
        return markdown(self.results(), self.ceilings, self.facts)
