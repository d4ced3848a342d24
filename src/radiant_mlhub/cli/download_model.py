"""``mlhub download-model``: the files of a model to disk."""

import json

import click

from ..readable import visible
from . import shown
from .asking import as_json_option, hub_options, if_exists_option, output_option, quiet_option
from .ids import MODEL, fetched_model
from .progress import progress_option, told_progress


@click.command("download-model")
@click.argument("model", metavar="ID", type=MODEL)
@output_option("Where to; the working directory without.")
@if_exists_option
@click.option(
    "--max-connections",
    type=int,
    default=8,
    show_default=True,
    metavar="N",
    help="Requests at once, at most.",
)
@progress_option
@quiet_option("No bars, and no words unless something fails.")
@as_json_option("Print the path of each file, by its key, as one JSON object.")
@hub_options
def command(
    model: str,
    *,
    output_dir: str | None,
    if_exists: str,
    max_connections: int,
    progress: str,
    quiet: bool,
    as_json: bool,
    api_key: str | None,
    profile: str | None,
) -> None:
    """Bring the files of a model to disk.

    They lie in DIR/ID, each under its key. Run it again to continue what was interrupted.

    Example: mlhub download-model demo_crop_classifier_v1 -o models
    """
    found = fetched_model(model, api_key=api_key, profile=profile)
    files = found.download(
        output_dir,
        if_exists=if_exists,
        max_connections=max_connections,
        progress=told_progress(progress, quiet=quiet),
    )
    if as_json:
        click.echo(json.dumps({key: str(path) for key, path in files.items()}))
    elif not quiet:
        for key, path in files.items():
            click.echo(visible(f"{key}: {shown.path(path)} ({shown.size(path.stat().st_size)})"))
