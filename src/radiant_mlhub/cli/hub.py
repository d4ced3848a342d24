"""``mlhub hub``: what concerns a hub's folder as a whole."""

import json
from contextlib import closing
from pathlib import Path

import click

from ..extras import needed
from .asking import as_json_option
from .failures import INTEGRITY, hint
from .hub_options import hub_option


@click.group("hub")
def command() -> None:
    """Look after a hub's folder.

    Example: mlhub hub check
    """


@command.command("check")
@click.option("--digests", "with_digests", is_flag=True, help="Read every file and compare its MD5.")
@as_json_option("Print what was found as one JSON object.")
@hub_option
def check(hub: Path | None, *, with_digests: bool, as_json: bool) -> None:
    """Look whether the database is whole, and whether each file is there that it names.

    What lies there and belongs to nothing is told, too; it is no harm.

    Exit codes: 0 everything is right, 6 something is not.

    Example: mlhub hub check --digests
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.publishing.checking import check_hub
        from ..hub.sqlite_store import open_store
    folder = hub_folder(hub)
    with closing(open_store(folder.path, read_only=True)) as store:
        found = check_hub(folder, store, with_digests=with_digests)
    if as_json:
        paths = {name: list(map(str, getattr(found, name))) for name in ("leftovers", "strays")}
        click.echo(json.dumps({**vars(found), **paths}))
    else:
        for problem in found.problems:
            click.echo(problem)
        counts = {"dataset": found.datasets, "item": found.items, "file": found.files}
        told = ", ".join(f"{count:,} {noun}{'' if count == 1 else 's'}" for noun, count in counts.items())
        click.echo(f"{told} looked at")
        for leftover in found.leftovers:
            hint(f"{leftover} is left of a publication that was broken off; the next one deletes it")
        for stray in found.strays:
            hint(f"{stray} belongs to no publication and is served to nobody; delete it")
    if found.problems:
        raise click.exceptions.Exit(INTEGRITY)
