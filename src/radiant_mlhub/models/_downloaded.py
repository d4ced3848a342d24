"""A dataset's download, from what a caller asked to the downloader that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..download.options import checked_options
from ..download.whole import download
from ..session import get_session

if TYPE_CHECKING:
    from ..download.report import DownloadReport


def downloaded(
    dataset_id: str, credentials: Mapping[str, str], *, datetime: Any, **asked: Any
) -> DownloadReport:
    """The report of a download that was run with the arguments of ``Dataset.download``.

    Args:
        dataset_id: The dataset.
        credentials: Key or profile for the hub.
        datetime: As in ``Dataset.download``.
        **asked: All its other arguments.
    """
    options = checked_options(dataset_id, datetime=datetime, **asked)
    # Not by way of CatalogDownloaderConfig, which checks the same: to load pydantic takes 0.07 s.
    return download(options, get_session(**credentials))
