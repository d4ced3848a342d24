"""What a notebook shows of a download's report, and of a verification's."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from ..html_cards import Html, card, facts, table
from ..readable import readable_duration, readable_size

if TYPE_CHECKING:
    from .report import DownloadReport
    from .verify_report import VerifyReport

_FAILURES_SHOWN = 5
_NOT_PLAINLY_RIGHT = ("wrong", "missing", "unrecorded", "repaired")


def report_html(report: DownloadReport) -> str:
    """A download, with the first of its failures."""
    files = report.planned - report.kept if report.dry_run else report.fetched
    size = readable_size(report.bytes_planned if report.dry_run else report.bytes_fetched)
    return card(
        "Dry run" if report.dry_run else "Download",
        report.dataset_id,
        facts(
            ("files", f"{report.planned:,}"),
            ("would be fetched" if report.dry_run else "fetched", f"{files:,} ({size})"),
            ("were here already", f"{report.kept:,}"),
            ("failed", _count(report.failed)),
            ("of them in the catalog", _count(report.broken)),
            ("not verified", _count(report.unverified)),
            ("of unknown size", _count(report.sizes_unknown) if report.dry_run else None),
            ("moved to a path of their own", _count(report.moved)),
            *((f"left out by {name}", f"{count:,}") for name, count in report.removed_by_filter.items()),
            ("time", readable_duration(report.seconds)),
            ("folder", str(report.folder)),
        ),
        Html() if report.dry_run else _failures(report),
    )


def verification_html(report: VerifyReport) -> str:
    """A verification, with the first files that are not right."""
    compared = (
        ("by a digest that the server or the catalog named", "named"),
        ("by a digest taken when they were written", "own"),
        ("by length alone", "length"),
    )
    rows = ((str(each.path), each.state, each.reason) for each in report.failures)
    return card(
        "Verification",
        "all files are right" if report.is_whole else "not all files are right",
        facts(
            ("right", f"{report.right:,} of {report.checked:,}"),
            *((f"compared {how}", _count(report.compared[name])) for how, name in compared),
            *((what, _count(getattr(report, what))) for what in _NOT_PLAINLY_RIGHT),
            ("files not listed yet", ", ".join(map(str, report.unlisted))),
            ("a download is under way in", ", ".join(map(str, report.under_way))),
            ("read", f"{readable_size(report.bytes_checked)} in {readable_duration(report.seconds)}"),
            ("folders", ", ".join(map(str, report.folders))),
        ),
        table(
            ("file", "state", "reason"),
            islice(rows, _FAILURES_SHOWN),
            total=report.wrong + report.missing + report.unrecorded,
        ),
    )


def _failures(report: DownloadReport) -> Html:
    rows = (
        ("/".join(filter(None, (each.collection_id, each.item_id, each.asset_key))), each.error)
        for each in islice(report.failures, _FAILURES_SHOWN)
    )
    return table(("failed", "why"), rows, total=report.failed) if report.failed else Html()


def _count(number: int) -> str | None:
    return f"{number:,}" if number else None
