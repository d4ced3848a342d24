"""``mlhub archive``: the archive of a collection to disk."""

import json
import shlex

import click

from ..exceptions import DirectoryUnusable, EntityDoesNotExist
from . import shown
from .asking import (
    as_json_option,
    asked_alike,
    hub_options,
    if_exists_option,
    output_option,
    quiet_option,
)
from .ids import COLLECTION, fetched_collection
from .progress import progress_option, told_progress
from .words import hint


@click.command("archive")
@click.argument("collection", metavar="COLLECTION", type=COLLECTION)
@output_option("Where to; the working directory without.")
@if_exists_option
@click.option("--dry-run", is_flag=True, help="Say how large it is, and bring nothing.")
@progress_option
@quiet_option("No bar, and no words unless something fails.")
@as_json_option("Print path and size in bytes as one JSON object.")
@hub_options
def command(
    collection: str,
    *,
    output_dir: str | None,
    if_exists: str,
    dry_run: bool,
    progress: str,
    quiet: bool,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Bring the archive of a collection to disk.

    One .tar.gz with every item and its files, as the MLHub of 2022 had them. To get a part, and to get
    only what changed, there is mlhub download.

    Example: mlhub archive demo_crops_labels -o archives
    """
    found = fetched_collection(collection, api_key=api_key, profile=profile)
    size = found.archive_size
    if size is None:
        raise _without_archive(collection)
    if dry_run:
        answer = {"collection": collection, "size_bytes": size}
        click.echo(json.dumps(answer) if as_json else f"{collection}: would fetch {shown.size(size)}")
        return
    try:
        path = found.download(
            output_dir or ".", if_exists=if_exists, progress=told_progress(progress, quiet=quiet)
        )
    except DirectoryUnusable as unusable:
        unusable.add_note("to another folder: --output DIR")
        raise
    size = path.stat().st_size
    if as_json:
        click.echo(json.dumps({"path": str(path), "size_bytes": size}))
    elif not quiet:
        click.echo(f"{shown.path(path)} ({shown.size(size)})")
        hint(f"what is in it: tar -tzf {shlex.quote(str(shown.path(path)))}")


def _without_archive(collection: str) -> EntityDoesNotExist:
    error = EntityDoesNotExist(f'The collection "{collection}" has no archive in this hub.')
    error.add_note(f"its items: {asked_alike('mlhub items', collection)}")
    commands = map(asked_alike, ("mlhub datasets", "mlhub download ID"))
    error.add_note(f"its files come with those of its dataset: {'; '.join(commands)}")
    return error
