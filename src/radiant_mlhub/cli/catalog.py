"""``mlhub catalog``: a STAC catalog from a folder of chips and a folder of labels."""

import json
import shlex
from dataclasses import asdict
from pathlib import Path

import click

from ..command_lines import command_line
from ..exceptions import InvalidArgument
from ..extras import needed
from .asking import as_json_option
from .words import hint, say

_SHOWN = 10
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command("catalog")
@click.argument("images", metavar="IMAGES", type=_FOLDER)
@click.argument("labels", metavar="LABELS", type=_FOLDER)
@click.option(
    "-o", "--output", metavar="DIR", type=click.Path(path_type=Path), required=True, help="Where it goes."
)
@click.option("--id", "dataset_id", metavar="ID", required=True, help="What ids in it begin with.")
@click.option("--title", metavar="TEXT", help="The catalog's title.")
@click.option("--description", metavar="TEXT", help="What it is.")
@click.option("--license", metavar="SPDX", default="other", show_default=True, help="An SPDX identifier.")
@click.option(
    "--datetime-pattern", metavar="REGEX", help="Finds dates in names: (?P<start>...), (?P<end>...)."
)
@click.option(
    "--datetime", metavar="TIME", help="Of chips without a date: 2019-06-01 or 2019-06-01/2019-08-31."
)
@click.option(
    "--asset-pattern", metavar="REGEX", help="Its group is the asset key of files of one band each."
)
@click.option("--label", "label_names", metavar="NAME", multiple=True, help="A property that is a label.")
@click.option(
    "--class", "class_names", metavar="NAME", multiple=True, help="Name of a raster's value, in order."
)
@click.option("--task", "tasks", metavar="TASK", multiple=True, help="classification, segmentation, ...")
@click.option("--label-description", metavar="TEXT", default="Labels", help="How the labels were made.")
@click.option(
    "--documentation",
    metavar="FILE",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A document that every item points at.",
)
@click.option("--split", "splits", metavar="NAME=SHARE", multiple=True, help="train=0.8, test=0.2, ...")
@click.option("--link", "is_linked", is_flag=True, help="Make hard links instead of copies of the files.")
@as_json_option("Print what was made as one JSON object.")
def command(
    images: Path,
    labels: Path,
    output: Path,
    datetime_pattern: str | None,
    splits: tuple[str, ...],
    *,
    is_linked: bool,
    as_json: bool,
    **said: object,
) -> None:
    """Make a STAC catalog of chips and labels.

    It is written into DIR, of the GeoTIFFs in IMAGES and the labels in LABELS. Footprints come from
    the files, times from their names. A label (GeoJSON, GeoTIFF or both) and a chip belong together
    when their names are equal but for dates and for words such as image and label. Files that lie in
    DIR stay where they are, others are copied into it.

    Example: mlhub catalog chips labels -o farms --id farms_2026 --label crop --split train=0.8
    """
    with needed("serve", "A hub"):
        from ..hub.making import make_catalog
    if datetime_pattern is not None:
        said["datetime_pattern"] = datetime_pattern
    shares = dict(map(_share, splits))
    how = "link" if is_linked else "copy"
    made = make_catalog(images, labels, output, splits=shares, how=how, **said)  # type: ignore[arg-type]
    if as_json:
        click.echo(json.dumps({**asdict(made), "folder": str(made.folder)}))
        return
    click.echo(
        f"{made.folder / 'catalog.json'}: {made.images:,} chips, {made.labels:,} labels, {made.pairs:,} pairs"
    )
    _tell_alone("No chip belongs to the label", made.without_images)
    _tell_alone("No label belongs to the chip", made.without_labels)
    hint(command_line("mlhub publish", made.folder, f"--id {shlex.quote(str(said['dataset_id']))}"))


def _share(text: str) -> tuple[str, float]:
    name, _, share = text.partition("=")
    try:
        return name, float(share)
    except ValueError as error:
        raise InvalidArgument(f'"{text}" is no split: NAME=SHARE is, such as train=0.8.') from error


def _tell_alone(words: str, names: list[str]) -> None:
    for name in names[:_SHOWN]:
        say(f"{words} {name}")
    if len(names) > _SHOWN:
        say(f"... and {len(names) - _SHOWN:,} more")
