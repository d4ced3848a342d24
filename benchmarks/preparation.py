"""Before the first run: what is served, and what clients trust."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.catalogs import write_catalog
from benchmarks.data_sets import GIB, DataSet, write_files, write_shared_file
from benchmarks.rows import Row
from benchmarks.servers import Ports, Site, files_url, make_certificate, make_folders, site

LIMIT_S = 60.0
PAGE_BYTES = 4096  # what the last, unfinished page of a file takes at most
BYTES_PER_ITEM = 6 * 1024  # its JSON on tmpfs, and its rows in a manifest
INODES_PER_ITEM = 2  # its folder and its JSON
INODES_PER_FILE = 2  # served and downloaded
INODES_BESIDE = 10_000


def make_data(rows: Iterable[Row], ports: Ports, served: Path) -> dict[str, str]:
    """Make the files and catalogs of all rows, each once.

    Returns:
        Content-MD5 by the path of an address: of the files, and of the archives of rows with digests.
    """
    rows = list(rows)
    write_shared_file(served / "files")
    digests = {}
    for data_set in dict.fromkeys(row.data_set for row in rows):
        for path, content_md5 in write_files(data_set, served / "files" / data_set.key):
            digests[f"/md5/{data_set.key}/{path}"] = content_md5
    for row in {row.dataset_id: row for row in rows}.values():
        content_md5 = write_catalog(row.data_set, row.dataset_id, files_url(row, ports), served)
        if row.with_md5:
            digests[f"/catalogs/{row.dataset_id}.tar.gz"] = content_md5
    return digests


@contextmanager
def one_row(row: Row, above: Path) -> Iterator[tuple[Path, Path, Site]]:
    """One row's data, made and served as long as the block, in a folder below ``above`` that goes with it.

    Returns:
        That folder, what of it is served, and the servers.
    """
    with tempfile.TemporaryDirectory(prefix="mlhub-row-", dir=above) as made:
        folder = Path(made)
        ports = Ports.free()
        bundle = make_certificate(folder, known_authorities(Path(sys.executable)))
        served = make_folders(folder)
        digests = make_data([row], ports, served)
        with site(folder, ports, bundle, digests, tls="1.2") as running:
            yield folder, served, running


def check_space(rows: Iterable[Row], folder: Path) -> None:
    """Raises OSError when the folder for data and downloads is too small for the rows, at a rough guess."""
    data_sets = {row.data_set for row in rows}
    sizes = [_bytes_on_tmpfs(data_set) for data_set in data_sets]
    needed_gib = (sum(sizes) + max(sizes)) / GIB
    files = os.statvfs(folder)
    free_gib = files.f_bavail * files.f_frsize / GIB
    if free_gib < needed_gib:
        raise OSError(
            f"{folder} has {free_gib:.1f} GiB left, these rows need about {needed_gib:.1f}. "
            "Choose another --folder, fewer --rows or a smaller --scale."
        )
    needed_inodes = sum(map(_inodes, data_sets)) + INODES_BESIDE
    if files.f_favail < needed_inodes:
        raise OSError(
            f"{folder} has room for {files.f_favail:,} files more, these rows make {needed_inodes:,}."
        )


def _bytes_on_tmpfs(data_set: DataSet) -> int:
    pages = data_set.file_count if data_set.has_files else 0
    return data_set.total_bytes + pages * PAGE_BYTES + data_set.item_count * BYTES_PER_ITEM


def _inodes(data_set: DataSet) -> int:
    files = data_set.file_count if data_set.has_files else 0
    return data_set.item_count * INODES_PER_ITEM + files * INODES_PER_FILE


def known_authorities(python: Path) -> Path:
    """The certificates that requests trusts in an environment."""
    command = [str(python), "-m", "certifi"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
    return Path(said.stdout.strip())
