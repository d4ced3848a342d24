"""A question before a large download, where somebody is there to answer it."""

import contextlib
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from ..download.report import DownloadReport
from ..exceptions import MLHubException
from ..readable import readable_size
from .terminals import is_terminal
from .words import counted

if TYPE_CHECKING:
    from ..models import Dataset

ASKS_ABOVE_BYTES = 10_000_000_000


def ask_about_size(dataset: "Dataset", wanted: dict[str, Any]) -> None:
    """Ask whether to go on where much more than a coffee break's worth would come.

    Only in a terminal: a script is not stopped. What does not fit on the disk is refused without a question.

    Args:
        dataset: What is to be downloaded.
        wanted: The arguments of its ``download``.

    Raises:
        click.Abort: The answer is no.
    """
    if not is_terminal(sys.stdin) or wanted.get("dry_run") or wanted.get("catalog_only"):
        return
    whole_bytes = None
    with contextlib.suppress(MLHubException):  # a hub that does not tell is no reason to stop
        whole_bytes = dataset.estimated_dataset_size
    if whole_bytes is None or whole_bytes <= ASKS_ABOVE_BYTES:
        return
    # The filters are asked only where the whole would be too much: that reads the catalog.
    report = dataset.download(**{**wanted, "dry_run": True})
    coming_bytes = bytes_to_come(report, whole_bytes)
    if coming_bytes > ASKS_ABOVE_BYTES:
        files = counted(report.planned - report.kept, "file")
        room = "" if report.address else f"; {readable_size(shutil.disk_usage(report.folder).free)} are free"
        click.confirm(
            f"About {readable_size(coming_bytes)} in {files} would come{room}. Go on?", abort=True, err=True
        )


def bytes_to_come(report: DownloadReport, whole_bytes: int) -> float:
    """What a download would bring, about.

    Args:
        report: Of a dry run.
        whole_bytes: What the hub says of the whole dataset.
    """
    of_the_whole = report.planned + sum(report.removed_by_filter.values())
    planned = (
        report.bytes_planned if not report.sizes_unknown else whole_bytes * report.planned / of_the_whole
    )
    return planned * (report.planned - report.kept) / max(report.planned, 1)
