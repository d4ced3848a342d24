"""Whether a client did what was asked: figures over wrong bytes count for nothing."""

import filecmp
import os
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from benchmarks.data_sets import SHARED_FILE, DataSet
from benchmarks.rows import TAR, Row

MANIFEST = "mlhub_stac_assets.db"


def wrong_result(row: Row, client: str, folder: Path, served: Path) -> str:
    """What is wrong in the folder after a run, in a sentence; empty when all is well."""
    downloaded = folder / row.dataset_id
    if row.walk == "first asset":
        return ""  # the client was stopped
    if row.walk == "index":
        wrong = _wrong_catalog(row.data_set, downloaded)
        return wrong if client == TAR or wrong else _wrong_index(row.data_set, downloaded, served)
    files = served / "files" / row.data_set.key
    return _wrong_files((downloaded / path, files / path) for path in row.data_set.asset_paths())


def _wrong_files(pairs: Iterable[tuple[Path, Path]]) -> str:
    for downloaded, source in pairs:
        if not downloaded.is_file():
            return f"{downloaded.name} is missing: {downloaded}"
        if not filecmp.cmp(downloaded, source, shallow=False):
            return f"{downloaded.name} differs from what was served: {downloaded}"
    return ""


def _wrong_catalog(data_set: DataSet, downloaded: Path) -> str:
    expected = data_set.item_count + len(data_set.collection_ids) + 1
    count = sum(name.endswith(".json") for _, _, names in os.walk(downloaded) for name in names)
    return "" if count == expected else f"{count} JSON files were unpacked, not {expected}."


def _wrong_index(data_set: DataSet, downloaded: Path, served: Path) -> str:
    lone = list(data_set.lone_paths())
    expected = data_set.file_count + len(lone)
    manifest = (downloaded / MANIFEST).resolve()
    try:
        with closing(sqlite3.connect(f"{manifest.as_uri()}?mode=ro", uri=True)) as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM assets").fetchone()
    except sqlite3.Error as error:
        return f"The manifest cannot be read: {error}"
    if count != expected:
        return f"The manifest has {count} assets, not {expected}."
    return _wrong_files((downloaded / path, served / "files" / SHARED_FILE) for path in lone)
