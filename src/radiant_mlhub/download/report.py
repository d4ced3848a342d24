"""What came of a download: counts in memory, paths and failures read from disk when asked for."""

import csv
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..exceptions import DirectoryUnusable, DownloadFailed
from ..readable import readable_size, visible

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class Failure(NamedTuple):
    """A row of ``err_report.csv``: what did not arrive, and why."""

    error: str
    dataset_id: str
    collection_id: str | None = None
    item_id: str | None = None
    asset_key: str | None = None
    asset_url: str | None = None


class ErrorReport:
    """``err_report.csv`` of one run: begun empty, a row written when it happens.

    An empty file means that nothing failed; the rows are those of the last run only.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        # newline="": the csv module ends its own lines, or Windows shows blank ones between.
        # backslashreplace: what is told of may be a text that is no Unicode.
        self.file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="", buffering=1)
        self.writer = csv.writer(self.file)

    def add(self, failure: Failure) -> None:
        """Write one row.

        Raises:
            DirectoryUnusable: The disk is full.
        """
        with self._told():
            self.writer.writerow([_one_line(cell) for cell in failure])
        self.rows += 1

    def close(self) -> None:
        """Close the file; it stays where it is. Raises as ``add``."""
        with self._told():
            self.file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DirectoryUnusable(f"{self.path} cannot be written: {error.strerror}") from error


def begun_error_report(path: Path, work_dir: Path) -> ErrorReport:
    """The error report at ``path``, empty; its folder and ``work_dir`` are made.

    Raises:
        DirectoryUnusable: One of them cannot be written.
    """
    try:
        for folder in (work_dir, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
        return ErrorReport(path)
    except FileExistsError as error:  # a file, or a link that leads nowhere
        raise DirectoryUnusable(
            f"{error.filename} is no folder, and one is needed there. Move it, or choose another folder."
        ) from error
    except OSError as error:
        raise DirectoryUnusable(f"{path} cannot be written: {error.strerror or error}") from error


def _one_line(cell: str | None) -> str:
    return visible(" ".join((cell or "").split()))


@dataclass
class DownloadReport:
    """Counts of a download, in files and bytes.

    Attributes:
        dataset_id: What was downloaded.
        folder: Where the assets lie.
        manifest: The ledger (SQLite), with the view ``assets``; not there where the catalog alone came.
        err_report: The rows of what failed; empty means nothing.
        planned: Files that the filters leave.
        fetched: Files of which bytes came in this run.
        kept: Files that were there already.
        failed: Rows of ``err_report``: files that did not arrive and what is broken in the catalog.
        unverified: Files whose length and digest nobody named; they are kept all the same.
        bytes_planned: Sum of the sizes the catalog names; sizes it does not name count as 0.
        sizes_unknown: Planned files of which the catalog names no size.
        bytes_fetched: Body bytes that came over the wire.
        removed_by_filter: Assets each filter took out, by the filter's name.
        from_elsewhere: Files that a mirror or an alternate address gave in this run: which one, the
            manifest's table ``files`` tells in ``came_from``.
        moved: Assets that could not have the path they wanted, because another has it.
        dry_run: Whether nothing was to be fetched.
        is_empty: Whether the catalog has neither an item nor an asset, whatever the filters say.
        seconds: From the call to its end.
        began: When that was, in UTC; None for a report that nobody has run.
        address: The dataset's folder in a bucket, if that is where it all went: nothing stays in ``folder``
            then but the catalog, the manifest and the report.
        catalog_only: Whether the catalog was to come without its assets.
        broken: How many of ``failed`` are broken in the catalog, and so none of the files that are planned.
    """

    dataset_id: str
    folder: Path
    manifest: Path
    err_report: Path
    planned: int = 0
    fetched: int = 0
    kept: int = 0
    failed: int = 0
    unverified: int = 0
    bytes_planned: int = 0
    sizes_unknown: int = 0
    bytes_fetched: int = 0
    removed_by_filter: dict[str, int] = field(default_factory=dict)
    from_elsewhere: int = 0
    moved: int = 0
    dry_run: bool = False
    is_empty: bool = False
    seconds: float = 0.0
    began: datetime | None = None
    address: str | None = None
    catalog_only: bool = False
    broken: int = 0

    @property
    def addresses(self) -> Iterator[str]:
        """Address of every file of this download in its bucket, in catalog order; none without a bucket.

        A dry run has none: it brings no file.
        """
        if self.address is not None:
            for save_path in self._save_paths():
                yield f"{self.address}/{save_path}"

    @property
    def paths(self) -> Iterator[Path]:
        """Absolute path of every file of this download that is on disk, in catalog order.

        A dry run has none: it brings no file.
        """
        if self.address is None:
            for save_path in self._save_paths():
                yield self.folder / save_path

    def _save_paths(self) -> Iterator[str]:
        if self.dry_run or not self.manifest.is_file():
            return
        uri = f"{self.manifest.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            rows = connection.execute(
                "SELECT asset_save_path FROM assets JOIN files ON files.save_path = assets.asset_save_path"
                " WHERE filtered = 0 GROUP BY asset_save_path ORDER BY MIN(assets.rowid)"
            )
            for (save_path,) in rows:
                yield save_path

    @property
    def failures(self) -> Iterator[Failure]:
        """Every row of ``err_report.csv``."""
        if not self.err_report.is_file():
            return
        with self.err_report.open(encoding="utf-8", newline="") as file:
            for row in csv.reader(file):
                yield Failure(row[0], row[1], *(cell or None for cell in row[2:]))

    def plot(self) -> "Axes":
        """Draw what arrived over the time of this run: bytes, and files in light grey.

        The times are those of the files as the manifest has them; what was here already is not drawn.

        Returns:
            The axes of the bytes; its ``.figure`` is the whole picture.

        Raises:
            ExtraMissing: matplotlib is not installed (an ``ImportError``).
        """
        from .report_plot import plotted  # noqa: PLC0415 - matplotlib is an extra's

        return plotted(self)

    def __str__(self) -> str:
        done = "would fetch" if self.dry_run else "fetched"
        files = self.planned - self.kept if self.dry_run else self.fetched
        size = readable_size(self.bytes_planned if self.dry_run and files else self.bytes_fetched)
        if self.dry_run and files and self.sizes_unknown:
            size = f"at least {size}: of {self.sizes_unknown:,} the catalog names no size"
        place = self.address or self.folder
        if self.catalog_only:
            return f"{self.dataset_id}: the catalog alone, in {self.seconds:.1f} s, in {place}"
        of_them = f" ({self.broken:,} of them in the catalog)" if self.broken else ""
        return (
            f"{self.dataset_id}: {done} {files:,} of {self.planned:,} files ({size}), "
            f"kept {self.kept:,}, failed {self.failed:,}{of_them}, in {self.seconds:.1f} s, in {place}"
        )

    def __repr__(self) -> str:
        return f"<DownloadReport {self}>"

    def _repr_html_(self) -> str:
        from .report_html import report_html  # noqa: PLC0415 - for notebooks alone

        return report_html(self)


def download_failed(report: DownloadReport, relocations: Iterable[str]) -> DownloadFailed:
    """The error that ends a run of which something did not arrive.

    Args:
        report: Of the run.
        relocations: Names of mirrors that may hold what did not arrive.
    """
    failed = DownloadFailed(f"asset download error(s) were logged to {report.err_report}", report)
    place = "on disk" if report.address is None else f"in {report.address}"
    missing = report.failed - report.broken
    reasons = [f"{missing:,} of {report.planned:,} files did not arrive"] if missing else []
    if report.broken:
        entries = "entry of the catalog is" if report.broken == 1 else "entries of the catalog are"
        reasons.append(f"{report.broken:,} {entries} broken")
    again = " The same call again fetches only what is missing." if missing else ""
    failed.add_note(f"{' and '.join(reasons)}; the rest is {place}.{again}")
    for name in sorted(relocations):
        failed.add_note(
            f'some of it may lie elsewhere today (nobody could verify it): mirrors=["{name}"] '
            f"(--mirror {name})"
        )
    return failed
