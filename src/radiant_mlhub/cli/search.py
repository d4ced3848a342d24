"""``mlhub search``: which items of a catalog are at a place, of a time, or say something."""

import json
from collections.abc import Mapping
from itertools import islice
from typing import Any

import click

from . import shown
from .asking import as_json_option, box, hub_options
from .ids import DATASET, named_dataset
from .tables import print_table
from .words import hint, say

_LIMIT = 10


@click.command("search")
@click.argument("source", metavar="FILE|SOURCE|ID", type=DATASET)
@click.option("--bbox", metavar="W,S,E,N", help="Only items whose box meets this one, in degrees.")
@click.option("--datetime", metavar="TIME", help="Only items of this day, moment or START/END (.. is open).")
@click.option(
    "--text", multiple=True, metavar="WORDS", help="Only items that say this. Repeatable: all of them."
)
@click.option(
    "--collection", "collections", multiple=True, metavar="ID", help="Only of this one. Repeatable."
)
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=_LIMIT,
    show_default=True,
    help="At most this many; 0: all.",
)
@as_json_option("Print each item as a JSON object on a line of its own.")
@hub_options
def command(
    source: str,
    *,
    bbox: str | None,
    datetime: str | None,
    text: tuple[str, ...],
    collections: tuple[str, ...],
    limit: int,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Find items of a catalog, without a download.

    FILE is an index (mlhub index), which answers at once. Every other source is read for it: an
    archive, a folder, an address, or a dataset of the hub.

    Example: mlhub search crops.db --bbox 33,-1,35,1 --datetime 2019-06-01/2019-08-31
    """
    found = named_dataset(source, api_key=api_key, profile=profile).search(
        bbox=box(bbox),
        datetime=datetime,
        text=text,
        collections=collections or None,
    )
    rows = []
    for item in islice(found, limit or None):
        if as_json:
            click.echo(json.dumps(item))
        else:
            rows.append(_row(item))
    if as_json:
        return
    print_table(("collection", "id", "time", "bbox", "assets"), rows)
    if not rows:
        say("No item matches.")
    elif limit and len(rows) == limit:
        hint(f"these are the first {limit}; all of them: --limit 0")


def _row(item: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    return (
        str(item.get("collection") or shown.UNKNOWN),
        str(item.get("id")),
        shown.time_of_item(item),
        shown.box(item.get("bbox")),
        ", ".join(item.get("assets") or ()),
    )
