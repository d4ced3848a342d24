"""The tree of JSON files that a download leaves beside the assets.

::

    {dataset_id}/
    ├── catalog.json
    └── {collection_id}/
        ├── collection.json
        └── {item_id}/{item_id}.json

As in the catalog archives of MLHub. Files are written aside and renamed, never through a link
that leads outside.
"""

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .. import layout

CATALOG_PLACE = "catalog.json"

STAGE = ".unpacking."
"""Beginning of the name of the folder in which files are written before they get their place."""

# A process whose parent was killed ends by itself, after the file it is writing.
_DYING_S = 1.0
# Folders come before what is in them, mostly; a folder forgotten costs a look.
_FOLDERS_REMEMBERED = 10_000


def object_place(body: Mapping[str, Any], parent_id: str) -> str:
    """Where the JSON of a collection or an item lies, posix, relative to the dataset's folder.

    Args:
        body: The collection or item.
        parent_id: What an item that names no collection is taken to be part of.

    Raises:
        UnsafeName: An id that would leave its folder.
        ValueError: It has no id.
    """
    own_id, collection_id = body.get("id"), body.get("collection")
    if not isinstance(own_id, str) or not own_id:
        raise ValueError('it has no "id"')
    if body.get("type") == "Collection":
        return layout.collection_asset_path(own_id, "collection", ".json")
    if not isinstance(collection_id, str) or not collection_id:
        collection_id = parent_id
    return layout.item_path(collection_id, own_id)


def is_swept(folder: Path) -> bool:
    """Whether no unpacking that was killed left something in ``folder``."""
    return not any(name.startswith(STAGE) for name in os.listdir(folder))  # noqa: PTH208 - names alone


def sweep(folder: Path | str) -> None:
    """Delete what unpackings that were killed left in ``folder``.

    Raises:
        OSError: It cannot be deleted.
    """
    if os.path.isdir(folder):  # noqa: PTH112
        for name in os.listdir(folder):  # noqa: PTH208
            if name.startswith(STAGE):
                _remove(Path(folder, name), time.monotonic() + _DYING_S)


def _remove(stage: Path, deadline: float) -> None:
    """Delete a folder in which a process that is just ending may still write."""
    while stage.exists():
        is_last_try = time.monotonic() >= deadline
        try:
            shutil.rmtree(stage)
        except FileNotFoundError:  # deleted by two at once
            continue
        except OSError:
            if is_last_try:
                raise
            time.sleep(0.01)


class Tree:
    """A folder that files of a catalog are put into, none of them outside of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._root = os.path.realpath(folder)
        self._stage = os.path.join(self._root, f"{STAGE}{os.getpid()}")  # noqa: PTH118 - strings all the way, for speed
        self._sound: set[str] = set()

    def __enter__(self) -> "Tree":
        try:
            sweep(self._root)
            os.mkdir(self._stage)  # noqa: PTH102
        except BaseException:  # Ctrl-C: whoever does not get in is not seen out
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._stage, ignore_errors=True)

    def put(self, place: str, content: bytes, mtime_s: int | None = None) -> int:
        """Make the file, unless it holds these very bytes already; when it was changed last.

        Args:
            place: Its path below the root, posix.
            content: Its bytes.
            mtime_s: The time of change to give it; None for now, or for what a file that stays has.

        Raises:
            OSError: It cannot be written, or would be written outside of the root.
        """
        self.enter(place.rpartition("/")[0])
        path = f"{self._root}/{place}"
        found_s = _mtime_of_same(path, content)
        if found_s is None:
            mtime_s = int(time.time()) if mtime_s is None else mtime_s
            self._write(path, content, mtime_s)
        elif mtime_s is None:
            return found_s
        elif mtime_s != found_s:
            set_mtime(path, mtime_s)
        return mtime_s

    def enter(self, folder: str) -> None:
        """Make ``folder``.

        Raises:
            OSError: It cannot be made, or a link on the way leads out of the root.
        """
        if not folder or folder in self._sound:
            return
        above, _, name = folder.rpartition("/")
        self.enter(above)
        path = f"{self._root}/{folder}"
        if name == "..":
            raise OSError(f"{path} leads outside")
        try:
            os.mkdir(path)  # noqa: PTH102
        except FileExistsError:
            if not stat.S_ISDIR(os.lstat(path).st_mode):
                self._check_inside(path)
        if len(self._sound) >= _FOLDERS_REMEMBERED:
            self._sound.clear()
        self._sound.add(folder)

    def _check_inside(self, path: str) -> None:
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(self._root):
            raise OSError(f"{path} is a link that leads outside")
        if not real.is_dir():
            raise NotADirectoryError(f"{path} is a file, and a folder is needed there")

    def _write(self, path: str, content: bytes, mtime_s: int) -> None:
        staged = f"{self._stage}/file"
        with open(staged, "wb", buffering=0) as file:  # noqa: PTH123
            remaining = memoryview(content)
            while remaining:
                remaining = remaining[file.write(remaining) :]
            set_mtime(file.fileno(), mtime_s)
        os.replace(staged, path)  # noqa: PTH105


def set_mtime(file: int | str, mtime_s: int) -> None:
    """Give a file the archive's time; one that the file system cannot keep is left away."""
    with contextlib.suppress(OSError, OverflowError):
        os.utime(file, (mtime_s, mtime_s))


def _mtime_of_same(path: str, content: bytes) -> int | None:
    """When the file was changed last, if it holds these very bytes."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode) or found.st_size != len(content):
            return None
        with open(path, "rb") as file:  # noqa: PTH123
            return int(found.st_mtime) if file.read() == content else None
    except FileNotFoundError:
        return None
