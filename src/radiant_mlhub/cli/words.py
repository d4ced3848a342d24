"""Words on stderr: errors, and hints with the next command."""

import os
import re
import shutil
import sys
import textwrap
from typing import TextIO

import click

from ..readable import visible
from .terminals import is_terminal

# What is there to be copied stays on one line, which a terminal then wraps by itself.
_COMMAND = re.compile(r"(?:mlhub|pip|tar|chmod) [^;]*$")
_HELD = "\0"


def say(text: str, *, ends_line: bool = True) -> None:
    """Say something that is no data. What a full disk refuses is said to nobody: the work goes on."""
    try:
        click.echo(text, nl=ends_line, err=True)
    except BrokenPipeError:  # whoever read it wants no more: that ends a command
        raise
    except OSError:
        forget(sys.stderr)


def forget(stream: TextIO) -> None:
    """Lead a stream that cannot be written nowhere, with what the interpreter's end still writes to it."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


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
    text = visible(text)
    if is_terminal(sys.stderr):
        text = _wrapped(text, len(label) + 1)
    say(f"{click.style(label, fg=colour, bold=True)} {text}")


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
