"""A whole download, from the first request for the catalog to the report."""

import contextlib
import sqlite3
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import requests

from .. import layout
from ..credentials import mirrors_of
from ..exceptions import RequestRefused, TransferFailed
from ..paging import pairs
from ..session import Session
from ..sources.catalog_archive import CatalogArchive
from ..sources.described import OpenSource, version_of
from ..sources.shared_signature import signed_as
from ..transfer import Outcome, told_when_names_cannot_be_written, told_when_out_of_files
from ..transfer.local_files import is_local
from .asking import Asking
from .catalog import fetch_catalog, fetch_file
from .disk_space import check_floor
from .folder_lock import kept_for_one_run
from .manifest_errors import is_interrupt, manifest_unusable
from .options import DownloadOptions
from .pipeline import Download
from .report import DownloadReport
from .spoken_log import spoken_log

# What makes a session its owner's: another value than a new one has.
_OF_ITS_OWNER = ("auth", "cert", "headers", "hooks", "proxies", "trust_env", "verify")


def download(options: DownloadOptions, session: Session) -> DownloadReport:
    """Bring to disk what ``options`` ask for.

    Args:
        options: What was asked, checked.
        session: Makes the calls to the hub, and carries all requests if it is its owner's own kind.

    Raises:
        EntityDoesNotExist: The hub has no catalog of that dataset.
        AuthenticationError: The hub wants a key, or another one.
        HubRetired: The hub is the hosted service of 2022.
        RuntimeError: The filters leave no asset.
        OSError: Something did not arrive (``DownloadFailed``, with ``.report``), or a
            folder cannot be written.
    """
    carrier = carried_by(session)
    if carrier is None:
        _ask_the_retired_host(session)
    with _one_run(options):
        catalog = _fetched_catalog(options, session, carrier)
        archive = layout.catalog_file(options.output_dir, options.dataset_id)
        asking = _asking(options, session)
        request_for = asking.request_for(session)
        source = CatalogArchive(options.dataset_id, archive, request_for, version=version_of(catalog))
        return Download(options, source, request_for, asking, carrier).run(catalog)


def download_from(options: DownloadOptions, source: OpenSource, session: Session) -> DownloadReport:
    """Bring to disk what ``options`` ask for of a source that is no hub's dataset.

    Args:
        options: What was asked, checked.
        source: The source.
        session: Asks for the address of the source, where it is one file of the web, and for assets.

    Raises:
        CatalogBroken: What is there is no STAC.
        TransferFailed: The source cannot be had.
        RuntimeError: The filters leave no asset.
        OSError: Something did not arrive (``DownloadFailed``, with ``.report``), or a
            folder cannot be written.
    """
    with _one_run(options):
        asking = _asking(options, session, reads_local_files=_is_of_this_machine(source))
        request_for = signed_as(source.location, asking.request_for(session))
        ready = source.ready(lambda href, ending: fetch_file(options, href, ending, request_for))
        return Download(options, ready.source, request_for, asking).run(ready.arrived)


def _is_of_this_machine(source: OpenSource) -> bool:
    return Path(source.location).is_absolute() or is_local(source.location)


def _asking(options: DownloadOptions, session: Session, *, reads_local_files: bool = False) -> Asking:
    """How this run asks for its files: as its caller says, then as the profile does."""
    return Asking(
        mirrors=tuple(dict.fromkeys((*options.mirrors, *mirrors_of(session.profile)))),
        unsigned=options.unsigned,
        requester_pays=options.requester_pays,
        profile=session.profile,
        reads_local_files=reads_local_files,
    )


@contextlib.contextmanager
def _one_run(options: DownloadOptions) -> Iterator[None]:
    """Keep others out of the dataset's folders, and say what is wrong with the manifest, if it is.

    Raises:
        DirectoryUnusable: There is no room for anything; nothing was asked of anybody. Or no more files
            can be opened, or one of such a name.
    """
    asset_dir = layout.asset_dir(options.asset_output_dir, options.dataset_id)
    with (
        spoken_log(),
        told_when_out_of_files(f"{asset_dir} cannot be used"),
        told_when_names_cannot_be_written(),
        _kept_for(options, asset_dir),
    ):
        try:
            yield
        except sqlite3.Error as error:
            if is_interrupt(error):
                raise KeyboardInterrupt from error
            raise manifest_unusable(layout.manifest_file(asset_dir), error) from error


@contextlib.contextmanager
def _kept_for(options: DownloadOptions, asset_dir: Path) -> Iterator[None]:
    check_floor(layout.work_dir(options.output_dir, options.dataset_id), asset_dir)
    with kept_for_one_run(options.dataset_id, options.output_dir, options.asset_output_dir):
        yield


def carried_by(session: Session) -> requests.Session | None:
    """The session, if its owner made it something of its own; None for one as ``get_session`` makes it.

    Adapters, headers, auth, hooks, cookies, proxies, certificates and mocks work through the caller's
    session alone; a plain one has nothing that the engine's own carrier would lack.
    """
    plain = Session(api_key=None)
    is_plain = (
        type(session) is Session
        and all(getattr(session, name) == getattr(plain, name) for name in _OF_ITS_OWNER)
        and not session.cookies
        and {name for name, _ in pairs(session.params)} <= {"key"}
        and [(prefix, type(adapter)) for prefix, adapter in session.adapters.items()]
        == [(prefix, type(adapter)) for prefix, adapter in plain.adapters.items()]
        and "get_adapter" not in vars(session)
    )
    return None if is_plain else session


def _fetched_catalog(options: DownloadOptions, session: Session, carrier: requests.Session | None) -> Outcome:
    """The catalog archive, on disk.

    Raises:
        AuthenticationError: The hub refused the key. A store's refusal says nothing about it, so the
            hub is asked once more, where it sends nobody on.
    """
    try:
        return fetch_catalog(options, session, carrier)
    except TransferFailed as refused:
        if refused.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            session.own_request("GET", refused.href, allow_redirects=False, stream=True).close()
        raise


def _ask_the_retired_host(session: Session) -> None:
    """Tell at once that the documented default host is no more, which the engine would try for long.

    Raises:
        HubRetired: It is the session's hub, and does not answer as one.
    """
    if session.is_hub(Session.DEFAULT_ROOT_URL):
        with contextlib.suppress(RequestRefused):
            session.own_request("GET", "")
