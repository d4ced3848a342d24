"""``mlhub search``: which items of a catalog are at a place, of a time, or say something."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

import click

from . import shown
from .asking import as_json_option, hub_options
from .filter_options import (
    bbox_option,
    box,
    datetime_option,
    each,
    exact_option,
    filter_option,
    geojson,
    ids_option,
    intersects_option,
    limit_option,
)
from .ids import SOURCE, named_dataset
from .tables import print_table
from .words import hint, say


@click.command("search")
@click.argument("source", metavar="FILE|SOURCE|ID", type=SOURCE)
@bbox_option
@intersects_option
@datetime_option
@click.option(
    "--text", multiple=True, metavar="WORDS", help="Only items that say this. Repeatable: all of them."
)
@click.option(
    "--collection", "collections", multiple=True, metavar="ID", help="Only of this one. Repeatable."
)
@ids_option
@filter_option
@exact_option
@limit_option
@as_json_option("Print each item as a JSON object on a line of its own.")
@hub_options
def command(
    source: str,
    *,
    bbox: str | None,
    intersects: str | None,
    datetime: str | None,
    text: tuple[str, ...],
    collections: tuple[str, ...],
    ids: tuple[str, ...],
    filter: str | None,
    exact: bool,
    limit: int,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Find items of a catalog, without a download.

    FILE is an index (mlhub index), which answers at once. Every other source is read for it: an
    archive, a folder, an address, or a dataset of the hub.

    Example: mlhub search crops.db --text maize --filter "eo:cloud_cover < 20"

    Example: mlhub search crops.db --bbox 33,-1,35,1 --datetime 2019-06-01/2019-08-31
    """
    found = named_dataset(source, api_key=api_key, profile=profile).search(
        bbox=box(bbox),
        intersects=geojson(intersects),
        datetime=datetime,
        text=text,
        collections=collections or None,
        ids=each(ids),
        filter=filter,
        exact=exact,
    )
    rows = []
    for item in islice(found, limit or None):
        if as_json:
            click.echo(json.dumps(item))
        else:
            rows.append(_row(item))
    if as_json:
        return
    print_table(("id", "collection", "time", "bbox", "assets"), rows, prose=("assets",))
    if not rows:
        say("No item matches.")
    elif limit and len(rows) == limit:
        hint(f"these are the first {limit}; for all of them: --limit 0")


def _row(item: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        str(item.get("id")),
        str(item.get("collection") or shown.UNKNOWN),
        shown.time_of_item(item),
        shown.box(item.get("bbox")),
        ", ".join(item.get("assets") or ()),
    )
