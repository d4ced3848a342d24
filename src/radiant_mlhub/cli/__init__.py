"""The command ``mlhub``: parse, call, print. One module a command, loaded when it is asked for."""

from importlib import import_module
from typing import Any

import click

from ..__version__ import __version__
from . import failures

# Name of a command to the module that holds it; the function there is called ``command``.
# Named here and not imported, so that ``mlhub --version`` does not wait for what it does not need.
_COMMANDS = {
    "catalog": ".catalog",
    "configure": ".configure",
    "dataset": ".dataset",
    "datasets": ".datasets",
    "demo": ".demo",
    "download": ".download",
    "hub": ".hub",
    "keys": ".keys",
    "publish": ".publish",
    "publish-model": ".publish_model",
    "serve": ".serve",
    "unpublish": ".unpublish",
    "verify": ".verify",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(_COMMANDS[cmd_name], __name__).command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong becomes words on stderr and an exit code."""
        with failures.told():
            return super().invoke(ctx)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlhub")
def mlhub() -> None:
    """CLI tool for the radiant_mlhub Python client."""
