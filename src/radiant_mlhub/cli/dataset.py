"""``mlhub dataset``: what one dataset is, and what it would take to download it."""

import json
from collections.abc import Iterator

import click

from ..download.report import readable_size
from ..models import Dataset
from .asking import as_json_option, hub_options
from .failures import hint


@click.command("dataset")
@click.argument("dataset", metavar="ID|DOI")
@as_json_option("Print what the hub says, and the sizes, as one JSON object.")
@hub_options
def command(dataset: str, as_json: bool, api_key: str | None, profile: str | None) -> None:
    """Show a dataset: its title, collections, sizes, licence and citation.

    Example: mlhub dataset nasa_marine_debris
    """
    found = Dataset.fetch(dataset, api_key=api_key, profile=profile)
    if as_json:
        sizes = {name: getattr(found, name) for name in ("stac_catalog_size", "estimated_dataset_size")}
        click.echo(json.dumps({**found.to_dict(), **sizes}))
        return
    lines = click.HelpFormatter(width=click.get_current_context().terminal_width)
    lines.write_dl(list(_rows(found)))
    click.echo(f"{found}\n{lines.getvalue()}", nl=False)
    hint(f"what a download would bring: mlhub download {found.id} --dry-run")


def _rows(dataset: Dataset) -> Iterator[tuple[str, str]]:
    for one in dataset.collection_descriptions:
        yield "collection", f"{one.get('id')} ({', '.join(map(str, one.get('types') or ['of no type']))})"
    if dataset.tags:
        yield "tags", ", ".join(map(str, dataset.tags))
    for name, size in (("catalog", dataset.stac_catalog_size), ("assets", dataset.estimated_dataset_size)):
        yield name, "size unknown" if size is None else readable_size(size)
    told = {"DOI": dataset.doi, "citation": dataset.citation, "page": dataset.registry_url}
    for name, value in told.items():
        if value:
            yield name, value
    if dataset.description:
        yield "about", " ".join(dataset.description.split())
