"""Measure this client, the original and curl at the same work; print a table."""

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.ceiling import ceiling
from benchmarks.clients import Run, contestants
from benchmarks.machine import machine
from benchmarks.measuring import Rounds, Workplace
from benchmarks.preparation import check_space, known_authorities, make_data
from benchmarks.records import Record
from benchmarks.rows import ORIGINAL, OURS, ROWS
from benchmarks.servers import Ports, make_certificate, make_folders, site
from benchmarks.table import write_between_marks

PROJECT = Path(__file__).parent.parent


def main() -> int:
    options = _options()
    # An exit that unwinds, so that servers end and folders go.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    record = Record.load(options.show) if options.show else _measured(options)
    text = record.markdown()
    print(text)
    if options.write:
        write_between_marks(options.write, text)
    return 1 if any(run.error for run in record.runs) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    add = parser.add_argument
    add("--rows", type=_rows, default=list(ROWS), help=f"comma-separated; all: {', '.join(ROWS)}")
    add("--without", type=_words, default=[], help="clients left out, of: ours, original, curl, tar, md5")
    add("--rounds", type=int, default=3, help="runs of each client; the median counts (default: 3)")
    add("--scale", type=float, default=1.0, help="share of the files; of a single file, of its bytes")
    add("--folder", type=Path, default=Path("/dev/shm"), help="tmpfs for data and downloads")
    add("--disk", type=Path, default=Path("/var/tmp"), help="a disk, for the row that wants one")
    add("--python", type=Path, default=Path(sys.executable), help="interpreter with this client")
    add("--original", type=Path, default=PROJECT / ".venv-original/bin/python", help="with client 0.5.5")
    add("--tls", choices=("1.2", "1.3"), default="1.2", help="version spoken (1.2 is that of Debian's nginx)")
    add("--json", type=Path, default=PROJECT / "build/benchmark.json", help="gets every run as it ends")
    add("--show", type=Path, help="measure nothing: the table of such a file")
    add("--write", type=Path, help="Markdown page that gets the table between its marks")
    options = parser.parse_args()
    if ORIGINAL not in options.without and not options.original.exists():
        parser.error(f"{options.original} is missing: make it, or pass --without original.")
    return options


def _rows(text: str) -> list[str]:
    unknown = [word for word in _words(text) if word not in ROWS]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return _words(text)


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _measured(options: argparse.Namespace) -> Record:
    rows = [ROWS[key].scaled(options.scale) for key in options.rows]
    pythons = {OURS: options.python, ORIGINAL: options.original}
    taking_part = {client: path for client, path in pythons.items() if client not in options.without}
    ports = Ports.free()
    check_space(rows, options.folder)
    with _workplace(options.folder, options.disk) as place:
        facts = machine(place.downloads, place.disk, taking_part)
        choices = {name: f"{getattr(options, name)}" for name in ("rounds", "scale", "tls")}
        record = Record(facts | choices)

        def tell(run: Run) -> None:
            record.runs.append(run)
            record.save(options.json)
            print(
                f"{run.row:>22}  {run.contestant:<22} {run.wall_s:9.3f} s  {run.error}",
                file=sys.stderr,
                flush=True,
            )

        bundle = make_certificate(place.scratch, known_authorities(options.python))
        digests = make_data(rows, ports, place.served)
        with site(place.scratch, ports, bundle, digests, tls=options.tls) as running:
            record.ceilings += [ceiling(row, running) for row in rows if row.route != "loopback"]
            rounds = Rounds(options.rounds, place, running, tell)
            for row in rows:
                rounds.measure(row, list(contestants(row, pythons, options.without)))
    return record


@contextmanager
def _workplace(folder: Path, disk: Path) -> Iterator[Workplace]:
    """Temporary folders on tmpfs and on disk, both gone at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="mlhub-bench-", dir=folder, ignore_cleanup_errors=True) as fast,
        tempfile.TemporaryDirectory(prefix="mlhub-bench-", dir=disk, ignore_cleanup_errors=True) as slow,
    ):
        downloads = Path(fast) / "downloads"
        downloads.mkdir()
        yield Workplace(Path(fast), make_folders(Path(fast)), downloads, Path(slow))


if __name__ == "__main__":
    sys.exit(main())
