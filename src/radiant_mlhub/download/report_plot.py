"""A download drawn by matplotlib: what arrived, over its time."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from ..extras import needed
from ..readable import readable_duration, readable_size, unit_in_bytes, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .report import DownloadReport

# The latest files of this run: the clock of a file system ticks every few milliseconds, or every 2 s.
_ARRIVED = """
SELECT mtime_ns, size_bytes FROM files
WHERE save_path IN (SELECT asset_save_path FROM assets WHERE filtered = 0) AND mtime_ns >= ?
ORDER BY mtime_ns DESC LIMIT ?
"""
_COARSEST_CLOCK_S = 2.0
_INCHES = (8, 3.5)


def plotted(report: DownloadReport) -> Axes:
    """The axes of the bytes.

    Raises:
        ExtraMissing: matplotlib is not installed.
    """
    with needed("notebook", "plot"):
        import matplotlib.pyplot as plt  # noqa: PLC0415 - an extra's

    arrived = arrivals(report)
    seconds = [0.0, *(second for second, _ in arrived), report.seconds]
    total, so_far = 0, [0]
    for _, size_bytes in arrived:
        total += size_bytes
        so_far.append(total)
    unit = unit_of(total)
    _, axes = plt.subplots(figsize=_INCHES, layout="constrained")
    counts = axes.twinx()
    counts.step(seconds, [*range(len(arrived) + 1), len(arrived)], where="post", color="0.8", lw=4)
    axes.step(seconds, [size / unit_in_bytes(unit) for size in [*so_far, total]], where="post", color="C0")
    axes.set(xlabel="seconds", ylabel=unit, xlim=(0, max(report.seconds, 1e-3)), ylim=(0, None))
    counts.set(ylabel="files", ylim=(0, max(len(arrived), 1) * 1.05))
    axes.set_zorder(counts.get_zorder() + 1)
    axes.patch.set_visible(False)
    axes.set_title(_in_words(report, len(arrived), total), fontsize="medium")
    return axes


def arrivals(report: DownloadReport) -> list[tuple[float, int]]:
    """Seconds since the run began, and the size in bytes, of each file that it fetched."""
    if report.began is None or not report.fetched or not report.manifest.is_file():
        return []
    began_s = report.began.timestamp()
    earliest_ns = int((began_s - _COARSEST_CLOCK_S) * 1e9)
    with closing(sqlite3.connect(f"{report.manifest.resolve().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(_ARRIVED, (earliest_ns, report.fetched)).fetchall()
    return [
        (min(max(mtime_ns / 1e9 - began_s, 0.0), report.seconds), size_bytes)
        for mtime_ns, size_bytes in reversed(rows)
    ]


def _in_words(report: DownloadReport, files: int, size_bytes: int) -> str:
    if not files:
        return f"{report.dataset_id}: nothing had to come, {report.kept:,} files were here"
    kept = f", {report.kept:,} were here" if report.kept else ""
    return (
        f"{report.dataset_id}: {files:,} file{'' if files == 1 else 's'} ({readable_size(size_bytes)}) "
        f"in {readable_duration(report.seconds)}{kept}"
    )
