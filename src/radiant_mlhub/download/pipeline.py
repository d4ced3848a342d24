"""A dataset to disk: the steps, in the order data meets them.

The archive is read into the manifest and every item judged once; then it is settled who gets which
path, and planned. ``work`` finds that out step by step, while the engine fetches what is certain
already. A large archive is unpacked meanwhile by a process beside this one, a small one
in slices of the same loop.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path

import requests

from .. import layout
from ..log import logger
from ..progress_events import ProgressCallback
from ..relocations import relocations_of
from ..sources.bucket_folder import BucketFolder
from ..sources.catalog_archive import CatalogArchive
from ..sources.source import Catalog, Source
from ..sources.unpacking import Helper
from ..sources.written import WrittenSource
from ..transfer import FileRecord, Outcome, RequestFor, Transfer, fetch_all, is_for_lack_of_space
from ..transfer.progress import Progress, count_outcome, progress
from ..transfer.transfers import State
from .asking import BY_ITS_HREF, FACT, Asking
from .disk_space import SpaceAhead, out_of_space, told_when_full
from .dry_run import ledgers
from .into_bucket import count_refused, put_manifest, uploading, wait_for
from .known_catalog import KnownCatalog
from .manifest import Manifest
from .options import DownloadOptions
from .plan_rows import asset_of
from .report import DownloadReport, ErrorReport, Failure, begun_error_report, download_failed
from .source_memory import SourceMemory
from .stopping import check_whether_to_stop
from .transfer_plan import Kept, Plan
from .unfinished import Unfinished
from .uploads import Uploads
from .wanted import wanted_of
from .work import Steps, Work

# Longest slice of unpacking, after which transfers have their turn.
_SLICE_S = 0.005


class Download:
    """One run over one dataset's folder."""

    def __init__(
        self,
        options: DownloadOptions,
        source: CatalogArchive | Source,
        request_for: RequestFor | None = None,
        asking: Asking = BY_ITS_HREF,
        session: requests.Session | None = None,
    ) -> None:
        """Take what was asked, where the catalog comes from, and who carries the requests.

        Args:
            options: What was asked, checked.
            source: The catalog, on disk already, or where it is read from.
            request_for: How each address is asked for; None to leave it to the source.
            asking: Which addresses a file is asked for at.
            session: A session of the caller's own, which then carries every request; None for ours.
        """
        self.options = options
        self.source = source
        self.request_for = request_for or source.request_for
        self.asking = asking
        self.session = session
        self._may_have_moved: set[str] = set()
        self.work_dir = layout.work_dir(options.output_dir, options.dataset_id)
        self.asset_dir = layout.asset_dir(options.asset_output_dir, options.dataset_id)
        self.report = DownloadReport(
            dataset_id=options.dataset_id,
            folder=self.asset_dir,
            manifest=layout.manifest_file(self.asset_dir),
            err_report=layout.err_report_file(self.asset_dir),
            dry_run=options.dry_run,
            catalog_only=options.catalog_only,
            address=options.bucket and f"{options.bucket}/{self.asset_dir.name}",
        )
        self._bucket = None if options.bucket is None else BucketFolder(options.bucket)
        self._uploads: Uploads | None = None

    def run(self, archive: Outcome | None = None) -> DownloadReport:
        """Bring what is wanted to disk.

        Args:
            archive: How the catalog archive came, where there is one in the dataset's folder.

        Raises:
            NoAssetsMatched: The filters leave nothing.
            InvalidArgument: A filter names a collection or key that the catalog does not have.
            CatalogBroken: The archive cannot be read.
            DirectoryUnusable: The folder cannot be written.
            DownloadFailed: Something is broken or did not arrive; the rest is on disk.
            DownloadStopped: It was told to; what arrived is on disk.
        """
        with told_when_full(self.asset_dir):
            self._run(archive)
        if self.options.catalog_only:
            logger.info("catalog saved to %s", self.report.address or self.work_dir)
            return self.report
        if self.report.failed and not self.options.dry_run:
            raise download_failed(self.report, self._may_have_moved)
        logger.info("assets saved to %s", self.report.address or self.asset_dir)
        return self.report

    def _run(self, archive: Outcome | None) -> None:
        started = time.monotonic()
        self.report.began = datetime.now(UTC)
        errors = begun_error_report(self.report.err_report, self.work_dir)
        try:
            if self.options.catalog_only and self._bucket is None and isinstance(self.source, CatalogArchive):
                self._unpack(self.source, None)  # which needs no manifest
                return
            with ledgers(self.report.manifest, self.options) as (lasting, manifest):
                lasting.record_files(self.asset_dir, [archive] if archive else ())
                memory = SourceMemory(lasting, self.work_dir)
                with uploading(self._bucket, manifest, self.options, self.report) as self._uploads:
                    self._bring(manifest, memory, errors)
            if self._bucket is not None and not self.options.dry_run:  # last: it speaks of all the others
                put_manifest(self._bucket, self.options, self.report)
        finally:
            errors.close()
            self.report.failed = errors.rows
            self.report.seconds = time.monotonic() - started

    def _bring(self, manifest: Manifest, memory: SourceMemory, errors: ErrorReport) -> None:
        catalog = self._catalog(memory)
        if self.options.catalog_only:
            self._unpack(catalog, None)
            return
        unfinished = None if self.options.dry_run else Unfinished(manifest, self.asset_dir)
        self._fill(manifest, catalog, errors)
        if unfinished is not None:
            unfinished.end()

    def _catalog(self, memory: SourceMemory) -> Catalog:
        """What is read, and where its JSON is left."""
        if isinstance(self.source, CatalogArchive):
            return self.source
        folder = None if self.options.dry_run else self.work_dir
        return WrittenSource(self.source, wanted_of(self.options), memory, folder)

    def _fill(self, manifest: Manifest, catalog: Catalog, errors: ErrorReport) -> None:
        known = KnownCatalog(manifest, catalog, self.options)
        if not self.options.dry_run:
            manifest.state(FACT, self.asking.as_json())
        plan = Plan(manifest, self.asset_dir, self.options.if_exists, self.asking, self._uploads)
        is_unpacked = self.options.dry_run or known.is_unpacked_in(self.work_dir)
        with catalog.unpacked_beside(None if is_unpacked else self.work_dir) as helper:
            # A source without an archive leaves its files while it is read.
            is_left_anyway = isinstance(catalog, WrittenSource) and not known.is_read()
            is_unpacked_here = not is_unpacked and helper is None and not is_left_anyway
            with progress("assets", self.options.dataset_id, self._shows_assets) as bar:
                work = Work(catalog, self.options, manifest, plan, known, errors, self.report, bar)
                with closing(
                    work.steps(self._unpacking(catalog, known) if is_unpacked_here else ())
                ) as steps:
                    self._do(work, steps)
                self.report.broken = errors.rows - work.failed
            if helper is not None:
                self._wait_for(helper, catalog, known)
        if not is_unpacked:
            self._give_back_places(manifest, catalog, known)
            known.note_unpacked_in(self.work_dir)

    def _give_back_places(self, manifest: Manifest, catalog: Catalog, known: KnownCatalog) -> None:
        """Unpack once more where assets were fetched to places that files of the catalog have."""
        if known.settled.displaced:
            manifest.forget_files(known.settled.displaced)
            self._unpack(catalog, known)

    @property
    def _shows_assets(self) -> bool | ProgressCallback:
        return False if self.options.dry_run else self.options.progress

    def _unpacking(self, catalog: Catalog, known: KnownCatalog | None) -> Iterator[int]:
        """Unpack the catalog here: how many files are there, after each slice of work."""
        with self._unpacking_bar(known) as bar:
            for count in _in_slices(catalog.unpack(self.work_dir)):
                bar.count(count)
                bar.turn()
                yield count
                check_whether_to_stop(self.options)

    def _unpack(self, catalog: Catalog, known: KnownCatalog | None) -> None:
        for _ in self._unpacking(catalog, known):
            pass

    def _wait_for(self, helper: Helper, catalog: Catalog, known: KnownCatalog) -> None:
        with self._unpacking_bar(known) as bar:
            is_done = helper.wait(lambda count: self._unpacked_beside(count, bar))
        if not is_done:
            self._unpack(catalog, known)  # which tells what is in the way

    def _unpacked_beside(self, count: int, bar: Progress) -> None:
        bar.count(count)
        bar.turn()
        check_whether_to_stop(self.options)

    def _unpacking_bar(self, known: KnownCatalog | None) -> AbstractContextManager[Progress]:
        members = None if known is None else known.members
        return progress("unpack", self.options.dataset_id, self.options.progress, files_total=members)

    def _do(self, work: Work, steps: Steps) -> None:
        transfers = self._transfers(work, steps)
        if self.options.dry_run:
            for _ in transfers:
                check_whether_to_stop(self.options)
            return
        space = SpaceAhead(work.plan, self.report)
        # Closed before the manifest is, whatever ends the loop.
        outcomes = self._outcomes(work, transfers)
        with closing(outcomes):
            for outcome in outcomes:
                count_outcome(work.bar, outcome)
                self._count(work, outcome, space)
            if self._uploads is not None:
                wait_for(self._uploads, self.options)
                count_refused(work, self._uploads)

    def _outcomes(self, work: Work, transfers: Iterator[Transfer | None]) -> Generator[Outcome, None, None]:
        yield from fetch_all(
            transfers,
            request_for=self.request_for,
            session=self.session,
            max_connections=self.options.max_connections,
            max_bytes_per_s=self.options.max_bytes_per_s,
            record=lambda done: work.manifest.record_files(self.asset_dir, done),
            progress=work.bar,
            cancel=self.options.cancel,
        )
        check_whether_to_stop(self.options)

    def _transfers(self, work: Work, steps: Steps) -> Iterator[Transfer | None]:
        """What the engine has to do; files that are here as recorded are counted on the way."""
        for each in steps:
            while self._uploads is not None and self._uploads.is_full:
                self._uploads.poll()
                yield None
            if isinstance(each, Kept):
                work.bar.keep(each.size_bytes, each.files)
                self.report.kept += each.files
                self.report.unverified += each.unverified
            else:
                yield each

    def _count(self, work: Work, outcome: Outcome, space: SpaceAhead) -> None:
        self.report.bytes_fetched += outcome.bytes_fetched
        if outcome.error is not None and is_for_lack_of_space(outcome.error):
            raise out_of_space(self.asset_dir)  # each file after it would fail alike
        if outcome.record is None:
            asset = asset_of(work.manifest, outcome.transfer.ident)
            work.errors.add(Failure(outcome.error or "unknown", self.options.dataset_id, *asset))
            work.failed += 1
            if not outcome.transfer.addresses:
                self._may_have_moved.update(relocations_of(outcome.transfer.href))
            return
        self._count_file(outcome.state, outcome.record)
        self.report.from_elsewhere += outcome.came_from is not None
        if self._uploads is not None:
            self._uploads.send(Path(outcome.transfer.target))
            self._uploads.poll()
        elif outcome.state == "fetched":
            space.add(outcome.record)

    def _count_file(self, state: State, record: FileRecord) -> None:
        self.report.fetched += state == "fetched"
        self.report.kept += state == "kept"
        self.report.unverified += record.verified_by == "nothing"


def _in_slices(steps: Iterator[object]) -> Iterator[int]:
    """How many steps were made, after each slice of time and at the end; None among them is no step."""
    count, began = 0, time.monotonic()
    for step in steps:
        count += step is not None
        if time.monotonic() - began >= _SLICE_S:
            yield count
            count, began = 0, time.monotonic()
    yield count
