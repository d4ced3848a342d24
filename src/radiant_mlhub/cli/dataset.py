"""``mlhub dataset``: what one dataset is, and what it would take to download it."""

import json
from collections.abc import Iterator

import click

from ..models import Dataset
from . import shown
from .asking import as_json_option, asked_alike, hub_options
from .ids import DATASET, fetched_dataset
from .tables import print_details
from .words import hint


@click.command("dataset")
@click.argument("dataset", metavar="ID|DOI", type=DATASET)
@as_json_option("Print what the hub says, and the sizes, as one JSON object.")
@hub_options
def command(dataset: str, as_json: bool, api_key: str | None, profile: str | None) -> None:
    """Show a dataset: collections, sizes, citation.

    Example: mlhub dataset nasa_marine_debris
    """
    found = fetched_dataset(dataset, api_key=api_key, profile=profile)
    if as_json:
        sizes = {name: getattr(found, name) for name in ("stac_catalog_size", "estimated_dataset_size")}
        click.echo(json.dumps({**found.to_dict(), **sizes}))
        return
    print_details(_rows(found))
    hint(f"what a download would bring: {asked_alike('mlhub download', found.id, '--dry-run')}")


def _rows(dataset: Dataset) -> Iterator[tuple[str, str]]:
    yield "id", dataset.id
    if dataset.title:
        yield "title", dataset.title
    for one in dataset.collection_descriptions:
        types = ", ".join(map(str, one.get("types") or ["of no type"]))
        yield "collection", f"{one.get('id')} ({types})"
    if dataset.tags:
        yield "tags", ", ".join(map(str, dataset.tags))
    for name, size in (("catalog", dataset.stac_catalog_size), ("assets", dataset.estimated_dataset_size)):
        yield name, "size unknown" if size is None else shown.size(size)
    told = {"DOI": dataset.doi, "citation": dataset.citation, "page": dataset.registry_url}
    for name, value in told.items():
        if value:
            yield name, value
    if dataset.description:
        yield "about", dataset.description
