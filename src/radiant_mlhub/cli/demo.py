"""``mlhub demo``: the main job on this machine, without an account.

A hub starts on a free loopback port with datasets made on the spot. Everything after that
is what a user's own script does with the public names of this package.
"""

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from radiant_mlhub import Dataset, MLModel, environment
from radiant_mlhub.download.report import DownloadReport
from radiant_mlhub.readable import readable_size

from ..extras import needed

if TYPE_CHECKING:
    from radiant_mlhub.hub.demo import DemoHub

OUTPUT = Path("demo-output")
"""Where the demo downloads to, in the working directory; another run replaces it."""

KENYA = [33.0, -1.0, 35.0, 1.0]
GREEN_SEASON = (date(2019, 6, 1), date(2019, 8, 31))
WANTED = {"demo_crops_source": ["image", "documentation"], "demo_crops_labels": []}


@click.command("demo")
def command() -> None:
    """See all of it on this machine, without an account.

    A hub starts here, a part of a dataset is downloaded from it, and what happened is shown. It needs
    no network: the hub and its datasets are made on the spot, and gone afterwards.

    Example: mlhub demo
    """
    with needed("demo", "A hub"):
        from ..hub.demo import demo_hub
    started = time.monotonic()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="mlhub-demo-") as folder, demo_hub(Path(folder)) as hub:
        _say(f"A hub answers at {hub.root_url}")
        # What a user's shell would hold: export MLHUB_ROOT_URL=... MLHUB_API_KEY=...
        os.environ.update({environment.ROOT_URL: hub.root_url, environment.API_KEY: hub.key})
        dataset = _look_around()
        _download_a_part(dataset)
        _download_again(dataset, hub)
        _download_a_model()
    _say(f"The hub has stopped. All of this took {time.monotonic() - started:.1f} s.")
    click.echo(f"What was downloaded stays in {OUTPUT.resolve()}")


def _look_around() -> Dataset:
    _say("Which datasets are there?")
    for dataset in Dataset.list():
        click.echo(dataset)

    _say("What is in this one, and how large is it?")
    dataset = Dataset.fetch("demo_crops")
    for collection in dataset.collections:
        click.echo(collection)
    click.echo(f"catalog: {readable_size(dataset.stac_catalog_size or 0)}")
    click.echo(f"assets:  {readable_size(dataset.estimated_dataset_size or 0)}")
    return dataset


def _download_a_part(dataset: Dataset) -> None:
    _say("Kenya only, June to August, the imagery without previews, all labels: a dry run first")
    planned = _download(dataset, dry_run=True)
    click.echo(planned)
    for name, count in planned.removed_by_filter.items():
        click.echo(f"  {name} leaves out {count} assets")

    _say("The same, for real")
    report = _download(dataset)
    click.echo(report)

    _say("What lies where, and where it came from")
    for line in _files_with_sources(report):
        click.echo(line)
    chip = next(path for path in report.paths if path.name == "image.tif")
    import rasterio

    with rasterio.open(chip) as raster:
        click.echo(f"\n{chip.name}: {raster.width} x {raster.height} pixels, bands {raster.descriptions}")
        click.echo(f"at {raster.bounds}")


def _download_again(dataset: Dataset, hub: "DemoHub") -> None:
    _say("The same call again: everything is there")
    sent_before = hub.files_sent()
    report = _download(dataset)
    click.echo(report)
    click.echo(f"files the hub had to send for it: {hub.files_sent() - sent_before}")


def _download_a_model() -> None:
    _say("And a model")
    for model in MLModel.list():
        click.echo(model)
        for key, path in model.download(OUTPUT, progress=False).items():
            click.echo(
                f"  {key}: {path.relative_to(OUTPUT.resolve())} ({readable_size(path.stat().st_size)})"
            )


def _download(dataset: Dataset, *, dry_run: bool = False) -> DownloadReport:
    return dataset.download(
        OUTPUT,
        bbox=KENYA,
        datetime=GREEN_SEASON,
        collection_filter=WANTED,
        dry_run=dry_run,
        progress=not dry_run,
    )


def _files_with_sources(report: DownloadReport) -> Iterator[str]:
    """Each file with its size and its address, as the manifest has them."""
    with closing(sqlite3.connect(report.manifest)) as manifest:
        rows = manifest.execute(
            "SELECT DISTINCT asset_save_path, asset_url FROM assets WHERE filtered = 0 ORDER BY 1"
        ).fetchall()
    for save_path, url in rows:
        size = readable_size((report.folder / save_path).stat().st_size)
        yield f"{save_path}  ({size})\n    {url}"


def _say(text: str) -> None:
    click.secho(f"\n{text}", bold=True)
