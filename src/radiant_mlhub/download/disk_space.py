"""Whether what is asked for fits on the disk, and one clear end of the run when it does not."""

import contextlib
import errno
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from ..exceptions import DirectoryUnusable, MLHubException
from ..log import logger
from ..readable import readable_size
from ..transfer import FileRecord, free_bytes
from .report import DownloadReport
from .transfer_plan import Plan, PlanSize

# Less holds neither the manifest of a small dataset nor its report.
FEWEST_FREE_BYTES = 1024 * 1024
# Files of which the others are judged; again after twice, four times as many, and so on.
_FEWEST_FILES = 20
# The files of one asset key are of one kind, but not of one size: an estimate that is a little
# more than what is free is told, and no reason to end the run.
_CERTAINLY_TOO_MUCH = 2
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


class SpaceAhead:
    """Judges by the files that have come whether the others will fit, where nobody named their sizes."""

    def __init__(self, plan: Plan, report: DownloadReport) -> None:
        """Take the plan of a run, and its report, which counts what came."""
        self._plan = plan
        self._report = report
        self._bytes = 0
        self._next_look = _FEWEST_FILES
        self._is_told = False

    def add(self, fetched: FileRecord) -> None:
        """Count a file that came.

        Raises:
            DirectoryUnusable: What is still to come is, by all that can be known, more than twice
                what is free.
        """
        self._bytes += fetched.size_bytes
        if self._report.fetched < self._next_look or not self._report.sizes_unknown:
            return
        self._next_look *= 2
        free = free_bytes(self._report.folder)
        if self._bytes / self._report.fetched * self._files_to_come <= free:
            return
        expected = self._plan.bytes_expected()
        if expected > _CERTAINLY_TOO_MUCH * free:
            raise DirectoryUnusable(
                f"{self._report.folder} is on a disk with {readable_size(free)} free, and about "
                f"{readable_size(expected)} are still to come, judged by the {self._report.fetched} files "
                "that came. They are kept. Free some space, choose another folder, or filter for less."
            )
        if expected > free and not self._is_told:
            self._is_told = True
            logger.warning(
                "%s is on a disk with %s free; about %s are still to come, judged by what came",
                self._report.folder,
                readable_size(free),
                readable_size(expected),
            )

    @property
    def _files_to_come(self) -> int:
        return self._report.planned - self._report.fetched - self._report.kept


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
