"""Options that several commands share."""

from collections.abc import Callable
from typing import Any

import click

Decorated = Callable[..., Any]


def hub_options(function: Decorated) -> Decorated:
    """``--api-key`` and ``--profile``: who asks, and which hub."""
    for option in (
        click.option("--profile", metavar="NAME", help="The profile whose key and hub are used."),
        click.option("--api-key", metavar="KEY", help="The key to show to the hub."),
    ):
        function = option(function)
    return function


def as_json_option(words: str) -> Callable[[Decorated], Decorated]:
    """``--json``, described by ``words``; the function gets it as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=words)
