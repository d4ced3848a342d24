"""What commands that work on a hub's folder have in common."""

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from ..command_lines import command_line

Command = TypeVar("Command", bound=Callable[..., object])


def hub_option(command: Command) -> Command:
    """``--hub DIR``; the command gets it as ``hub``, None for the usual folder."""
    option = click.option(
        "--hub",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="The hub's folder. Default: $MLHUB_HUB, else a folder among the user's data.",
    )
    return option(command)


def of_the_hub(command: str, hub: Path | None, named: str | None = None) -> str:
    """A ``command_line`` to type next, for the hub that ``--hub`` named."""
    return command_line(command, named, *([f"--hub {shlex.quote(str(hub))}"] if hub else []))
