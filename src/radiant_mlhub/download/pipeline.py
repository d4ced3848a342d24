"""A dataset to disk: the steps, in the order data meets them.

Fetch the catalog archive, read it into the manifest and judge every item once, unpack it,
settle who gets which path, plan, fetch, report.
"""

import logging
import time
from pathlib import Path

import requests

from .. import layout
from ..exceptions import DirectoryUnusable, DownloadFailed, NoAssetsMatched
from ..sources.catalog_archive import CatalogArchive
from ..transfer import Outcome, fetch_all
from ..transfer.progress import progress
from .filters import Filters
from .index import Index, check_names, read_catalog
from .manifest import Manifest
from .options import DownloadOptions
from .report import DownloadReport, ErrorReport, Failure
from .save_paths import assign
from .spoken_log import LOGGER_NAME
from .transfer_plan import asset_of, kept_by_record, make_plan, transfers

logger = logging.getLogger(LOGGER_NAME)

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
        started = time.monotonic()
        errors = _error_report(self.work_dir, self.report.err_report)
        try:
            if self.options.catalog_only:
                self._unpack()
                logger.info("catalog saved to %s", self.work_dir)
                return self.report
            manifest = Manifest(self.report.manifest)
            try:
                manifest.record_files(self.asset_dir, [catalog])
                self._fill(manifest, errors)
            finally:
                manifest.close()
        finally:
            errors.close()
            self.report.failed = errors.rows
            self.report.seconds = time.monotonic() - started
        if errors.rows and not self.options.dry_run:
            raise _download_failed(self.report)
        logger.info("assets saved to %s", self.asset_dir)
        return self.report

    def _fill(self, manifest: Manifest, errors: ErrorReport) -> None:
        filters = Filters(self.options)
        logger.info("create stac asset list (please wait) ...")
        index = read_catalog(self.source, manifest, filters, errors)
        check_names(self.options, manifest)
        self.report.moved = assign(manifest.connection, self.source.places())
        manifest.connection.commit()
        _warn(index, self.report.moved)
        if not self.options.dry_run:
            self._unpack()
        logger.info("%s unique assets in stac catalog.", manifest.count())
        self._count_removed(manifest)
        size = make_plan(manifest)
        self.report.planned = size.files
        self.report.bytes_planned = size.bytes_known
        self.report.sizes_unknown = size.sizes_unknown
        if self.options.dry_run:
            self.report.kept = kept_by_record(manifest, self.asset_dir)
        else:
            self._fetch(manifest, errors)

    def _unpack(self) -> None:
        logger.info("unarchive %s ...", self.source.archive.name)
        self.work_dir.mkdir(parents=True, exist_ok=True)
        name, members = self.source.archive.name, self.source.members
        with progress(f"unarchive {name}", self.options.progress, "it", members) as bar:
            for _ in self.source.unpack(self.work_dir):
                bar.advance(1)

    def _count_removed(self, manifest: Manifest) -> None:
        """Count what each filter took out; one that leaves nothing ends the run."""
        left = manifest.count("rejected_by IS NULL OR rejected_by <> 'broken'")
        for position, (name, before, said, called) in enumerate(_STEPS):
            asked = getattr(self.options, "interval" if name == "datetime" else name)
            if asked is None:
                continue
            logger.info(before)
            later = ", ".join(f"'{step[0]}'" for step in _STEPS[position + 1 :]) or "''"
            now = manifest.count(f"rejected_by IS NULL OR rejected_by IN ({later})")
            self.report.removed_by_filter[name] = left - now
            left = now
            logger.info("%s assets after %s filter.", now, said)
            if not now:
                raise NoAssetsMatched(
                    f"after filtering by {called}, zero assets to download. filter: {asked}",
                    removed=self.report.removed_by_filter,
                )

    def _fetch(self, manifest: Manifest, errors: ErrorReport) -> None:
        wanted = transfers(manifest, self.asset_dir, self.options.if_exists)
        with progress("download assets", self.options.progress, "it", self.report.planned) as bar:
            outcomes = fetch_all(
                wanted,
                request_for=self.source.request_for,
                session=self.session,
                max_connections=self.options.max_connections,
                record=lambda done: manifest.record_files(self.asset_dir, done),
            )
            for outcome in outcomes:
                bar.advance(1)
                self._count(outcome, manifest, errors)

    def _count(self, outcome: Outcome, manifest: Manifest, errors: ErrorReport) -> None:
        self.report.bytes_fetched += outcome.bytes_fetched
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


def _warn(index: Index, moved: int) -> None:
    for what, count in index.missing.items():
        logger.warning("%s items have no %s; the filter keeps them", count, what)
    if moved:
        logger.warning("%s assets moved to a path of their own: another address has the one they want", moved)


def _download_failed(report: DownloadReport) -> DownloadFailed:
    failed = DownloadFailed(f"asset download error(s) were logged to {report.err_report}", report)
    failed.add_note(
        f"{report.failed} of {report.planned} did not arrive or are broken in the catalog; "
        "the rest is on disk. The same call again fetches only what is missing."
    )
    return failed
