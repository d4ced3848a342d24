"""Words on stderr: errors, and hints with the next command."""

import re
import shutil
import sys
import textwrap

import click

from .terminals import is_terminal

# What is there to be copied stays on one line, which a terminal then wraps by itself.
_COMMAND = re.compile(r"(?:mlhub|pip|tar|chmod) [^;]*$")
_HELD = "\0"


def say(text: str) -> None:
    """Say something that is no data."""
    click.echo(text, err=True)


def error(text: str) -> None:
    """Say what went wrong."""
    _labelled("Error:", "red", text)


def hint(text: str) -> None:
    """Say what somebody may want to do next."""
    _labelled("hint:", "cyan", text)


def counted(count: int, noun: str) -> str:
    """``1 dataset``, ``2,000 datasets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _labelled(label: str, colour: str, text: str) -> None:
    if is_terminal(sys.stderr):
        text = _wrapped(text, len(label) + 1)
    click.echo(f"{click.style(label, fg=colour, bold=True)} {text}", err=True)


def _wrapped(text: str, indent: int) -> str:
    """``text`` in lines of the terminal's width, broken between words."""
    held = _COMMAND.sub(lambda command: command[0].replace(" ", _HELD), text)
    lines = textwrap.wrap(
        held,
        max(shutil.get_terminal_size().columns, 2 * indent),
        initial_indent=" " * indent,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).lstrip(" ").replace(_HELD, " ")
