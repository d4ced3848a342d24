"""Measure the hub beside its peers; print Markdown."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.hub import archives, publishing, search, steps
from benchmarks.hub.place import Options, Place, Section
from benchmarks.machine import machine
from benchmarks.table import write_between_marks

PROJECT = Path(__file__).parent.parent.parent

ROWS: dict[str, Callable[[Options, Place], Section]] = {
    "publish": publishing.measure,
    "search": search.measure,
    "steps": steps.measure,
    "archive": archives.measure,
}
"""A module each."""


def main() -> int:
    options = _options()
    # An exit that unwinds, so that servers end and folders go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    record = json.loads(options.json.read_text()) if options.json.exists() else {"sections": {}}
    with _place(options) as place:
        record["facts"] = machine(place.folder, place.folder)
        work = Options(options.items, options.published, options.questions, options.pgstac)
        for key in options.rows:
            section = ROWS[key](work, place)
            print(section.markdown(), file=sys.stderr, flush=True)
            record["sections"][key] = section.as_dict() | {"date": record["facts"]["date"]}
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps(record, indent=1))
    text = _markdown(record)
    print(text)
    if options.write:
        write_between_marks(options.write, text)
    return int(any(each["held"] is False for each in record["sections"].values()))


def _markdown(record: dict) -> str:
    facts = "\n".join(f"- {name}: {fact}" for name, fact in record["facts"].items())
    sections = []
    for key in ROWS:
        if told := record["sections"].get(key):
            date = told.pop("date")
            sections.append(f"{Section(**told).markdown()}\nMeasured {date}.")
    return "\n\n".join([facts, *sections])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hub", description=__doc__)
    add = parser.add_argument
    add("--rows", type=_rows, default=list(ROWS), help=f"comma-separated; all: {', '.join(ROWS)}")
    add("--items", type=int, default=1_000_000, help="that are searched (default: a million)")
    add("--published", type=int, default=100_000, help="items published at once (default: 100,000)")
    add("--questions", type=int, default=500, help="asked of each server (default: 500)")
    add("--pgstac", type=Path, default=PROJECT / ".venv-pgstac/bin", help="programs of stac-fastapi.pgstac")
    add("--folder", type=Path, default=Path("/var/tmp"), help="a disk with 10 GB to spare")
    add("--keep", type=Path, help="such a folder, kept: what was loaded there is used again")
    add("--json", type=Path, default=PROJECT / "build/hub-benchmark.json", help="gets every row as it ends")
    add("--write", type=Path, help="Markdown page that gets the rows between its marks")
    return parser.parse_args()


def _rows(text: str) -> list[str]:
    rows = [word for word in text.split(",") if word]
    if unknown := [row for row in rows if row not in ROWS]:
        raise argparse.ArgumentTypeError(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return rows


@contextmanager
def _place(options: argparse.Namespace) -> Iterator[Place]:
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        yield Place(options.keep)
        return
    with tempfile.TemporaryDirectory(prefix="mlhub-bench-", dir=options.folder) as folder:
        # PostgreSQL's user must be able to reach its own folder.
        Path(folder).chmod(0o755)
        yield Place(Path(folder))


if __name__ == "__main__":
    sys.exit(main())
