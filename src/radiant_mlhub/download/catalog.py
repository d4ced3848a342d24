"""The one file that a catalog is, to disk, through the same engine as every other file."""

from collections.abc import Iterable
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

import requests

from .. import layout
from ..addresses import joined
from ..exceptions import EntityDoesNotExist, TransferFailed
from ..session import Session
from ..sources.asking import AS_THE_ENVIRONMENT_SAYS, CloudAccess, request_for_hrefs
from ..transfer import FileRecord, Outcome, Request, RequestFor, Slow, Transfer, fetch_one
from ..transfer.progress import count_outcome, progress
from .manifest import Manifest, relative_place
from .manifest_file import is_of_this_version
from .options import DownloadOptions
from .stopping import check_whether_to_stop


def request_for_session(
    session: Session, access: CloudAccess = AS_THE_ENVIRONMENT_SAYS, local: Iterable[str] = ()
) -> RequestFor:
    """How this session asks for an href: with its key where the hub itself is asked, else without.

    Args:
        session: Knows the hub and its key.
        access: What of the environment's is shown to clouds.
        local: Beginnings of the ``file:`` addresses that may be read.
    """
    elsewhere = request_for_hrefs({"User-Agent": session.user_agent}, access, local)

    def request_for(href: str) -> Request | Slow:
        if session.is_hub(href):
            return Request(*session.request_for(href))
        return elsewhere(session.without_own_key(href))

    return request_for


def fetch_catalog(options: DownloadOptions, session: Session, carrier: requests.Session | None) -> Outcome:
    """The catalog archive, whole and on disk.

    Unless ``if_exists="skip"``, a copy that is there is kept only if the hub says that it
    is still the same.

    Args:
        options: What was asked.
        session: Knows the hub's address and key.
        carrier: The caller's own session, which then carries the requests; None for ours.

    Raises:
        EntityDoesNotExist: The hub has no such catalog.
        DownloadStopped: It was told to.
        TransferFailed: It did not arrive; ``.status`` is what a server answered, if one did.
        DirectoryUnusable: It could not be written.
    """
    href = joined(session.root_url, f"catalog/{quote(options.dataset_id, safe='')}")
    try:
        return fetch_file(options, href, ".tar.gz", request_for_session(session), carrier)
    except TransferFailed as error:
        if error.status == HTTPStatus.NOT_FOUND:
            raise EntityDoesNotExist(f'Catalog "{options.dataset_id}" does not exist.') from error
        if error.status is None:
            error.add_note(
                "Is the address right (MLHUB_ROOT_URL, or root_url in the profile), and does the hub run?"
            )
        raise


def fetch_file(
    options: DownloadOptions,
    href: str,
    ending: str,
    request_for: RequestFor,
    carrier: requests.Session | None = None,
) -> Outcome:
    """The file at ``href`` beside the dataset's folder, whole, and asked for again only if it changed.

    Args:
        options: What was asked.
        href: The file's address.
        ending: Of its name there.
        request_for: How addresses are asked for.
        carrier: The caller's own session, which then carries the requests; None for ours.

    Raises:
        DownloadStopped: It was told to.
        TransferFailed: It did not arrive; ``.status`` is what a server answered, if one did.
        DirectoryUnusable: It could not be written.
    """
    target = layout.catalog_file(options.output_dir, options.dataset_id, ending)
    transfer = Transfer(
        href=href,
        target=str(target),
        root=str(options.output_dir),
        if_exists=options.if_exists.value,
        record=_known(options, target, href),
        revalidate=True,
    )
    options.output_dir.mkdir(parents=True, exist_ok=True)
    with progress("catalog", options.dataset_id, options.progress, unit="KB", files_total=1) as bar:
        try:
            outcome = fetch_one(
                transfer, request_for=request_for, session=carrier, progress=bar, cancel=options.cancel
            )
        except TransferFailed:
            check_whether_to_stop(options)
            raise
        count_outcome(bar, outcome)
    return outcome


def _known(options: DownloadOptions, target: Path, href: str) -> FileRecord | None:
    """What the ledger of an earlier run says of the archive on disk."""
    asset_dir = layout.asset_dir(options.asset_output_dir, options.dataset_id)
    path = layout.manifest_file(asset_dir)
    if not path.is_file() or (options.dry_run and not is_of_this_version(path)):
        return None
    manifest = Manifest(path)
    try:
        return manifest.file_record(relative_place(asset_dir, str(target)), href)
    finally:
        manifest.close()
