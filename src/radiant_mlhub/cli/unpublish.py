"""``mlhub unpublish``: a dataset or a model leaves the hub."""

from contextlib import closing
from pathlib import Path

import click

from ..exceptions import EntityDoesNotExist
from ..extras import needed
from .hub_options import hub_option


@click.command("unpublish")
@click.argument("name", metavar="ID")
@click.option("--model", is_flag=True, help="ID is that of a model.")
@hub_option
def command(name: str, hub: Path | None, *, model: bool) -> None:
    """Take a dataset or a model out of the hub.

    Nobody finds it any more; its files are deleted a day later, so that downloads under way end well.

    Example: mlhub unpublish farms_2026
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.publishing.staging import sweep
        from ..hub.sqlite_store import existing_store
    folder = hub_folder(hub)
    with closing(existing_store(folder.path)) as store:
        was_there = store.unpublish_model(name) if model else store.unpublish(name)
        sweep(folder, store)
    if not was_there:
        kind = "model" if model else "dataset"
        raise EntityDoesNotExist(f'There is no {kind} "{name}" in {folder.path}.')
    click.echo(f'"{name}" is not published any more.')
