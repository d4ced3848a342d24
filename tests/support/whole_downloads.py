"""A dataset on loopback, what its folder must hold in the end, and what was sent for it."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import io
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from radiant_mlhub.sources.tree import STAGE
from support.downloads_apart import ASSET_SUFFIX, Run
from support.fault_server import made_up
from support.scripted_hub import ScriptedHub, item

MIB = 1024 * 1024
# Parts larger than this have notes and are continued; smaller ones begin again: see transfer/parts.py.
SMALLEST_NOTED_BYTES = MIB
# Between pieces of 64 KiB: 16 MiB/s a connection.
TRICKLE_S = 0.004
# What a socket holds of what the client has not read yet, at that pace.
KERNEL_BYTES = MIB // 4
MANIFEST, ERR_REPORT = "mlhub_stac_assets.db", "err_report.csv"


class PublishedDataset:
    """A dataset of a hub, and the sha256 of every file that a download of it makes.

    Args:
        hub: Serves it.
        small: How many items of two assets of 2 to 50 KB each.
        large_bytes: The sizes of further assets, in an item each.
        bare: How many items without assets: they make the archive longer.
        dataset_id: Its id.
    """

    def __init__(
        self,
        hub: ScriptedHub,
        *,
        small: int,
        large_bytes: Sequence[int] = (),
        bare: int = 0,
        dataset_id: str = "ds",
    ) -> None:
        self.dataset_id = dataset_id
        self._hub = hub
        self._first_request = 0
        self.sizes: dict[str, int] = {}
        self.sha256: dict[str, str] = {}
        items = []
        for n in range(small):
            sizes = {"image": 2000 + 7919 * n % 25_000, "labels": 25_000 + 6007 * n % 25_000}
            items.append(self._item(f"i{n}", sizes))
        for n, size in enumerate(large_bytes):
            # Large ones among the small ones, as in real catalogs.
            items.insert(n * len(items) // len(large_bytes), self._item(f"large{n}", {"image": size}))
        for n in range(bare):
            items.insert(n * len(items) // bare, item(f"bare{n}", {}))
        archive = hub.publish(dataset_id, items)
        self.sizes[f"/mlhub/catalogs/{dataset_id}.tar.gz"] = len(archive.content)
        self.sha256[f"{dataset_id}.tar.gz"] = hashlib.sha256(archive.content).hexdigest()
        with tarfile.open(fileobj=io.BytesIO(archive.content)) as members:
            for member in members:
                content = members.extractfile(member).read()  # type: ignore[union-attr]
                self.sha256[member.name] = hashlib.sha256(content).hexdigest()

    @property
    def assets(self) -> int:
        """How many assets it has."""
        return len(self.sizes) - 1

    @property
    def total_bytes(self) -> int:
        """Of its archive and its assets."""
        return sum(self.sizes.values())

    def forget_requests(self) -> None:
        """Count what is sent from now on."""
        self._first_request = len(self._hub.blobs.requests)

    def bytes_sent(self) -> int:
        """Bytes of bodies that the server has handed to sockets."""
        return sum(request.bytes_sent for request in self._hub.blobs.requests[self._first_request :])

    def bytes_in_flight(self) -> int:
        """What the connections that are open could lose with the process: one buffer each.

        A file below 1 MiB that is not finished begins again, so it counts whole; of a larger one
        the bytes since its last note are lost (1 MiB, or a 64th of a file larger than 64 MiB), and what
        the server has sent and the client not read.
        """
        last = {request.connection: request for request in self._hub.blobs.requests[self._first_request :]}
        return sum(
            size if size <= SMALLEST_NOTED_BYTES else max(MIB, size // 64) + KERNEL_BYTES
            for size in (self.sizes.get(request.path, 0) for request in last.values())
        )

    def phases(self, folder: Path) -> set[str]:
        """What a download into ``folder`` that was killed just now was at, as its files tell."""
        if not (folder / f"{self.dataset_id}.tar.gz").exists():
            return {"catalog"}
        home = folder / self.dataset_id
        found = {"unpack"} if any(home.glob(f"{STAGE}*")) else set()
        if _assets_listed(home / MANIFEST) < self.assets:
            found.add("index")
        named = sum(path.suffix == ASSET_SUFFIX for path in home.rglob(f"[!.]*{ASSET_SUFFIX}"))
        if named:
            found.add("names" if named < self.assets else "close")
        elif any(home.rglob(f".*{ASSET_SUFFIX}.*.part")):
            found.add("transfers")
        return found

    def differences(self, folder: Path) -> list[str]:
        """How the download in ``folder`` differs from the source; empty when it is whole."""
        found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
        own = {f"{self.dataset_id}/{name}" for name in (MANIFEST, ERR_REPORT)}
        wrong = [f"{name} is missing" for name in (self.sha256.keys() | own) - found.keys()]
        wrong += [f"{name} is too much" for name in found.keys() - self.sha256.keys() - own]
        for name, path in found.items():
            if name in self.sha256 and hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256[name]:
                wrong.append(f"{name} has other bytes")
        if not wrong:
            wrong += _wrong_about(folder / self.dataset_id, self.assets)
        return sorted(wrong)

    def _item(self, item_id: str, sizes: dict[str, int]) -> dict:
        hrefs = {}
        for key, size in sizes.items():
            name = f"{self.dataset_id}/{item_id}-{key}{ASSET_SUFFIX}"
            content = made_up(size, name)
            # No faster than a client reads: what waits in the kernel's buffers would count as sent.
            hrefs[key] = self._hub.file(name, content, trickle_s=TRICKLE_S).href
            self.sizes[f"/files/{name}"] = size
            place = f"{self.dataset_id}/scenes/{item_id}/{key}{ASSET_SUFFIX}"
            self.sha256[place] = hashlib.sha256(content).hexdigest()
        return item(item_id, hrefs)


def _assets_listed(manifest: Path) -> int:
    """How many assets a manifest names, its log included, which stays for the next run as it is."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, manifest.name)
        for ending in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{manifest}{ending}", f"{copy}{ending}")
        try:
            with closing(sqlite3.connect(copy)) as connection:
                return int(connection.execute("SELECT COUNT(*) FROM assets").fetchone()[0])
        except sqlite3.Error:  # it was just being made
            return 0


def _wrong_about(folder: Path, assets: int) -> list[str]:
    wrong = []
    if (folder / ERR_REPORT).read_bytes():
        with (folder / ERR_REPORT).open(newline="", encoding="utf-8") as file:
            wrong.append(f"{ERR_REPORT} has rows: {list(csv.reader(file))[:3]}")
    try:
        wrong += _wrong_about_manifest(folder / MANIFEST, assets)
    except sqlite3.Error as error:
        wrong.append(f"{MANIFEST} cannot be read: {error}")
    return wrong


def _wrong_about_manifest(path: Path, assets: int) -> list[str]:
    wrong = []
    with closing(sqlite3.connect(path)) as manifest:
        if manifest.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            wrong.append(f"{MANIFEST} is damaged")
        recorded = manifest.execute(
            "SELECT COUNT(*) FROM files WHERE save_path IN (SELECT asset_save_path FROM assets)"
        ).fetchone()[0]
        if recorded != assets:
            wrong.append(f"{MANIFEST} knows {recorded} of {assets} files")
    return wrong


def ended_well(run: Run) -> bool:
    """The download came to its end without an error; else its traceback is shown."""
    code = run.wait()
    if code == 0 and "error" not in run.told:
        return True
    raise AssertionError(f"the download ended with {code}: {run.told.get('trace', run.told)}")
