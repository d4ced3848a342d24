"""What a download has to do, step by step, while it is being found out.

::

    archive --> rows, judged --> paths settled --> plan checked --> (unpacked here) --> the rest
                 |                                                   |
                 +--> files whose path is certain                    +--> more of them

The engine takes from it as connections become free, so files arrive from the first rows on.
"""

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from ..exceptions import NoAssetsMatched
from ..log import logger
from ..sources.source import Catalog
from ..transfer import Transfer
from ..transfer.progress import Progress, progress
from .catalog_rows import CatalogRows
from .disk_space import check_plan
from .dry_run import ONLY_TRIED
from .filter_names import check_names
from .filters import Filters
from .index import details_of, judge_again, read_catalog
from .known_catalog import KnownCatalog
from .manifest import Manifest
from .new_addresses import follow_to_new_addresses
from .options import DownloadOptions
from .own_sources import refuse_own_sources
from .path_counts import removed_by_filters
from .portion import find_sources, take_portion
from .report import DownloadReport, ErrorReport
from .save_paths import assign
from .stopping import check_whether_to_stop
from .transfer_plan import Kept, Plan

# So many files are begun between two slices of other work: with four assets an item, the catalog
# is read when every twelfth asset was begun, or sooner.
_BEGUN_AT_ONCE = 32

_HAS_ANY = "SELECT EXISTS (SELECT 1 FROM hrefs) OR EXISTS (SELECT 1 FROM items WHERE item_id IS NOT NULL)"

Steps = Generator[Transfer | Kept | None, None, None]
"""Files to fetch, and files that are here as recorded; None is "nothing yet"."""


@dataclass
class Work:
    """One run's work.

    Attributes:
        catalog: What is read.
        options: What was asked.
        manifest: Where it is written down.
        plan: Which files that makes.
        known: What an earlier run did of it.
        errors: Where what is broken is told.
        report: Learns what is planned.
        bar: Counts the files, and learns how many there are.
        failed: How many files did not arrive until now.
    """

    catalog: Catalog
    options: DownloadOptions
    manifest: Manifest
    plan: Plan
    known: KnownCatalog
    errors: ErrorReport
    report: DownloadReport
    bar: Progress
    failed: int = 0

    def steps(self, unpacking: Iterable[object]) -> Steps:
        """Every file that is wanted, once.

        Args:
            unpacking: Unpacks the archive as it is iterated, a slice at a time.

        Raises:
            NoAssetsMatched: The filters leave nothing.
            InvalidArgument: A filter names what the catalog does not have.
            CatalogBroken: The archive cannot be read. What came before that is recorded.
            DirectoryUnusable: The plan does not fit on the disk, the archive cannot be unpacked, or files of
                the catalog itself lie in the way.
        """
        logger.info("create stac asset list (please wait) ...")
        if not self.known.is_read():
            for last in self._index():
                if self._may_begin_ahead:
                    yield from self.plan.ahead(last, _BEGUN_AT_ONCE)
                    yield None
        elif not self.known.is_judged:
            self._judge_again()
        if not self.options.dry_run:
            self.manifest.forget(ONLY_TRIED)
        check_names(self.options, self.manifest, sees_everything=self.catalog.sees_everything)
        if self.plan.may_meet_its_sources:
            refuse_own_sources(self.manifest, self.report.folder)
        self._settle()
        rest = self.plan.rest()
        for _ in unpacking:
            yield from islice(rest, _BEGUN_AT_ONCE)
            yield None
        yield from rest

    @property
    def _may_begin_ahead(self) -> bool:
        """Else the whole catalog is read first: names are looked up in it, and labels bring imagery along.

        And where files that it names may lie where others would go, that is seen first.
        """
        asked = self.options
        return not (
            self.plan.may_meet_its_sources
            or asked.collection_filter
            or asked.assets
            or asked.ids
            or asked.filter
            or asked.takes_a_part
        )

    def _index(self) -> Iterator[int]:
        filters, wanted = Filters(self.options), details_of(self.options)
        rows, known, looked_at = CatalogRows(self.manifest), 0, 0
        may_have_moved = self.manifest.has_files()
        with progress("index", self.options.dataset_id, self.options.progress) as bar:
            for last in read_catalog(self.catalog, rows, filters, self.errors, wanted):
                bar.count(rows.items - known)
                known = rows.items
                bar.turn()
                if may_have_moved:
                    follow_to_new_addresses(self.manifest, looked_at, last)
                    looked_at = last
                yield last
                check_whether_to_stop(self.options)
        settled = assign(self.manifest, sees_everything=self.catalog.sees_everything)
        if may_have_moved:
            follow_to_new_addresses(self.manifest, 0, rows.last_href, waits=True)
        find_sources(self.manifest)
        take_portion(self.manifest, self.options)
        self.known.note_indexed(settled, filters.missing, is_sound=self._is_sound)

    def _judge_again(self) -> None:
        """Judge by other filters what the manifest holds: where files lie does not depend on them."""
        filters = Filters(self.options)
        judge_again(self.manifest, filters, self.errors, self.options.dataset_id)
        take_portion(self.manifest, self.options)
        self.known.note_indexed(self.known.settled, filters.missing, is_sound=self._is_sound)

    @property
    def _is_sound(self) -> bool:
        """Nothing is broken in the catalog itself: all errors are of files that did not arrive."""
        return self.errors.rows == self.failed

    def _settle(self) -> None:
        """Tell what there is, and refuse what does not fit."""
        self._warn()
        if not self.options.dry_run:
            logger.info("unarchive %s ...", self.catalog.label)
        self._look_whether_empty()
        self.report.removed_by_filter = self._removed_by_filters()
        size = self.plan.settle()
        self.report.planned = size.files
        self.report.bytes_planned = size.bytes_known
        self.report.sizes_unknown = size.sizes_unknown
        self.bar.plan(size.files, None if size.sizes_unknown else size.bytes_known)
        if size.sizes_unknown:
            logger.info("the catalog names no size of %s of them.", size.sizes_unknown)
        if not self.options.dry_run and self.options.bucket is None:
            check_plan(self.report.folder, self.plan, size)

    def _look_whether_empty(self) -> None:
        if self.errors.rows or not self.catalog.sees_everything:
            return
        [has_any] = self.manifest.connection.execute(_HAS_ANY).fetchone()
        self.report.is_empty = not has_any
        if not has_any:
            logger.warning("%s has no items.", self.catalog.label)

    def _removed_by_filters(self) -> dict[str, int]:
        try:
            return removed_by_filters(self.manifest, self.options)
        except NoAssetsMatched as nothing:
            if self.report.is_empty:
                nothing.removed.clear()
                nothing.add_note(f"{self.options.dataset_id} has no items at all, whatever is asked for")
            raise

    def _warn(self) -> None:
        for what, count in self.known.missing.items():
            logger.warning("%s items have no %s; the filter keeps them", count, what)
        moved = self.report.moved = self.known.settled.moved
        if moved:
            logger.warning(
                "%s assets moved to a path of their own: another address has the one they want", moved
            )
