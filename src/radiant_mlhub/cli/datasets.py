"""``mlhub datasets``: what a hub has, a line each."""

import json

import click

from ..client import list_datasets
from .asking import as_json_option, asked_alike, hub_options
from .tables import print_table
from .words import hint, say


@click.command("datasets")
@click.option("--text", multiple=True, metavar="PHRASE", help="Only those that hold this phrase. Repeatable.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Only those with this tag. Repeatable.")
@as_json_option("Print each dataset as a JSON object on a line of its own.")
@hub_options
def command(
    text: tuple[str, ...], tags: tuple[str, ...], as_json: bool, api_key: str | None, profile: str | None
) -> None:
    """List the datasets of the hub.

    Those that match every --text and every --tag; all of them without.

    Example: mlhub datasets --text "crop type" --tag kenya
    """
    found = list_datasets(tags=tags or None, text=text or None, api_key=api_key, profile=profile)
    if as_json:
        for dataset in found:
            click.echo(json.dumps(dataset))
        return
    rows = [
        (
            str(dataset.get("id")),
            str(dataset.get("title") or ""),
            ", ".join(map(str, dataset.get("tags") or ())),
        )
        for dataset in found
    ]
    print_table(("id", "title", "tags"), rows, prose=("title", "tags"))
    if rows:
        hint(f"what is in one: {asked_alike('mlhub dataset', rows[0][0])}")
    elif text or tags:
        say("No dataset matches.")
        hint(f"all there are: {asked_alike('mlhub datasets')}")
    else:
        say("The hub has no datasets.")
