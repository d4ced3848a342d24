"""Whether what is asked for fits on the disk, and one clear end of the run when it does not."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..exceptions import DirectoryUnusable, MLHubException
from ..transfer import free_bytes
from .report import readable_size
from .transfer_plan import Plan, PlanSize

# Less holds neither the manifest of a small dataset nor its report.
FEWEST_FREE_BYTES = 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_floor(*folders: Path) -> None:
    """Refuse to begin where nearly nothing can be written.

    Raises:
        DirectoryUnusable: A folder's disk is full.
    """
    for folder in folders:
        free = free_bytes(folder)
        if free < FEWEST_FREE_BYTES:
            raise DirectoryUnusable(
                f"{folder} is on a disk with {readable_size(free)} free, which is too little to begin. "
                "Free some space, or choose another folder."
            )


def check_plan(folder: Path, plan: Plan, size: PlanSize) -> None:
    """Refuse a plan whose known sizes do not fit.

    What lies in the folder already counts, whole or begun, recorded or not.

    Raises:
        DirectoryUnusable: The sizes that the catalog names are more than what is free.
    """
    free = free_bytes(folder)
    if size.bytes_to_come <= free:
        return
    missing = plan.bytes_missing()
    if missing > free:
        raise DirectoryUnusable(
            f"{folder} is on a disk with {readable_size(free)} free, and {readable_size(missing)} are still "
            "to come. Free some space, choose another folder, or filter for less."
        )


def out_of_space(folder: Path) -> DirectoryUnusable:
    """The error that ends a run whose disk became full."""
    return DirectoryUnusable(
        f"There is no space left on the disk of {folder}. What arrived is kept: "
        "free some space, and the same call goes on where this one ended."
    )


@contextlib.contextmanager
def told_when_full(folder: Path) -> Iterator[None]:
    """Give errors of a full disk their one clear text, whoever met it.

    Raises:
        DirectoryUnusable: The disk is full.
    """
    try:
        yield
    except MLHubException:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise out_of_space(folder) from error
        raise
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_FULL:
            raise out_of_space(folder) from error
        raise
