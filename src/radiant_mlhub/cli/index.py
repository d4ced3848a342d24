"""``mlhub index``: a catalog, read once into one file."""

import json
from pathlib import Path

import click

from .. import layout
from ..command_lines import command_line
from ..exceptions import DirectoryUnusable
from . import shown
from .asking import as_json_option, hub_options, quiet_option
from .ids import SOURCE, named_dataset
from .progress import progress_option, told_progress
from .words import hint

_ENDING = ".db"


@click.command("index")
@click.argument("source", metavar="SOURCE|ID", type=SOURCE)
@click.option("-o", "--output", metavar="FILE", help="The file, .db or .parquet; ID.db without.")
@click.option("--id", "dataset_id", metavar="ID", help="What to call the dataset of a SOURCE.")
@progress_option
@quiet_option("No bars, and no words unless something fails.")
@as_json_option("Print the file and its size as one JSON object.")
@hub_options
def command(
    source: str,
    *,
    output: str | None,
    dataset_id: str | None,
    progress: str,
    quiet: bool,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Write all items of a catalog to one file.

    A catalog of a million files is read once; mlhub search and mlhub download then answer from the
    file in milliseconds, also offline. A .db holds any number of items; a .parquet is
    stac-geoparquet, which other programs read, too.

    Example: mlhub index https://example.org/stac/catalog.json -o crops.db
    """
    dataset = named_dataset(source, dataset_id, api_key=api_key, profile=profile)
    told = told_progress(progress, quiet=quiet)
    try:
        path = dataset.index(output or layout.catalog_file(Path(), dataset.id, _ENDING), progress=told)
    except DirectoryUnusable as unusable:
        unusable.add_note("to another file: --output FILE")
        raise
    size_bytes = path.stat().st_size
    if as_json:
        click.echo(json.dumps({"file": str(path), "size_bytes": size_bytes}))
        return
    if not quiet:
        place = shown.path(path)
        click.echo(f"{place} ({shown.size(size_bytes)})")
        hint(f"look for items in it: {command_line('mlhub search', place, '--bbox W,S,E,N')}")
