"""Measure the index alone, without nginx and other clients: ``python -m benchmarks.index 100000``.

A catalog archive of so many items with four assets each is made (the same one each time), and in a
process of its own downloaded as the row ``index`` does: manifest and unpacked JSON, one asset of
each collection. Printed are the times of the first call and of a second one over the same folder,
and, into a fresh folder and without a filter, when the first asset is asked for.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from benchmarks.catalogs import write_catalog
from benchmarks.data_sets import ASSETS_PER_ITEM, LONE_KEY, SHARED_FILE_BYTES, DataSet

DATASET_ID = "generated"


def main() -> int:
    options = _options()
    if options.task:
        _download(json.loads(options.task))
        return 0
    with tempfile.TemporaryDirectory(prefix="mlhub-index-", dir=options.folder) as folder, _files() as url:
        data_set = DataSet("index", options.items * ASSETS_PER_ITEM, has_files=False)
        _make_archive(data_set, Path(folder), url)
        task = {"folder": folder, "collections": data_set.collection_ids}
        for title in ("first call", "second call"):
            command = [options.python, "-m", "benchmarks.index", "0", "--task", json.dumps(task)]
            told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            print(f"{title:>12}: {told.strip()}", flush=True)
        _measure_first_asset(options.python, Path(folder))
    return 0


def _measure_first_asset(python: str, folder: Path) -> None:
    """The same catalog in a folder of its own; the client ends when it has asked."""
    with tempfile.TemporaryDirectory(prefix="fresh-", dir=folder) as fresh:
        archive = f"{DATASET_ID}.tar.gz"
        (Path(fresh) / archive).hardlink_to(folder / archive)
        task = json.dumps({"folder": fresh, "collections": None})
        command = [python, "-m", "benchmarks.index", "0", "--task", task]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        print(f" first asset: {told.strip()}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index", description=__doc__)
    parser.add_argument("items", type=int)
    parser.add_argument("--folder", type=Path, default=Path("/dev/shm"), help="on tmpfs")
    parser.add_argument("--python", default=sys.executable, help="interpreter with this client")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    return parser.parse_args()


def _make_archive(data_set: DataSet, folder: Path, url: str) -> None:
    for name in ("catalogs", "datasets", "catalog_info"):
        (folder / name).mkdir()
    write_catalog(data_set, DATASET_ID, url, folder)
    (folder / "catalogs" / f"{DATASET_ID}.tar.gz").rename(folder / f"{DATASET_ID}.tar.gz")


class _SameFile(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(SHARED_FILE_BYTES))
        self.end_headers()
        self.wfile.write(bytes(SHARED_FILE_BYTES))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _files() -> Iterator[str]:
    """Address of a server that answers everything with the same 4 KiB."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _SameFile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _download(task: dict[str, object]) -> None:
    """One call, as ``CatalogDownloader`` makes it once it has the archive; prints what it took."""
    from benchmarks.worker import ChildrenWatched, peak_mib  # noqa: PLC0415 - it imports the client
    from radiant_mlhub.download.options import checked_options  # noqa: PLC0415
    from radiant_mlhub.download.pipeline import Download  # noqa: PLC0415
    from radiant_mlhub.sources.catalog_archive import CatalogArchive  # noqa: PLC0415
    from radiant_mlhub.transfer import FileRecord, Outcome, Request, Transfer  # noqa: PLC0415

    folder = Path(str(task["folder"]))
    collections = cast(list[str] | None, task["collections"])
    archive = folder / f"{DATASET_ID}.tar.gz"
    status = archive.stat()
    asked: list[float] = []

    def request_for(href: str) -> Request:
        asked.append(time.perf_counter())
        if collections is None:
            print(f"asked for after {asked[0] - started:.3f} s, {peak_mib():.0f} MiB", flush=True)
            os._exit(0)
        return Request(href)

    options = checked_options(
        DATASET_ID,
        output_dir=folder,
        collection_filter=collections and {each: [LONE_KEY] for each in collections},
        progress=False,
    )
    catalog = Outcome(
        Transfer("http://hub/catalog", str(archive), str(folder)),
        "kept",
        FileRecord(status.st_size, status.st_mtime_ns, validator='"1"'),
        unchanged=True,
    )
    started = time.perf_counter()
    with ChildrenWatched() as children:
        report = Download(options, CatalogArchive(DATASET_ID, archive, request_for), None).run(catalog)
    seconds = time.perf_counter() - started
    first = f"{asked[0] - started:6.2f} s" if asked else "  none  "
    cpu = "cpu {:.2f} s, of a process beside it {:.2f} s".format(*_cpu_seconds())
    counts = f"{report.fetched} fetched, {report.kept} kept"
    peak = f"{peak_mib() + children.peak_mib:.0f} MiB"
    print(f"{seconds:6.2f} s, first request at {first}, {cpu}, {peak}, {counts}")


def _cpu_seconds() -> tuple[float, float]:
    """Of this process, imports included, and of its children."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())
