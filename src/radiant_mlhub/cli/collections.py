"""``mlhub collections``: what is in a hub or in a dataset, a line each."""

import json
from typing import Any

import click

from ..client import get_collection, list_collections
from ..exceptions import EntityDoesNotExist
from . import shown
from .asking import as_json_option, asked_alike, hub_options
from .ids import DATASET, fetched_dataset
from .tables import print_table
from .words import hint, say


@click.command("collections")
@click.argument("dataset", metavar="[ID|DOI]", type=DATASET, required=False)
@as_json_option("Print each collection as a JSON object on a line of its own.")
@hub_options
def command(dataset: str | None, as_json: bool, api_key: str | None, profile: str | None) -> None:
    """List the collections of the hub or of a dataset.

    Example: mlhub collections nasa_marine_debris
    """
    credentials = {"api_key": api_key, "profile": profile}
    found = list_collections(**credentials) if dataset is None else _of(dataset, credentials)
    if as_json:
        for collection in found:
            click.echo(json.dumps(collection))
        return
    rows = [
        (
            str(collection.get("id")),
            shown.time_of_collection(collection),
            str(collection.get("license") or shown.UNKNOWN),
            str(collection.get("title") or collection.get("description") or ""),
        )
        for collection in found
    ]
    print_table(("id", "time", "license", "title"), rows, prose=("title",))
    if rows:
        hint(f"what is in one: {asked_alike('mlhub items', rows[0][0])}")
    else:
        say("There are no collections.")


def _of(dataset: str, credentials: dict[str, str | None]) -> list[dict[str, Any]]:
    found = []
    for described in fetched_dataset(dataset, **credentials).collection_descriptions:
        try:
            found.append(get_collection(str(described.get("id")), **credentials))
        except EntityDoesNotExist as missing:
            say(str(missing))
    return found
