"""The folder in which a publication is made, who holds it, and what kills left behind."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ...exceptions import HubStoreUnusable, PublicationFailed
from .. import locks
from ..folder import HubFolder
from ..store import Store

FORGOTTEN_AFTER_S = 24 * 60 * 60
"""How long the files of a replaced version stay, so that downloads under way end well."""

_WORK = "work"
_YOUNG_S = 60.0


@dataclass(frozen=True)
class Staging:
    """Where one publication is made.

    Attributes:
        work: For what is needed while it is made; not there afterwards.
    """

    version: str
    folder: Path
    work: Path

    def work_file(self) -> Path:
        """Where the database of what is staged lies."""
        self.work.mkdir()
        return self.work / "staged.sqlite"

    def tidy(self) -> None:
        """Delete what was needed only while it was made."""
        shutil.rmtree(self.work, ignore_errors=True)


@contextlib.contextmanager
def staging(hub: HubFolder, store: Store) -> Iterator[Staging]:
    """A new folder for a publication, which goes away when something is raised before it has appeared.

    Raises:
        PublicationFailed: It cannot be made.
    """
    version = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
    folder = hub.publication(version)
    lock = hub.publication_lock(version)
    try:
        hub.publications.mkdir(parents=True, exist_ok=True)
        with locks.held(lock) as is_held:
            if not is_held:
                raise PublicationFailed(f"{lock} is held by somebody else.")
            folder.mkdir()
            try:
                yield Staging(version, folder, folder / _WORK)
            except BaseException:
                _discard(folder, store)
                raise
            finally:
                lock.unlink(missing_ok=True)
    except sqlite3.Error as error:
        raise PublicationFailed(f"{lock} cannot be made: {error}") from error


def _discard(folder: Path, store: Store) -> None:
    """Delete the folder, unless the store shows it already: Ctrl-C may come right after that moment."""
    # Where the store cannot be asked, the next publication decides.
    with contextlib.suppress(HubStoreUnusable):
        if folder.name not in store.known_versions():
            shutil.rmtree(folder, ignore_errors=True)


def sweep(hub: HubFolder, store: Store) -> None:
    """Delete what broken-off publications left, and the files of versions replaced a day ago."""
    store.forget_versions(FORGOTTEN_AFTER_S)
    if hub.publications.is_dir():
        for folder in list(hub.publications.iterdir()):
            if folder.is_dir():
                _sweep_version(hub, store, folder.name)
            elif folder.suffix == ".lock" and _is_old(folder):
                # Its publication was killed before it had a folder.
                folder.unlink(missing_ok=True)
    known = store.known_versions()
    for archive in hub.catalogs.glob("*/*"):
        if archive.name.partition(".tar.gz")[0] not in known and _is_old(archive):
            archive.unlink(missing_ok=True)


def leftovers(hub: HubFolder, store: Store) -> list[Path]:
    """What broken-off publications left, and nobody is at work on: the next one deletes it.

    Folders that the store does not know, and in those that it knows, what was needed while they were made.
    """
    known = store.known_versions()
    if not hub.publications.is_dir():
        return []
    folders = [each for each in sorted(hub.publications.iterdir()) if each.is_dir()]
    left = [folder / _WORK if folder.name in known else folder for folder in folders]
    return [
        each
        for folder, each in zip(folders, left, strict=True)
        if each.is_dir() and not _is_being_made(hub, folder.name)
    ]


def strays(hub: HubFolder, store: Store) -> Iterator[Path]:
    """Files among those of a publication that are none of them: somebody put them there."""
    for version in sorted(store.known_versions()):
        folder = hub.publication(version)
        found = [path for path in _files_in(folder) if not _is_published(hub, store, folder, path)]
        # It may have been swept away meanwhile.
        if version in store.known_versions():
            yield from found


def _files_in(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder):
        if Path(place) == folder and _WORK in folders:
            folders.remove(_WORK)
        yield from (Path(place, name) for name in sorted(names))


def _is_published(hub: HubFolder, store: Store, folder: Path, path: Path) -> bool:
    file = store.file(folder.name, path.relative_to(folder).as_posix())
    return file is not None and hub.path / file.location == path


def _sweep_version(hub: HubFolder, store: Store, version: str) -> None:
    lock = hub.publication_lock(version)
    with locks.held(lock) as is_held:
        if not is_held:
            return
        # Asked with the lock in hand: whoever held it may have published it just now.
        folder = hub.publication(version)
        is_known = version in store.known_versions()
        shutil.rmtree(folder / _WORK if is_known else folder, ignore_errors=True)
        lock.unlink(missing_ok=True)


def _is_being_made(hub: HubFolder, version: str) -> bool:
    lock = hub.publication_lock(version)
    if not lock.exists():
        return False
    with locks.held(lock) as is_held:
        return not is_held


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime > _YOUNG_S
    except FileNotFoundError:
        return False
