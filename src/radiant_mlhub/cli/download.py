"""``mlhub download``: a dataset, or the part of it that filters leave, to disk."""

import json
import logging
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import click

from ..download.report import DownloadReport
from ..exceptions import DirectoryUnusable, DownloadFailed, InvalidArgument, NoAssetsMatched
from ..log import logger
from .asking import as_json_option, box, hub_options, if_exists_option, output_option, quiet_option
from .ids import DATASET, named_dataset
from .size_question import ask_about_size
from .words import counted, hint

_FAILURES_TOLD = 3


@click.command("download")
@click.argument("dataset", metavar="ID|DOI|SOURCE", type=DATASET)
@click.option("--id", "dataset_id", metavar="ID", help="What to call the dataset of a SOURCE.")
@output_option("Where to; the working directory without.")
@click.option("--assets-to", "asset_output_dir", metavar="DIR", help="Where the assets go, if elsewhere.")
@click.option("--bbox", metavar="W,S,E,N", help="Only items whose box meets this one, in degrees.")
@click.option("--intersects", metavar="FILE", help="Only items whose box meets this GeoJSON; - is stdin.")
@click.option("--datetime", metavar="TIME", help="Only items of this day, moment or START/END (.. is open).")
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
@click.option("--ids", multiple=True, metavar="ID[,...]", help="Only items of these ids. Repeatable.")
@click.option("--filter", metavar="CQL2", help='Only items of which this is true, as "eo:cloud_cover < 20".')
@click.option("--sample", type=float, metavar="FRACTION", help="Only this part of the items: 0.01 is 1 %.")
@click.option("--seed", type=int, metavar="N", help="Draw another sample than without.")
@click.option("--max-items", type=int, metavar="N", help="Only so many items, the first ones.")
@click.option("--exact", is_flag=True, help="Judge places by an item's geometry instead of its box.")
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

    Exit codes: 0 all is there, 7 some assets did not arrive (err_report.csv says which and why).
    """
    wanted = {
        **{name: value for name, value in plain.items() if value is not None},
        "bbox": box(bbox),
        "intersects": _geojson(intersects),
        "collection_filter": _by_collection(collections),
        "assets": _each(assets),
        "ids": _each(ids),
        "progress": not quiet and sys.stderr.isatty(),
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
                failed.add_note(f"{failure.asset_key or 'catalog'} of {failure.item_id}: {failure.error}")
        raise
    except DirectoryUnusable as unusable:
        unusable.add_note("to another folder: --output DIR, --assets-to DIR")
        raise
    except NoAssetsMatched as nothing:
        for name, count in nothing.removed.items():
            nothing.add_note(f"{name} leaves out {counted(count, 'asset')}")
        nothing.add_note(f"from when to when its collections are: mlhub collections {shlex.quote(dataset)}")
        raise
    _print(report, as_json=as_json, quiet=quiet)
    if not quiet and not report.dry_run:
        hint(f"check the files later, offline: mlhub verify {shlex.quote(str(report.folder))}")


@contextmanager
def _without_log() -> Iterator[None]:
    """No log lines between the bars: whoever runs a command reads its bars and its answer."""
    handler = logging.NullHandler()
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _geojson(name: str | None) -> dict[str, Any] | None:
    if name is None:
        return None
    try:
        text = sys.stdin.read() if name == "-" else Path(name).expanduser().read_text(encoding="utf-8-sig")
        found = json.loads(text)
    except OSError as error:
        raise InvalidArgument(f"--intersects: {name} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidArgument(f"--intersects: {name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidArgument(f"--intersects: {name} is no GeoJSON object")
    return found


def _by_collection(wanted: tuple[str, ...]) -> dict[str, list[str]] | None:
    """``("labels", "source=B04,B08")`` as ``collection_filter``; None where nothing is wanted."""
    if not wanted:
        return None
    by_id: dict[str, list[str]] = {}
    for text in wanted:
        collection_id, _, names = text.partition("=")
        keys = [key for key in names.split(",") if key]
        known = by_id.get(collection_id)
        # Named without keys, here or elsewhere, it is wanted whole.
        by_id[collection_id] = [] if known == [] or not keys else [*(known or ()), *keys]
    return by_id


def _each(wanted: tuple[str, ...]) -> list[str] | None:
    """``("B04,B08", "labels")`` as its names; None where nothing is wanted."""
    return [name.strip() for text in wanted for name in text.split(",")] if wanted else None


def _print(report: DownloadReport, *, as_json: bool, quiet: bool) -> None:
    if as_json:
        told = {one.name: getattr(report, one.name) for one in fields(report)}
        click.echo(json.dumps(told, default=str))
    elif not quiet:
        click.echo(report)
        if report.from_elsewhere:
            click.echo(f"  {counted(report.from_elsewhere, 'file')} came from mirrors or alternate addresses")
        for name, count in report.removed_by_filter.items():
            click.echo(f"  {name} leaves out {count:,} assets")
