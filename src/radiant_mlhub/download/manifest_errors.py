"""What an error of SQLite's means to whoever reads it."""

import sqlite3
from pathlib import Path

from ..exceptions import DirectoryUnusable
from ..transfer.destination import why_refused
from ..transfer.open_files import is_out_of_files, refused_to_open

_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
_OF_THE_FILE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY = 0xFF  # of a result code; the bits above say more exactly what it was
_RAISED = "user-defined function raised exception"
# The database, its log, the log's index, and a journal.
FILES_OPENED = 4
_AGAIN = "and run the same call again"


def manifest_unusable(manifest: Path, error: sqlite3.Error | OSError) -> DirectoryUnusable:
    """The error of a run whose manifest failed it: what happened, and what helps where that is known."""
    refused = out_of_files(error)
    if refused is not None:
        return DirectoryUnusable(f"{manifest} cannot be opened: {why_refused(refused)}")
    if isinstance(error, OSError):
        name, code = "", sqlite3.SQLITE_CANTOPEN
    else:
        # Misuse that Python itself notices has no code.
        name = f" ({getattr(error, 'sqlite_errorname', type(error).__name__)})"
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY
    if code in _OF_THE_DISK:
        return DirectoryUnusable(
            f"{manifest} cannot be written: {error}{name}. "
            f"Free some space, check the folder's rights, or choose another folder, {_AGAIN}"
        )
    if is_damage(error):
        return DirectoryUnusable(f"{manifest} is damaged: {error}{name}. Delete it, {_AGAIN}")
    return DirectoryUnusable(f"{manifest} cannot be used: {error}{name}")


def is_damage(error: sqlite3.Error | OSError) -> bool:
    """Whether the file is no sound database, and deleting it is what helps."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY in _OF_THE_FILE


def out_of_files(error: sqlite3.Error | OSError) -> OSError | None:
    """The system's error, where no more files can be opened: SQLite tells that it cannot, and not why."""
    if isinstance(error, OSError):
        return error if is_out_of_files(error) else None
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_MISUSE) & _PRIMARY
    refused = refused_to_open(FILES_OPENED) if code == sqlite3.SQLITE_CANTOPEN else None
    return refused if refused is not None and is_out_of_files(refused) else None


def is_interrupt(error: sqlite3.Error) -> bool:
    """Whether Ctrl-C came while SQLite called a function of ours.

    Of what the function raised it tells no more than this; and ours, which fold names and judge
    keys, raise nothing by themselves.
    """
    return str(error) == _RAISED
