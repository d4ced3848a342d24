"""A download, or a look at one, that is told to end before its end."""

import threading
from pathlib import Path

from ..exceptions import DownloadStopped
from ..transfer import has_to_stop
from .options import DownloadOptions


def check_whether_to_stop(options: DownloadOptions) -> None:
    """Leave off where ``cancel`` is set, or the program is ending.

    Raises:
        DownloadStopped: It is.
    """
    if has_to_stop(options.cancel):
        raise DownloadStopped(
            f'The download of "{options.dataset_id}" was stopped. What arrived is kept: '
            "the same call goes on where it was."
        )


def check_whether_to_stop_verifying(folder: Path, cancel: threading.Event | None) -> None:
    """Leave off where ``cancel`` is set, or the program is ending.

    Raises:
        DownloadStopped: It is.
    """
    if has_to_stop(cancel):
        raise DownloadStopped(
            f"The verification of {folder} was stopped. What a repair brought is kept: run it again to know."
        )
