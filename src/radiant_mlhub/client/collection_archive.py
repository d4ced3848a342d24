"""A collection's archive to disk: one large file, several ranges at once."""

from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from ..addresses import joined
from ..download.catalog import request_for_session
from ..download.options import checked_if_exists
from ..download.running import checked_progress
from ..exceptions import EntityDoesNotExist, RequestRefused, TransferFailed
from ..if_exists import DownloadIfExistsOpts
from ..layout import safe_component
from ..progress_events import ProgressCallback
from ..session import Session
from ..transfer import Transfer, fetch_one
from ..transfer.progress import count_outcome
from ..transfer.progress import progress as progress_bar
from ._endpoint import quoted_id, session_for, status_of
from ._folder import checked_folder

__all__ = ["download_collection_archive"]

# Ranges of one archive under way at once; stores slow down a client that asks for many more.
_RANGES_AT_ONCE = 8
# A server that serves GET alone says so; the name it would have told is then the documented one.
_NO_HEAD = {HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.NOT_IMPLEMENTED}


def download_collection_archive(
    archive_id: str,
    output_dir: Path | str | None = None,
    *,
    if_exists: DownloadIfExistsOpts | str = DownloadIfExistsOpts.resume,
    api_key: str | None = None,
    profile: str | None = None,
    progress: bool | ProgressCallback = True,
) -> Path:
    """Bring the archive of a collection to disk, from ``GET /archive/{archive_id}``.

    The file is ``{archive_id}.tar.gz``, or what the hub's redirect names it. Under that name
    stands the whole archive or none, checked by its length and by ``Content-MD5`` where the
    server sends one.

    Args:
        archive_id: Id of the archive, which is that of its collection.
        output_dir: Folder for the archive, made if need be; ``~`` is expanded. None for the
            working directory of the moment.
        if_exists: ``"resume"`` keeps a whole archive and continues a part, ``"skip"`` keeps
            what is there, without a request for ``{archive_id}.tar.gz``, ``"overwrite"``
            replaces it once the new one is whole.
        api_key: Key for this download, before any other.
        profile: Profile for this download.
        progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).

    Returns:
        The archive's full path.

    Raises:
        InvalidArgument: An argument cannot be meant (a ``ValueError``). Before any request.
        EntityDoesNotExist: The hub has no such archive, or not yet.
        TransferFailed: The archive did not arrive (an ``OSError``).
        DirectoryUnusable: The archive cannot be written to the folder (an ``OSError``).
    """
    option = checked_if_exists(if_exists)
    checked_progress(progress)
    folder = checked_folder(output_dir)
    endpoint = f"archive/{quoted_id(archive_id, 'archive_id')}"
    documented = folder / f"{safe_component(archive_id)}.tar.gz"
    if option is DownloadIfExistsOpts.skip and documented.is_file():
        return documented
    session = session_for(api_key, profile)
    try:
        target = folder / _server_name(session, endpoint, documented.name)
        return _fetched(session, endpoint, target, option, progress=progress)
    except (RequestRefused, TransferFailed) as refused:
        if _status(refused) != HTTPStatus.NOT_FOUND:
            raise
        raise EntityDoesNotExist(
            f'Archive "{archive_id}" does not exist and may still be generating. Please try again later.'
        ) from refused


def _server_name(session: Session, endpoint: str, documented: str) -> str:
    """The name of the file that the hub redirects to; the documented one where it names none."""
    try:
        answer = session.own_request("HEAD", endpoint, allow_redirects=False)
    except RequestRefused as refused:
        if status_of(refused) not in _NO_HEAD:
            raise
        return documented
    address = answer.headers.get("Location", "")
    name = PurePosixPath(unquote(urlsplit(address).path)).name
    # A redirect to another address of the endpoint (http to https) names no file, though ids have dots.
    is_file = PurePosixPath(name).suffix and f"{safe_component(name)}.tar.gz" != documented
    return safe_component(name) if is_file else documented


def _fetched(
    session: Session,
    endpoint: str,
    target: Path,
    option: DownloadIfExistsOpts,
    *,
    progress: bool | ProgressCallback,
) -> Path:
    transfer = Transfer(
        href=joined(session.root_url, endpoint),
        target=str(target),
        root=str(target.parent),
        if_exists=option.value,
        connections=_RANGES_AT_ONCE,
    )
    with progress_bar("archive", target.name, progress, files_total=1) as bar:
        outcome = fetch_one(transfer, request_for=request_for_session(session), progress=bar)
        count_outcome(bar, outcome)
    return target


def _status(refused: RequestRefused | TransferFailed) -> int | None:
    return refused.status if isinstance(refused, TransferFailed) else status_of(refused)
