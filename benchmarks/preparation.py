"""Before the first run: what is served, and what clients trust."""

import subprocess
from collections.abc import Iterable
from pathlib import Path

from benchmarks.catalogs import write_catalog
from benchmarks.data_sets import write_files, write_shared_file
from benchmarks.rows import Row
from benchmarks.servers import Ports, files_url

LIMIT_S = 60.0


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


def known_authorities(python: Path) -> Path:
    """The certificates that requests trusts in an environment."""
    command = [python, "-m", "certifi"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LIMIT_S)
    return Path(said.stdout.strip())
