"""``mlhub publish-model``: a STAC item of a model becomes one of the hub's."""

from contextlib import closing
from pathlib import Path

import click

from ..exceptions import PublicationRefused
from ..extras import needed
from .hub_options import hub_option, of_the_hub
from .words import hint, say


@click.command("publish-model")
@click.argument("path", metavar="MODEL.json", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--link", "how", flag_value="link", help="Make hard links instead of copies of the files.")
@click.option("--in-place", "how", flag_value="in-place", help="Leave the files where they are.")
@click.option("--remote", "how", flag_value="remote", help="All assets stay at their addresses.")
@hub_option
def command(path: Path, how: str | None, hub: Path | None) -> None:
    """Publish a model in the hub.

    It takes the place of an earlier one of its id. MODEL.json is a STAC item with the ml-model
    extension. Files beside it come along; assets at addresses stay there.

    Example: mlhub publish-model model.json
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.publishing import publish_model
        from ..hub.sqlite_store import open_store
    folder = hub_folder(hub)
    try:
        with closing(open_store(folder.path)) as store:
            model_id = publish_model(folder, store, path, how=how or "copy")  # type: ignore[arg-type]
    except PublicationRefused as refused:
        for problem in refused.problems:
            say(problem)
        raise
    click.echo(f'The model "{model_id}" is published.')
    hint(of_the_hub("mlhub serve", hub))
