"""``mlhub models``: the models of a hub, a line each."""

import json

import click

from ..client import list_models
from .asking import as_json_option, asked_alike, hub_options
from .tables import print_table
from .words import hint, say


@click.command("models")
@as_json_option("Print each model as a JSON object on a line of its own.")
@hub_options
def command(as_json: bool, api_key: str | None, profile: str | None) -> None:
    """List the models of the hub.

    Example: mlhub models
    """
    found = list_models(api_key=api_key, profile=profile)
    if as_json:
        for model in found:
            click.echo(json.dumps(model))
        return
    rows = []
    for model in found:
        told = model.get("properties") or {}
        rows.append((str(model.get("id")), str(told.get("title") or told.get("description") or "")))
    print_table(("id", "title"), rows, prose=("title",))
    if rows:
        hint(f"what one is: {asked_alike('mlhub model', rows[0][0])}")
    else:
        say("The hub has no models.")
