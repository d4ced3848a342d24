"""The command ``mlhub``: parse, call, print. One module a command, loaded when it is asked for."""

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from .. import environment
from ..__version__ import __version__
from .commands import COMMANDS, SECTIONS
from .words import error, forget, hint, say

USAGE, INTERRUPTED = 2, 130  # as in failures.py, which is loaded when a command runs


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name].module, __name__).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by what they are for, from the table alone."""
        longest = max(map(len, COMMANDS))
        for section, commands in SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(
                    [(f"{name:<{longest}}", listed.words) for name, listed in commands.items()]
                )

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Names of commands, from the table alone."""
        from click.shell_completion import CompletionItem

        named = [
            CompletionItem(name, help=listed.words)
            for name, listed in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return named + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what goes wrong becomes words on stderr and an exit code."""
        from . import failures

        with failures.told():
            return super().invoke(ctx)

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run and leave with an exit code. What was typed wrongly is told as all other errors are."""
        _print_what_the_terminal_cannot()
        extra["standalone_mode"] = False
        extra.setdefault("color", False if environment.no_color() else None)
        try:
            code = super().main(args, prog_name, **extra)
        except click.exceptions.NoArgsIsHelpError as bare:
            say(bare.format_message())
            code = USAGE
        except click.ClickException as mistake:
            _say(mistake)
            code = mistake.exit_code
        except click.Abort as abort:
            is_interrupted = isinstance(abort.__cause__, KeyboardInterrupt)
            say("Interrupted." if is_interrupted else "Aborted!")
            code = INTERRUPTED if is_interrupted else 1
        except OSError as refused:
            if not _is_of_the_output(refused):
                raise
            forget(sys.stdout)
            error(f"The output could not be written: {refused.strerror}")
            code = 1
        sys.exit(code if isinstance(code, int) else 0)


def _say(mistake: click.ClickException) -> None:
    """Tell what was typed wrongly, and what may have been meant."""
    error(mistake.format_message())
    for note in getattr(mistake, "__notes__", ()):
        hint(note)
    context = getattr(mistake, "ctx", None)
    if context is None:
        return
    if isinstance(mistake, click.exceptions.NoSuchCommand) and isinstance(context.command, click.Group):
        from difflib import get_close_matches

        for near in get_close_matches(mistake.command_name, context.command.list_commands(context), n=1):
            hint(f"Did you mean {context.command_path} {near}?")
    hint(f"how it is used: {context.command_path} --help")


def _is_of_the_output(refused: OSError) -> bool:
    """Whether it is an answer's own writing that was refused: ``click.echo`` raised it, and nothing below."""
    raised_by = refused.__traceback__
    while raised_by is not None and raised_by.tb_next is not None:
        raised_by = raised_by.tb_next
    return raised_by is not None and raised_by.tb_frame.f_code is click.echo.__code__


def _print_what_the_terminal_cannot() -> None:
    """A title in letters that the terminal's encoding lacks is shown by their numbers."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mlhub")
def mlhub() -> None:
    """CLI tool for the radiant_mlhub Python client.

    Find geospatial machine-learning datasets, and bring exactly the part you need to disk.

    Example: mlhub datasets --text "crop type"

    Answers go to stdout, words about them to stderr; --json makes an answer one for a script.
    Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 credentials, 5 network, 6 integrity,
    7 partly done, 130 interrupted.
    """
