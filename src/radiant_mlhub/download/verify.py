"""A finished download looked at again, offline; and, if asked for, what is wrong fetched again.

::

    manifest --> expected files --> findings (threads) --> report
                                       | wrong, missing, unrecorded
                                       v
                                    transfers --> recorded --> findings --> report
"""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote

from .. import environment, layout
from ..exceptions import APIKeyNotFound, DirectoryUnusable, NotADownload
from ..log import logger
from ..profiles import DEFAULT_PROFILE
from ..progress_events import ProgressCallback
from ..session import Session, session_or_anonymous
from ..transfer import (
    Outcome,
    Transfer,
    fetch_all,
    told_when_names_cannot_be_written,
    told_when_out_of_files,
)
from ..transfer.progress import Progress, count_outcome
from ..transfer.progress import progress as shown
from .asking import FACT, Asking, asking_of
from .bucket_address import is_staging
from .folder_lock import kept_for_one_run, who_runs
from .integrity import Finding, findings
from .manifest import Manifest
from .options import checked_folder
from .recorded_files import Expected, RecordedFiles
from .running import MOST_CONNECTIONS, checked_connections, checked_event, checked_progress
from .stopping import check_whether_to_stop_verifying
from .verify_report import Spool, VerifyReport


def verify(
    folder: Path | str,
    *,
    repair: bool = False,
    progress: bool | ProgressCallback = True,
    api_key: str | None = None,
    profile: str | None = None,
    max_connections: int = MOST_CONNECTIONS,
    cancel: threading.Event | None = None,
) -> VerifyReport:
    """Compare the files of a download with what was recorded when they came.

    Sizes and digests are those of the manifest, ``mlhub_stac_assets.db``, and those that the catalog
    names. Nothing is asked of any server and nothing is written, unless there is something
    to repair. Modification times do not matter: a copied folder verifies like the first one.

    Args:
        folder: A dataset's folder, or an ``output_dir`` that holds some.
        repair: Fetch what is wrong, missing or unrecorded again, and verify that. A file that
            is wrong stays until its replacement is whole.
        progress: Show how it gets on; or, given a callable, tell that (``ProgressEvent``).
        api_key: Key for the hub, where a repair asks it for something.
        profile: Profile with that key. Without key and profile, and none configured, a repair
            asks without.
        max_connections: How many requests of a repair may be under way at once.
        cancel: Ends the call within a second, once another thread sets it.

    Raises:
        DownloadStopped: ``cancel`` was set. What a repair brought until then stays.
        NotADownload: There is no manifest in ``folder``, or none that can be read (an ``OSError``).
        DirectoryUnusable: A repair cannot write to the folder, or a download runs there (an ``OSError``);
            or no more files can be opened, or one of such a name.
        APIKeyNotFound: ``profile`` has no key.
        InvalidArgument: An argument cannot be meant (a ``ValueError``).
    """
    started = time.monotonic()
    checked_connections(max_connections)
    checked_event(cancel)
    checked_progress(progress)
    with told_when_out_of_files(f"{folder} cannot be verified"), told_when_names_cannot_be_written():
        report = VerifyReport(dataset_folders(folder))
        session = session_or_anonymous(api_key, profile) if repair else None
        is_told = bool(api_key or profile)
        for each in report.folders:
            if session is None:
                if who_runs(unquote(each.name), each.parent) is not None:
                    report.under_way += (each,)
                _look_at(each, report, progress=progress, cancel=cancel)
                continue
            # The name of the folder is the dataset's id, percent-encoded where it must be.
            with kept_for_one_run(unquote(each.name), each.parent):
                broken = _look_at(each, report, keep_broken=True, progress=progress, cancel=cancel)
                if broken:
                    asking = _asking(each)
                    who = session if is_told else _as_then(asking, session)
                    _Repair(each, report, who, asking, max_connections, progress, cancel).run(broken)
    report.seconds = time.monotonic() - started
    return report


def _asking(folder: Path) -> Asking:
    """How the last download into ``folder`` asked for its files."""
    manifest = Manifest(layout.manifest_file(folder))
    try:
        return asking_of(manifest.fact(FACT))
    finally:
        manifest.close()


def _as_then(asking: Asking, now: Session) -> Session:
    """A session of the profile that the download was started with, where it is still there."""
    if asking.profile in (None, now.profile):
        return now
    # Also what nobody named has a profile, "default": of that it is no news that a key goes before it.
    key = environment.api_key() if asking.profile == DEFAULT_PROFILE else None
    try:
        return session_or_anonymous(key, asking.profile)
    except APIKeyNotFound:
        return now


def dataset_folders(folder: Path | str) -> tuple[Path, ...]:
    """``folder``, if it has a manifest; else those of its folders that have one, by name.

    Raises:
        NotADownload: There is none, or its files lie in a bucket.
        InvalidArgument: ``folder`` is no path of this machine.
    """
    try:
        folder = checked_folder("folder", folder)
        # A dataset's folder may be a link: the lock and the catalog archive lie beside that.
        folder = folder.resolve() if folder.name == ".." else folder.parent.resolve() / folder.name
    except DirectoryUnusable as error:
        raise NotADownload(f"{folder} is no folder") from error
    if not folder.exists():
        raise NotADownload(f"{folder} does not exist")
    if is_staging(folder.resolve()):
        raise _in_a_bucket(folder)
    if layout.manifest_file(folder).is_file():
        return (folder,)
    found = sorted(path.parent for path in folder.glob(f"*/{layout.MANIFEST_NAME}") if path.is_file())
    if not found:
        raise _no_download(folder)
    return tuple(found)


def _no_download(folder: Path) -> NotADownload:
    error = NotADownload(
        f"There is no download in {folder}: no {layout.MANIFEST_NAME} in it, nor in a folder of it"
    )
    above = next((each for each in folder.parents if layout.manifest_file(each).is_file()), None)
    if above is not None:
        error.add_note(f"It is part of the download in {above}: verify that")
    else:
        error.add_note("Name a dataset's folder, or the output_dir that a download was given")
    return error


def _in_a_bucket(folder: Path) -> NotADownload:
    error = NotADownload(f"What was downloaded through {folder} is not here: it lies in a bucket")
    error.add_note("Run the download again: it brings what is no longer in the bucket")
    error.add_note("Or copy the dataset's folder from the bucket to a folder here, and verify that")
    return error


def _only_tried(folder: Path) -> NotADownload:
    error = NotADownload(f"No download into {folder} is recorded: its manifest is that of a dry run")
    error.add_note("Run the same download without dry_run=True (--dry-run), then verify it")
    return error


def _nothing_yet(folder: Path) -> NotADownload:
    error = NotADownload(f"The manifest of {folder} names no file: its download had not come to any")
    error.add_note("Run the download again into this folder: it goes on where it stopped")
    return error


def _look_at(
    folder: Path,
    report: VerifyReport,
    *,
    keep_broken: bool = False,
    progress: bool | ProgressCallback,
    cancel: threading.Event | None,
) -> Spool[Finding]:
    """Count every file of ``folder``; those that are not right are kept for a repair instead."""
    broken = Spool(Finding)
    before = report.checked
    has_files = False
    with (
        RecordedFiles(folder, cancel) as recorded,
        shown("verify", folder.name, progress, bytes_total=recorded.bytes_known) as bar,
    ):
        for finding in findings(folder, recorded.expected(), bar, cancel):
            bar.count()
            report.bytes_checked += finding.bytes_read
            has_files |= not finding.expected.is_beside
            if keep_broken and finding.state != "right":
                broken.append(finding)
            else:
                report.add(folder, finding)
    if not has_files and len(report.folders) == 1:  # of several, the others still count
        raise _only_tried(folder) if recorded.is_only_tried else _nothing_yet(folder)
    if not recorded.is_listed and (has_files or not recorded.is_only_tried):
        report.unlisted += (folder,)
    logger.info(
        "%s: %s files looked at, %s to repair", folder, report.checked - before + len(broken), len(broken)
    )
    return broken


@dataclass(frozen=True, slots=True)
class _Repair:
    """Fetches what is broken in one folder, and counts what came of it."""

    folder: Path
    report: VerifyReport
    session: Session
    asking: Asking
    max_connections: int
    progress: bool | ProgressCallback
    cancel: threading.Event | None

    def run(self, broken: Spool[Finding]) -> None:
        """Fetch, then look again at all that came."""
        arrived = Spool(Expected)
        with shown("repair", self.folder.name, self.progress, files_total=len(broken)) as bar:
            for was, outcome in self._outcomes(broken, bar):
                count_outcome(bar, outcome)
                self.report.bytes_fetched += outcome.bytes_fetched
                if outcome.record is None:
                    self.report.add(self.folder, Finding(was.expected, was.state, outcome.error))
                else:
                    arrived.append(_as_arrived(was.expected, outcome))
        with shown("verify", self.folder.name, self.progress, files_total=len(arrived)) as bar:
            for finding in findings(self.folder, arrived, bar, self.cancel):
                bar.count()
                self.report.bytes_checked += finding.bytes_read
                self.report.repaired += finding.state == "right"
                self.report.add(self.folder, finding)

    def _outcomes(self, broken: Spool[Finding], bar: Progress) -> Iterator[tuple[Finding, Outcome]]:
        under_way: dict[int, Finding] = {}
        manifest = Manifest(layout.manifest_file(self.folder))
        try:
            for outcome in fetch_all(
                self._transfers(broken, under_way),
                request_for=self.asking.request_for(self.session),
                max_connections=self.max_connections,
                record=lambda done: manifest.record_files(self.folder, done),
                progress=bar,
                cancel=self.cancel,
            ):
                yield under_way.pop(outcome.transfer.ident), outcome
            check_whether_to_stop_verifying(self.folder, self.cancel)
        finally:
            manifest.close()

    def _transfers(self, broken: Spool[Finding], under_way: dict[int, Finding]) -> Iterator[Transfer]:
        for ident, finding in enumerate(broken):
            under_way[ident] = finding
            expected = finding.expected
            target = str(Path(expected.path(str(self.folder))))
            is_of_this_address = expected.recorded_href == expected.href
            yield Transfer(
                href=expected.href,
                target=target,
                # The catalog archive lies beside the folder, and nothing else does.
                root=str(self.folder.parent if expected.is_beside else self.folder),
                ident=ident,
                # "overwrite" trusts nothing that is there, and replaces it only by a whole file.
                if_exists="overwrite" if finding.state == "wrong" else "resume",
                record=expected.record if finding.state == "missing" and is_of_this_address else None,
                size_bytes=expected.size_bytes,
                digests=expected.digests,
                # The catalog archive is the hub's own.
                addresses=()
                if expected.is_beside
                else self.asking.addresses(expected.href, expected.alternates),
            )


def _as_arrived(expected: Expected, outcome: Outcome) -> Expected:
    return replace(expected, recorded_href=expected.href, record=outcome.record)
