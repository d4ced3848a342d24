"""What commands that work on a hub's folder have in common."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

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


@contextmanager
def needs_serve_extra(extra: str = "serve") -> Iterator[None]:
    """Say how to install what is missing where a library of the extra is; ``demo`` is ``serve`` and more."""
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("radiant_mlhub"):
            raise
        library = (error.name or "").partition(".")[0]
        missing = click.ClickException(f"A hub needs {library}, which is not installed.")
        missing.add_note(f"pip install 'radiant-mlhub[{extra}]'")
        raise missing from error
