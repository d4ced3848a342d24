"""Measure the crawl of static catalogs at 50 ms round trip: ``python -m benchmarks.crawl``.

nginx serves made-up catalogs, the same ones each time, behind the delaying proxy. First one of 2,000 items,
read by this client and by pystac's own walk (``get_items(recursive=True)``) in turn; then this client alone
over ever larger ones, and once more over the largest, of which nothing has changed. Each run is a process of
its own. This client judges every item, writes its manifest and keeps the JSON, as a dry run does.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.preparation import known_authorities
from benchmarks.servers import Ports, Site, make_certificate, make_folders, site
from benchmarks.table import write_between_marks

BESIDE_PYSTAC = 2_000
ALONE = (10_000, 30_000, 100_000)
ITEMS_IN_A_COLLECTION = 10_000
ASSETS = 4
LIMIT_S = 3600.0
DATASET_ID = "generated"


@dataclass(frozen=True)
class Figure:
    """One run. ``cpu_s`` is the time of the processor, ``peak_mib`` of resident memory."""

    client: str
    items: int
    wall_s: float
    cpu_s: float
    peak_mib: float
    requests: int

    @property
    def ms_an_item(self) -> float:
        return 1000 * self.wall_s / self.items


def main() -> int:
    options = _options()
    if options.task:
        _TASKS[options.task[0]](*options.task[1:])
        return 0
    folder = Path(tempfile.mkdtemp(prefix="mlhub-crawl-", dir=options.folder))
    try:
        text = _measured(folder, options.alone)
    finally:
        shutil.rmtree(folder)
    print(text)
    if options.write:
        write_between_marks(options.write, text)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crawl", description=__doc__)
    add = parser.add_argument
    add("--alone", type=int, nargs="*", default=list(ALONE), help="sizes that this client reads alone")
    add("--folder", type=Path, default=Path("/dev/shm"), help="tmpfs for catalogs and results")
    add("--write", type=Path, help="Markdown page that gets the tables between its marks")
    add("--task", nargs="*", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measured(folder: Path, alone: Sequence[int]) -> str:
    served = make_folders(folder)
    bundle, ports = make_certificate(folder, known_authorities(Path(sys.executable))), Ports.free()
    sizes = sorted({BESIDE_PYSTAC, *alone})
    for size in sizes:
        make_catalog(served / "files" / str(size), size)
    with site(folder, ports, bundle, {}, tls="1.2") as running:
        beside = [_figure(running, folder, client, BESIDE_PYSTAC) for client in ("ours", "pystac")]
        figures = [_figure(running, folder, "ours", size) for size in alone]
        again = [_figure(running, folder, "ours", max(alone), title="ours, again")] if alone else []
    return _text(folder, beside, [*figures, *again])


def make_catalog(folder: Path, items: int) -> None:
    """Collections of up to 10,000 items, each item in a folder of its own, some 2 KB long."""
    names = [f"collection_{n:03}" for n in range(-(-items // ITEMS_IN_A_COLLECTION))]
    root = _object("Catalog", DATASET_ID, [("child", f"./{name}/collection.json") for name in names])
    _write(folder / "catalog.json", root)
    for number, name in enumerate(names):
        first = number * ITEMS_IN_A_COLLECTION
        ids = [f"{name}_item_{n:07}" for n in range(first, min(first + ITEMS_IN_A_COLLECTION, items))]
        links = [("root", "../catalog.json"), *(("item", f"./{one}/{one}.json") for one in ids)]
        extent = {"spatial": {"bbox": [[-180, -90, 180, 90]]}, "temporal": {"interval": [[None, None]]}}
        body = _object("Collection", name, links) | {"license": "other", "extent": extent}
        _write(folder / name / "collection.json", body)
        for one in ids:
            _write(folder / name / one / f"{one}.json", _item(name, one))


def _item(collection_id: str, item_id: str) -> dict[str, object]:
    links = [("root", "../../catalog.json"), ("collection", "../collection.json")]
    ring = [[10.0, 50.0], [11.0, 50.0], [11.0, 51.0], [10.0, 51.0], [10.0, 50.0]]
    assets = {
        f"band_{n}": {
            "href": f"https://data.example.org/{collection_id}/{item_id}/band_{n}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "roles": ["data"],
        }
        for n in range(ASSETS)
    }
    return _object("Feature", item_id, links) | {
        "collection": collection_id,
        "bbox": [10.0, 50.0, 11.0, 51.0],
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"datetime": "2020-06-15T12:00:00Z", "eo:cloud_cover": 12.5},
        "assets": assets,
    }


def _object(kind: str, own_id: str, links: Sequence[tuple[str, str]]) -> dict[str, object]:
    told = [{"rel": rel, "href": href, "type": "application/json"} for rel, href in links]
    return {
        "type": kind,
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": own_id,
        "description": own_id,
        "links": told,
    }


def _write(path: Path, body: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body))


def _figure(running: Site, folder: Path, client: str, items: int, title: str | None = None) -> Figure:
    location = f"{running.ports.base_url('delayed')}/plain/{items}/catalog.json"
    log = running.log_from_now()
    command = [
        sys.executable,
        "-m",
        "benchmarks.crawl",
        "--task",
        client,
        location,
        str(folder / f"of-{items}"),
    ]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=LIMIT_S).stdout
    found = json.loads(told)
    if found.pop("items") != items:
        raise RuntimeError(f"{client} found other items than {items}: {told}")
    figure = Figure(title or client, items, requests=sum(1 for _ in log.requests()), **found)
    print(f"{figure.client}, {items:,} items: {figure.wall_s:.1f} s", file=sys.stderr, flush=True)
    return figure


def _crawl_ours(location: str, folder: str) -> None:
    from radiant_mlhub import Dataset  # noqa: PLC0415 - what is measured is imported where it is measured

    with _timed() as told:
        report = Dataset.from_stac(location).download(folder, dry_run=True, progress=False)
        told["items"] = report.planned // ASSETS


def _crawl_pystac(location: str, _: str) -> None:
    import pystac  # noqa: PLC0415

    with _timed() as told:
        root = pystac.Catalog.from_file(location)
        told["items"] = sum(1 for _ in root.get_items(recursive=True))


class _timed:  # noqa: N801 - reads as a word
    """Prints what a block took."""

    def __enter__(self) -> dict[str, float]:
        self._told: dict[str, float] = {}
        self._began = time.perf_counter(), time.process_time()
        return self._told

    def __exit__(self, kind: object, *_: object) -> None:
        from benchmarks.worker import peak_mib  # noqa: PLC0415 - it imports the client

        if kind is None:
            wall_s, cpu_s = time.perf_counter() - self._began[0], time.process_time() - self._began[1]
            print(json.dumps({**self._told, "wall_s": wall_s, "cpu_s": cpu_s, "peak_mib": peak_mib()}))


_TASKS = {"ours": _crawl_ours, "pystac": _crawl_pystac}


def _text(folder: Path, beside: Sequence[Figure], alone: Sequence[Figure]) -> str:
    lines = [f"- {name}: {value}" for name, value in machine(folder, folder).items()]
    ours, pystac = beside
    faster = pystac.ms_an_item / ours.ms_an_item
    return "\n".join(
        [
            *lines,
            "",
            f"Beside pystac, {BESIDE_PYSTAC:,} items: {faster:.0f} times faster an item.",
            "",
            *_table(beside),
            "",
            'Alone; "again" is a second run, which asks for every file whether it has changed:',
            "",
            *_table(alone),
        ]
    )


def _table(figures: Sequence[Figure]) -> Iterator[str]:
    yield "| client | items | s | ms an item | CPU s | peak MiB | requests |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for each in figures:
        yield (
            f"| {each.client} | {each.items:,} | {each.wall_s:.1f} | {each.ms_an_item:.2f} "
            f"| {each.cpu_s:.1f} | {each.peak_mib:.0f} | {each.requests:,} |"
        )


if __name__ == "__main__":
    sys.exit(main())
