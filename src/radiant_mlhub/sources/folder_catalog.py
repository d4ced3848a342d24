"""A catalog in a folder of this machine.

Read by its links; where they lead to no item, as in a folder of items that somebody kept without their
catalog, all JSON files of the folder are looked at.
"""

import os
import stat
from collections.abc import Generator, Iterator
from pathlib import Path

from ..exceptions import CatalogBroken
from ..transfer.local_files import is_local, local_path
from .catalog_addresses import FolderAddresses
from .documents import MOST_BYTES, NeverStac, NotStac, document
from .file_contents import FileContents, MostItems
from .local_reading import read_from
from .source import SourceObject
from .walk import File, Walk

ROOT_NAMES = ("catalog.json", "collection.json")


def catalog_path(location: str) -> Path | None:
    """The path that ``location`` names, absolute; None where it is an address of the web or a bucket."""
    if is_local(location):
        return Path(local_path(location))
    return None if "://" in location else Path(location).expanduser().absolute()


def local_root(path: Path) -> Path | None:
    """The root of the catalog at ``path``: the file itself, or the one in a folder; None without.

    Raises:
        CatalogBroken: There is neither a file nor a folder, or the folder may not be entered.
    """
    with read_from(path):
        if stat.S_ISDIR(path.stat().st_mode):
            return next((path / name for name in ROOT_NAMES if (path / name).is_file()), None)
    return path


def local_text(path: str) -> bytes:
    """The bytes of a file.

    Raises:
        NotStac: It cannot be read, is no regular file, or too long.
    """
    try:
        # Opened without waiting: a FIFO that nobody writes to would hold whoever opens it.
        with open(path, "rb", buffering=0, opener=_open_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise NotStac("is no file")
            if found.st_size > MOST_BYTES:
                raise NotStac(f"is longer than {MOST_BYTES // 1024**2} MiB, which no STAC JSON is")
            return file.read()
    except IsADirectoryError as error:
        raise NotStac("is no file") from error
    except (OSError, ValueError) as error:
        if isinstance(error, NotStac):
            raise
        raise NotStac(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def folder_objects(
    path: Path, dataset_id: str, most_items: MostItems, *, leaves_out: Path
) -> Generator[SourceObject, None, None]:
    """The objects of the catalog at ``path``, by its links; by its folders where they lead to no item.

    Args:
        path: A file, or a folder that may hold its root.
        dataset_id: The dataset.
        most_items: How many items are read.
        leaves_out: A folder that is not looked into: the one that is written.

    Raises:
        CatalogBroken: The root cannot be read, or there is none, and no object either.
    """
    addresses = FolderAddresses()
    contents = FileContents(dataset_id, lambda file: local_text(file.href), addresses, most_items=most_items)
    root = local_root(path)
    walk = None if root is None else Walk(str(root), contents.opened, files_ahead=1)
    if walk is not None:
        for file in _linked(walk):
            yield from contents.objects(file)
    folder = path if path.is_dir() else path.parent
    if not contents.items and most_items(None):
        is_empty = walk is None
        closed: list[OSError] = []
        for each in _found(_json_files(folder, leaves_out, closed), contents, walk, most_items):
            is_empty = is_empty and each.error is not None
            yield each
        for error in closed:
            yield SourceObject(error.filename, error=f"it cannot be looked into: {error.strerror}")
        if is_empty:
            raise CatalogBroken(f"{folder} holds no STAC JSON.")
    addresses.tell(str(path))


def _linked(walk: Walk) -> Iterator[File]:
    while not walk.is_done:
        file = walk.wanted()
        if file is not None:
            walk.arrived(file)
        yield from walk.ready()


def _found(
    paths: Iterator[str], contents: FileContents, walk: Walk | None, most_items: MostItems
) -> Iterator[SourceObject]:
    """The collections and items of all files that no link led to; what else lies there is left alone."""
    collections: dict[str, str] = {}
    for path in paths:
        if walk is not None and walk.has_handed_out(path):
            continue
        try:
            held = document(local_text(path))
        except NeverStac:
            continue
        except NotStac as error:
            yield SourceObject(path, error=f"it {error}")
            continue
        if held.kind not in ("collection", "item") or not held.names_a_version:
            continue
        if held.kind == "collection":
            collections[os.path.dirname(path)] = held.id or ""  # noqa: PTH120
        file = _file(path, collections)
        if held.kind == "collection" or most_items(held.collection_id or file.parent_id):
            yield contents.object_of(file, held)


def _file(path: str, collections: dict[str, str]) -> File:
    above = (collections[str(each)] for each in Path(path).parents if str(each) in collections)
    return File(path, 0, is_here=True, base_href=path, parent_id=next(above, ""), linked_from=path)


def _json_files(folder: Path, leaves_out: Path, closed: list[OSError]) -> Iterator[str]:
    """In each folder the root's names first, so that what an item is part of is known before it.

    Args:
        folder: Where to look.
        leaves_out: A folder that is not looked into.
        closed: Gets why others could not be looked into.
    """
    for parent, folders, names in os.walk(folder, onerror=closed.append):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and Path(parent, name) != leaves_out
        )
        for name in sorted(names, key=lambda name: (name not in ROOT_NAMES, name)):
            if name.endswith(".json") and not name.startswith("."):
                yield os.path.join(parent, name)  # noqa: PTH118
