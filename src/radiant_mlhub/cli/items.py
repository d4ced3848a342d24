"""``mlhub items``: what is in a collection, a line each."""

import json
import shlex

import click

from ..client import list_collection_items
from ..exceptions import RequestRefused
from . import shown
from .asking import as_json_option, asked_alike, hub_options
from .filter_options import bbox_option, box, datetime_option, limit_option
from .ids import COLLECTION, fetched_collection
from .tables import print_table
from .words import hint, say


@click.command("items")
@click.argument("collection", metavar="COLLECTION", type=COLLECTION)
@bbox_option
@datetime_option
@limit_option
@as_json_option("Print each item as a JSON object on a line of its own.")
@hub_options
def command(
    collection: str,
    *,
    bbox: str | None,
    datetime: str | None,
    limit: int,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """List the items of a collection.

    The first ten, unless --limit says otherwise: there may be hundreds of thousands.

    Example: mlhub items demo_crops_source --datetime 2019-06-01/2019-08-31 --bbox 33,-1,35,1
    """
    found = list_collection_items(
        collection,
        limit=limit or None,
        bbox=box(bbox),
        datetime=datetime,
        api_key=api_key,
        profile=profile,
    )
    rows = []
    try:
        for item in found:
            if as_json:
                click.echo(json.dumps(item))
            else:
                rows.append(_row(item))
    except RequestRefused:
        # Which says so where there is none of that id.
        fetched_collection(collection, api_key=api_key, profile=profile)
        raise
    if as_json:
        return
    print_table(("id", "time", "bbox", "assets"), rows, prose=("assets",))
    if not rows:
        say("No item matches." if bbox or datetime else "The collection has no items.")
    elif limit and len(rows) == limit:
        told = {"--bbox": bbox, "--datetime": datetime, "--limit": "0"}
        options = [f"{option} {shlex.quote(text)}" for option, text in told.items() if text]
        command = asked_alike("mlhub items", collection, *options)
        hint(f"these are the first {limit}; all of them: {command}")


def _row(item: dict[str, object]) -> tuple[str, str, str, str]:
    assets = item.get("assets")
    return (
        str(item.get("id")),
        shown.time_of_item(item),
        shown.box(item.get("bbox")),
        ", ".join(assets if isinstance(assets, dict) else ()),
    )
