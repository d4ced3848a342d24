"""A dataset to disk: the steps, in the order data meets them.

Fetch the catalog archive, read it into the manifest and judge every item once, settle who gets
which path, plan, fetch, report. The archive is unpacked meanwhile by a process beside this one,
if it is large, else before the first asset is asked for.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing
from pathlib import Path

import requests

from .. import layout
from ..exceptions import DirectoryUnusable, DownloadFailed, NoAssetsMatched
from ..log import logger
from ..sources.catalog_archive import CatalogArchive
from ..sources.unpacking import Helper
from ..transfer import Outcome, Transfer, fetch_all, is_for_lack_of_space
from ..transfer.progress import Progress, progress
from .disk_space import check_floor, check_plan, out_of_space, told_when_full
from .filters import Filters
from .index import check_names, read_catalog
from .known_catalog import KnownCatalog
from .manifest import Manifest
from .options import DownloadOptions
from .path_counts import PathCounts
from .report import DownloadReport, ErrorReport, Failure
from .save_paths import assign
from .transfer_plan import PlanSize, asset_of, kept_by_record, make_plan, planned

# The filters in the order they are applied: their name in the manifest, what is said
# before and after, and what the error calls the one that leaves nothing.
_STEPS = (
    (
        "collection_filter",
        "filter by collection ids and asset keys",
        "collection",
        "collections_ids and asset keys",
    ),
    ("datetime", "filter by temporal query", "temporal", "temporal query"),
    ("bbox", "filter by bounding box", "bounding box", "bounding box"),
    ("intersects", "filter by intersects", "intersects", "intersects"),
)


class Download:
    """One run over one dataset's folder."""

    def __init__(
        self,
        options: DownloadOptions,
        source: CatalogArchive,
        session: requests.Session | None = None,
    ) -> None:
        """Take what was asked, the catalog, and who carries the requests.

        Args:
            options: What was asked, checked.
            source: The catalog, on disk already.
            session: A session of the caller's own, which then carries every request; None for ours.
        """
        self.options = options
        self.source = source
        self.session = session
        self.work_dir = layout.work_dir(options.output_dir, options.dataset_id)
        self.asset_dir = layout.asset_dir(options.asset_output_dir, options.dataset_id)
        self.report = DownloadReport(
            dataset_id=options.dataset_id,
            folder=self.asset_dir,
            manifest=layout.manifest_file(self.asset_dir),
            err_report=layout.err_report_file(self.asset_dir),
            dry_run=options.dry_run,
        )

    def run(self, catalog: Outcome) -> DownloadReport:
        """Bring what is wanted to disk.

        Raises:
            NoAssetsMatched: The filters leave nothing.
            InvalidArgument: A filter names a collection or key that the catalog does not have.
            CatalogBroken: The archive cannot be read.
            DirectoryUnusable: The folder cannot be written.
            DownloadFailed: Something is broken or did not arrive; the rest is on disk.
        """
        with told_when_full(self.asset_dir):
            self._run(catalog)
        if self.options.catalog_only:
            logger.info("catalog saved to %s", self.work_dir)
            return self.report
        if self.report.failed and not self.options.dry_run:
            raise _download_failed(self.report)
        logger.info("assets saved to %s", self.asset_dir)
        return self.report

    def _run(self, catalog: Outcome) -> None:
        started = time.monotonic()
        check_floor(self.work_dir, self.asset_dir)
        errors = _error_report(self.work_dir, self.report.err_report)
        try:
            if self.options.catalog_only:
                self._unpack(None)
                return
            manifest = Manifest(self.report.manifest)
            try:
                manifest.record_files(self.asset_dir, [catalog])
                self._fill(manifest, KnownCatalog(manifest, catalog.record, self.options), errors)
            finally:
                manifest.close()
        finally:
            errors.close()
            self.report.failed = errors.rows
            self.report.seconds = time.monotonic() - started

    def _fill(self, manifest: Manifest, known: KnownCatalog, errors: ErrorReport) -> None:
        is_unpacked = self.options.dry_run or known.is_unpacked_in(self.work_dir)
        with self.source.unpacked_beside(None if is_unpacked else self.work_dir) as helper:
            logger.info("create stac asset list (please wait) ...")
            if not known.is_indexed():
                self._index(manifest, known, errors)
            check_names(self.options, manifest)
            self.report.moved = known.moved
            _warn(known)
            if not self.options.dry_run:
                logger.info("unarchive %s ...", self.source.archive.name)
            if not is_unpacked and helper is None:
                self._unpack(known.members)
                known.note_unpacked_in(self.work_dir)
            plan = self._plan(manifest)
            if self.options.dry_run:
                self.report.kept = kept_by_record(manifest, self.asset_dir, self.options.if_exists)
                return
            check_plan(manifest, self.asset_dir, plan)
            self._fetch(manifest, errors)
            if helper is not None:
                self._wait_for(helper, known)

    def _index(self, manifest: Manifest, known: KnownCatalog, errors: ErrorReport) -> None:
        filters = Filters(self.options)
        read_catalog(self.source, manifest, filters, errors)
        moved = assign(manifest)
        known.note_indexed(moved, filters.missing, is_sound=not errors.rows)

    def _unpack(self, members: int | None) -> None:
        with self._unpacking_bar(members) as bar:
            for _ in self.source.unpack(self.work_dir):
                bar.advance(1)

    def _wait_for(self, helper: Helper, known: KnownCatalog) -> None:
        with self._unpacking_bar(known.members) as bar:
            is_done = helper.wait(bar.advance)
        if not is_done:
            self._unpack(known.members)  # which tells what is in the way
        known.note_unpacked_in(self.work_dir)

    def _unpacking_bar(self, members: int | None) -> AbstractContextManager[Progress]:
        return progress(f"unarchive {self.source.archive.name}", self.options.progress, "it", members)

    def _plan(self, manifest: Manifest) -> PlanSize:
        counts = PathCounts.of(manifest)
        logger.info("%s unique assets in stac catalog.", counts.total())
        self._count_removed(counts)
        size = make_plan(manifest)
        self.report.planned = size.files
        self.report.bytes_planned = size.bytes_known
        self.report.sizes_unknown = size.sizes_unknown
        if size.sizes_unknown:
            logger.debug("the catalog names no size of %s of %s files", size.sizes_unknown, size.files)
        return size

    def _count_removed(self, counts: PathCounts) -> None:
        """Count what each filter took out; one that leaves nothing ends the run."""
        names = [step[0] for step in _STEPS]
        left = counts.with_any_of([None, *names])
        for position, (name, before, said, called) in enumerate(_STEPS):
            asked = getattr(self.options, "interval" if name == "datetime" else name)
            if asked is None:
                continue
            logger.info(before)
            now = counts.with_any_of([None, *names[position + 1 :]])
            self.report.removed_by_filter[name] = left - now
            left = now
            logger.info("%s assets after %s filter.", now, said)
            if not now:
                raise NoAssetsMatched(
                    f"after filtering by {called}, zero assets to download. filter: {asked}",
                    removed=self.report.removed_by_filter,
                )

    def _fetch(self, manifest: Manifest, errors: ErrorReport) -> None:
        with progress("download assets", self.options.progress, "it", self.report.planned) as bar:
            # Closed before the manifest is, whatever ends the loop.
            outcomes = self._outcomes(manifest, bar)
            with closing(outcomes):
                for outcome in outcomes:
                    bar.advance(1)
                    self._count(outcome, manifest, errors)

    def _outcomes(self, manifest: Manifest, bar: Progress) -> Generator[Outcome, None, None]:
        yield from fetch_all(
            self._transfers(manifest, bar),
            request_for=self.source.request_for,
            session=self.session,
            max_connections=self.options.max_connections,
            max_bytes_per_s=self.options.max_bytes_per_s,
            record=lambda done: manifest.record_files(self.asset_dir, done),
        )

    def _transfers(self, manifest: Manifest, bar: Progress) -> Iterator[Transfer]:
        """What the engine has to do; files that are here as recorded are counted on the way."""
        for each in planned(manifest, self.asset_dir, self.options.if_exists):
            if isinstance(each, Transfer):
                yield each
            else:
                bar.advance(1)
                self.report.kept += 1
                self.report.unverified += each.verified_by == "nothing"

    def _count(self, outcome: Outcome, manifest: Manifest, errors: ErrorReport) -> None:
        self.report.bytes_fetched += outcome.bytes_fetched
        if outcome.error is not None and is_for_lack_of_space(outcome.error):
            raise out_of_space(self.asset_dir)  # each file after it would fail alike
        if outcome.state == "failed":
            asset = asset_of(manifest, outcome.transfer.ident)
            errors.add(Failure(outcome.error or "unknown", self.options.dataset_id, *asset))
            return
        self.report.fetched += outcome.state == "fetched"
        self.report.kept += outcome.state == "kept"
        self.report.unverified += outcome.record is not None and outcome.record.verified_by == "nothing"


def _error_report(work_dir: Path, path: Path) -> ErrorReport:
    try:
        for folder in (work_dir, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        return ErrorReport(path)
    except OSError as error:
        raise DirectoryUnusable(f"{path} cannot be written: {error}") from error


def _warn(known: KnownCatalog) -> None:
    for what, count in known.missing.items():
        logger.warning("%s items have no %s; the filter keeps them", count, what)
    if known.moved:
        logger.warning(
            "%s assets moved to a path of their own: another address has the one they want", known.moved
        )


def _download_failed(report: DownloadReport) -> DownloadFailed:
    failed = DownloadFailed(f"asset download error(s) were logged to {report.err_report}", report)
    failed.add_note(
        f"{report.failed} of {report.planned} did not arrive or are broken in the catalog; "
        "the rest is on disk. The same call again fetches only what is missing."
    )
    return failed
