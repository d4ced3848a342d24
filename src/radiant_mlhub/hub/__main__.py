"""``python -m radiant_mlhub.hub``: the hub of the demo's datasets, until Ctrl-C."""

import tempfile
import threading
from pathlib import Path

import click

from .demo import DEMO_KEY, demo_hub

PORT = 8017


@click.command()
@click.option("--port", default=PORT, show_default=True, help="Where to listen; 0 takes any free port.")
@click.option("--key", default=DEMO_KEY, show_default=True, help="The API key it accepts.")
def serve_demo(port: int, key: str) -> None:
    """Serve the demo's generated datasets on this machine until Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="mlhub-demo-") as folder:
        try:
            _serve(Path(folder), port, key)
        except OSError as error:
            raise click.ClickException(
                f"The hub cannot start on port {port}: {error}\nhint: --port 0 takes any free port"
            ) from error


def _serve(folder: Path, port: int, key: str) -> None:
    with demo_hub(folder, port=port, key=key) as hub:
        click.echo(f"export MLHUB_ROOT_URL={hub.root_url}")
        click.echo(f"export MLHUB_API_KEY={hub.key}")
        click.echo("The hub answers. Paste these two lines into another terminal; Ctrl-C stops it.", err=True)
        click.echo(f"In a browser: {hub.origin}/", err=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)


if __name__ == "__main__":
    serve_demo()
