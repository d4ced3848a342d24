"""A dataset's download, from what a caller asked to the downloader that runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import client
from ..download.options import checked_options
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
        datetime: The configuration calls it ``temporal_query``.
        **asked: All other arguments of ``Dataset.download``, under the same names in both.
    """
    # Checked before the configuration checks the same: pydantic would wrap the errors, and a
    # folder that cannot be used is told before a key that is missing.
    options = checked_options(dataset_id, datetime=datetime, **asked)
    folders = {"output_dir": options.output_dir, "asset_output_dir": options.asset_output_dir}
    config = client.CatalogDownloaderConfig(
        dataset_id=dataset_id,
        temporal_query=datetime,
        mlhub_api_session=get_session(**credentials),
        **{**asked, **folders, **credentials},
    )
    return client.CatalogDownloader(config)()
