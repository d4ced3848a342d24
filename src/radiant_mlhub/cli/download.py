"""``mlhub download``: a dataset, or the part of it that filters leave, to disk."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from itertools import islice
from typing import Any

import click

from ..command_lines import command_line
from ..download.bucket_address import bucket_address
from ..download.report import DownloadReport
from ..exceptions import DirectoryUnusable, DownloadFailed, NoAssetsMatched
from ..log import logger
from ..masking import masked
from ..readable import visible
from . import shown
from .asking import (
    as_json_option,
    asked_alike,
    hub_options,
    if_exists_option,
    output_option,
    quiet_option,
)
from .filter_options import (
    bbox_option,
    box,
    by_collection,
    datetime_option,
    each,
    exact_option,
    filter_option,
    geojson,
    ids_option,
    intersects_option,
)
from .ids import SOURCE, named_dataset
from .progress import progress_option, told_progress
from .size_question import ask_about_size
from .tables import print_after
from .words import counted, hint

_FAILURES_TOLD = 3


@click.command("download")
@click.argument("dataset", metavar="ID|DOI|SOURCE", type=SOURCE)
@click.option("--id", "dataset_id", metavar="ID", help="What to call the dataset of a SOURCE.")
@output_option("Where to; the working directory without.")
@click.option("--assets-to", "asset_output_dir", metavar="DIR", help="Where the assets go, if elsewhere.")
@bbox_option
@intersects_option
@datetime_option
@click.option(
    "--collection",
    "collections",
    multiple=True,
    metavar="ID[=KEY,...]",
    help="Only this collection, and of it only these assets. Repeatable.",
)
@click.option(
    "--assets",
    multiple=True,
    metavar="NAME[,...]",
    help="Only assets of this key, role or media type; * stands for anything. Repeatable.",
)
@ids_option
@filter_option
@click.option("--sample", type=float, metavar="FRACTION", help="Only this part of the items: 0.01 is 1 %.")
@click.option("--seed", type=int, metavar="N", help="Draw another sample than without.")
@click.option("--max-items", type=int, metavar="N", help="Only so many items, the first ones.")
@exact_option
@click.option("--catalog-only", is_flag=True, help="Bring the catalog alone.")
@if_exists_option
@click.option("--max-connections", type=int, metavar="N", help="Requests under way at once, at most.")
@click.option("--max-bytes-per-s", type=int, metavar="N", help="The most to take from the network.")
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="OLD=NEW",
    help="Ask NEW for what the catalog has at OLD, two beginnings of addresses. Repeatable.",
)
@click.option("--unsigned", is_flag=True, help="Ask buckets without the environment's credentials.")
@click.option("--requester-pays", is_flag=True, help="Tell buckets that who asks pays.")
@click.option("--dry-run", is_flag=True, help="Fetch the catalog, and say what would come.")
@click.option("--yes", is_flag=True, help="Go on without the question that a terminal gets above 10 GB.")
@progress_option
@quiet_option("No bars, and no words unless something fails.")
@as_json_option("Print the report as one JSON object.")
@hub_options
def command(
    dataset: str,
    *,
    dataset_id: str | None,
    bbox: str | None,
    intersects: str | None,
    collections: tuple[str, ...],
    assets: tuple[str, ...],
    ids: tuple[str, ...],
    yes: bool,
    progress: str,
    quiet: bool,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
    **plain: Any,
) -> None:
    """Bring a dataset to disk, or a part of it.

    The part is what all filters together leave. Run it again to continue what was interrupted: what
    is there already is not fetched again. In a terminal, more than 10 GB come only after a question.

    SOURCE is a catalog that no hub needs to know: an archive (.tar.gz), a folder or catalog.json, the
    address of one, of a STAC API, or of a file of items.

    Example: mlhub download nasa_marine_debris -o data --bbox 120,10,130,20 --datetime 2018-01-01/..

    Example: mlhub download https://example.org/stac/catalog.json --assets image,labels --sample 0.01

    Exit codes: 0 all is there, 7 some assets did not arrive (err_report.csv says which and why).
    """
    wanted = {
        **{name: value for name, value in plain.items() if value is not None},
        "bbox": box(bbox),
        "intersects": geojson(intersects),
        "collection_filter": by_collection(collections),
        "assets": each(assets),
        "ids": each(ids),
        "progress": told_progress(progress, quiet=quiet),
    }
    try:
        with _without_log():
            found = named_dataset(dataset, dataset_id, api_key=api_key, profile=profile)
            if not yes:
                ask_about_size(found, wanted)
            report = found.download(**wanted)
    except DownloadFailed as failed:
        if failed.report is not None:
            _print(failed.report, as_json=as_json, quiet=quiet)
            for failure in islice(failed.report.failures, _FAILURES_TOLD):
                of = failure.item_id or failure.collection_id
                failed.add_note(
                    f"{failure.asset_key or 'catalog'}{f' of {of}' if of else ''}: {failure.error}"
                )
        raise
    except DirectoryUnusable as unusable:
        from ..transfer import is_for_lack_of_files

        is_of_any_folder = isinstance(unusable.__cause__, UnicodeError)
        if not is_of_any_folder and not is_for_lack_of_files(str(unusable)):
            is_bucket = bucket_address(wanted.get("output_dir")) is not None
            unusable.add_note(f"to another folder: --output DIR{'' if is_bucket else ', --assets-to DIR'}")
        raise
    except NoAssetsMatched as nothing:
        for note in _what_was_left_out(nothing.removed, dataset):
            nothing.add_note(note)
        raise
    _print(report, as_json=as_json, quiet=quiet)
    if not quiet:
        _hint_at_what_is_next(report)


def _hint_at_what_is_next(report: DownloadReport) -> None:
    if report.is_empty:
        hint(f"{report.dataset_id} has no items: there is nothing to download")
    elif not (report.dry_run or report.catalog_only) and report.address is None:
        hint(f"check the files later, offline: {command_line('mlhub verify', shown.path(report.folder))}")


def _what_was_left_out(removed: dict[str, int], dataset: str) -> Iterator[str]:
    """What each filter took, and where one sees what it could leave."""
    from ..sources.opening import looks_like_a_source

    if any(removed.values()):
        for name, count in removed.items():
            yield f"{name} leaves out {counted(count, 'asset')}"
    # What a source leaves out by itself is counted nowhere.
    took = {name for name, count in removed.items() if count} or set(removed)
    # What an address is signed with is written nowhere.
    named = dataset if masked(dataset) == dataset else "SOURCE"
    if took & {"bbox", "intersects"}:
        command = asked_alike("mlhub search", named)
        yield f"where its items lie, west,south,east,north as --bbox takes it: {command}"
    elif "datetime" in took and looks_like_a_source(dataset):
        yield f"when its items are: {asked_alike('mlhub search', named)}"
    elif "datetime" in took:
        yield f"from when to when its collections are: {asked_alike('mlhub collections', named)}"


@contextmanager
def _without_log() -> Iterator[None]:
    """No log lines between the bars: whoever runs a command reads its bars and its answer."""
    handler = logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _print(report: DownloadReport, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        told = {one.name: getattr(report, one.name) for one in fields(report)}
        click.echo(json.dumps(told, default=str))
    elif not quiet:
        name, _, counts = str(replace(report, folder=shown.path(report.folder))).partition(" ")
        print_after(visible(f"{name} "), visible(counts))
        if report.from_elsewhere:
            click.echo(f"  {counted(report.from_elsewhere, 'file')} came from mirrors or alternate addresses")
        for name, count in report.removed_by_filter.items():
            click.echo(f"  {name} leaves out {count:,} assets")
