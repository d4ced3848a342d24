"""The database of a hub, by the hub's folder."""

import errno
from pathlib import Path

from ...exceptions import HubStoreUnusable
from .connections import unusable
from .store import FILE_NAME, SqliteStore


def open_store(hub_folder: Path, *, read_only: bool = False) -> SqliteStore:
    """The database of the hub in that folder; folder and database are made where there are none.

    Raises:
        HubStoreUnusable: It cannot be used, or is missing and must not be made.
    """
    if not read_only:
        try:
            hub_folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            text = f"There can be no hub in {hub_folder}: {error.strerror}. Name another folder."
            raise unusable(error.errno or errno.EIO, text) from error
    return SqliteStore(hub_folder / FILE_NAME, read_only=read_only)


def existing_store(hub_folder: Path) -> SqliteStore:
    """The database of the hub in that folder, which must be there.

    Raises:
        HubStoreUnusable: It cannot be used, or there is none: nothing is made.
    """
    open_store(hub_folder, read_only=True).close()
    return open_store(hub_folder)


def store_to_ask(hub_folder: Path) -> SqliteStore | None:
    """The database of the hub in that folder, for reading only; None where there is no hub.

    Raises:
        HubStoreUnusable: It is there and cannot be used.
    """
    try:
        return open_store(hub_folder, read_only=True)
    except HubStoreUnusable as error:
        if error.errno == errno.ENOENT:
            return None
        raise
