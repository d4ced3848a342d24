"""One file, fetched or continued: the documented door to the transfer engine."""

from pathlib import Path

import requests

from ..exceptions import InvalidArgument
from ..if_exists import DownloadIfExistsOpts
from ..session import Session
from ..sources.asking import request_for_hrefs
from ..transfer import Transfer, fetch_one
from ..transfer.progress import count_outcome, progress


class ResumableDownloader:
    """Resumable downloader for a single file.

    The file appears under its name once it is whole. What an interrupted call left is
    continued if the object is still the same one.

    Args:
        url: Address of the file, http, https or s3.
        out_file: Where it goes; its folder is made if need be.
        desc: What the progress bar says; the file's name by default.
        session: Carries the requests, with its adapters, auth, hooks and cookies; None for
            a plain one. A session of the hub shows its key to the hub alone.
        if_exists: ``skip`` keeps what is there without asking the server, ``resume`` keeps it
            if it is whole, ``overwrite`` fetches it again.
        disable_progress_bar: Show nothing.
        chunk_size: Kept for old scripts; bytes are written as they arrive.
        chunk_unit: Unit of the progress bar.

    Raises:
        InvalidArgument: ``if_exists`` is none of the three.
    """

    CHUNK_SIZE = 1024
    CHUNK_UNIT = "KB"
    AZ_STORAGE_VERSION = "2021-06-08"

    def __init__(  # noqa: PLR0917 - as documented
        self,
        url: str,
        out_file: Path,
        desc: str | None = None,
        session: requests.Session | None = None,
        if_exists: DownloadIfExistsOpts = DownloadIfExistsOpts.overwrite,
        disable_progress_bar: bool = True,
        chunk_size: int = CHUNK_SIZE,
        chunk_unit: str = CHUNK_UNIT,
    ) -> None:
        self.url = url
        self.out_file = Path(out_file)
        self.desc = desc
        self.session = session
        self.if_exists = _checked(if_exists)
        self.disable_progress_bar = disable_progress_bar
        self.chunk_size = chunk_size
        self.chunk_unit = chunk_unit

    def run(self) -> None:
        """Bring the file to its place.

        Raises:
            TransferFailed: It did not arrive; what stood under its name still does.
            DirectoryUnusable: It could not be written.
        """
        target = self.out_file.absolute()
        transfer = Transfer(self.url, str(target), str(target.parent), if_exists=self.if_exists.value)
        is_of_the_hub = isinstance(self.session, Session)
        headers = {"x-ms-version": self.AZ_STORAGE_VERSION} if is_of_the_hub else {}
        desc = target.name if self.desc is None else self.desc
        shown = not self.disable_progress_bar
        with progress("file", desc, shown, unit=self.chunk_unit, files_total=1) as bar:
            outcome = fetch_one(
                transfer, request_for=request_for_hrefs(headers), session=self.session, progress=bar
            )
            count_outcome(bar, outcome)


def _checked(if_exists: DownloadIfExistsOpts | str) -> DownloadIfExistsOpts:
    try:
        return DownloadIfExistsOpts(if_exists)
    except ValueError as error:
        allowed = ", ".join(option.value for option in DownloadIfExistsOpts)
        raise InvalidArgument(f"if_exists is {if_exists!r}; it can be {allowed}") from error
