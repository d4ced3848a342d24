"""``mlhub model``: what one model is, and which files it has."""

import json
from collections.abc import Iterator

import click

from ..models import MLModel
from . import shown
from .asking import as_json_option, asked_alike, hub_options
from .ids import MODEL, fetched_model
from .tables import print_details
from .words import hint

_TOLD = {
    "title": "title",
    "description": "about",
    "license": "license",
    "ml-model:learning_approach": "learning",
    "ml-model:prediction_type": "predicts",
    "ml-model:architecture": "architecture",
    "ml-model:training-os": "trained on",
}


@click.command("model")
@click.argument("model", metavar="ID", type=MODEL)
@as_json_option("Print the model's STAC item as one JSON object.")
@hub_options
def command(model: str, as_json: bool, api_key: str | None, profile: str | None) -> None:
    """Show a model: what it is for, and its files.

    Example: mlhub model demo_crop_classifier_v1
    """
    found = fetched_model(model, api_key=api_key, profile=profile)
    if as_json:
        click.echo(json.dumps(found.to_dict()))
        return
    print_details(_rows(found))
    hint(f"its files: {asked_alike('mlhub download-model', found.id)}")


def _rows(model: MLModel) -> Iterator[tuple[str, str]]:
    yield "id", model.id
    for name, label in _TOLD.items():
        if model.properties.get(name):
            yield label, str(model.properties[name])
    yield "time", shown.time_of_item({"properties": model.properties})
    for key, asset in model.assets.items():
        sized = asset.extra_fields.get("file:size")
        size = "" if sized is None else f" ({shown.size(sized)})"
        yield "file", f"{key}{size}: {asset.title or asset.media_type or asset.href}"
