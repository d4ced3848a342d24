"""Options that several commands share, by the same names everywhere."""

import contextlib
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from .. import environment
from ..addresses import checked_root_url
from ..command_lines import command_line
from ..exceptions import MLHubException
from ..if_exists import DownloadIfExistsOpts
from ..masking import masked

Decorated = Callable[..., Any]
Decorator = Callable[[Decorated], Decorated]

_ROOT_URL = f"{__name__}.root_url"
"""Where a command's context keeps its ``--root-url``."""


class _ProfileName(click.types.StringParamType):
    """The name of a profile, completed by those there are."""

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The names that begin with ``incomplete``; none where the file cannot be read."""
        from ..profiles import profiles_file, read_profiles

        with contextlib.suppress(MLHubException):
            return [
                CompletionItem(name) for name in read_profiles(profiles_file()) if name.startswith(incomplete)
            ]
        return []


PROFILE = _ProfileName()


def hub_options(function: Decorated) -> Decorated:
    """``--api-key``, ``--profile`` and ``--root-url``: who asks, and which hub."""
    for option in (
        click.option(
            "--root-url",
            metavar="URL",
            help="The hub that is asked, whatever the profile says.",
            expose_value=False,
            is_eager=True,
            callback=_ask_hub,
        ),
        click.option(
            "--profile", metavar="NAME", type=PROFILE, help="The profile whose key and hub are used."
        ),
        click.option("--api-key", metavar="KEY", help="The key to show to the hub."),
    ):
        function = option(function)
    return function


def asked_alike(command: str, named: str | Path | None = None, *options: str) -> str:
    """A ``command_line`` to type next, which asks the same hub by the same profile; it shows no key."""
    context = click.get_current_context()
    told = {"--profile": context.params.get("profile"), "--root-url": context.meta.get(_ROOT_URL)}
    alike = (f"{option} {shlex.quote(masked(text))}" for option, text in told.items() if text)
    return command_line(command, named, *options, *alike)


def as_json_option(words: str) -> Decorator:
    """``--json``, described by ``words``; the function gets it as ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help=words)


def quiet_option(words: str) -> Decorator:
    """``--quiet``, described by ``words``."""
    return click.option("--quiet", is_flag=True, help=words)


def output_option(words: str) -> Decorator:
    """``--output``, described by ``words``; the function gets it as ``output_dir``."""
    return click.option("-o", "--output", "output_dir", metavar="DIR", help=words)


def if_exists_option(function: Decorated) -> Decorated:
    """``--if-exists``: what to do about files that are there."""
    option = click.option(
        "--if-exists",
        type=click.Choice([option.value for option in DownloadIfExistsOpts]),
        default=DownloadIfExistsOpts.resume.value,
        show_default=True,
        help="What to do about files that are there.",
    )
    return option(function)


def _ask_hub(ctx: click.Context, _: click.Parameter, root_url: str | None) -> None:
    if root_url:
        # Here, since the error would name the variable otherwise.
        checked_root_url(root_url, "--root-url")
        ctx.with_resource(environment.asking_hub(root_url))
        ctx.meta[_ROOT_URL] = root_url
