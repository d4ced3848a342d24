"""The pages of ``docs/reference/commands``: what each command says of itself, and how it looks."""

from __future__ import annotations

from pathlib import Path

import click
from click.testing import CliRunner

from radiant_mlhub.cli import mlhub
from radiant_mlhub.cli.commands import COMMANDS, SECTIONS
from screens.recording import Screen

PAGES = Path(__file__).parents[2] / "docs/reference/commands"
NARROW, WIDE = 80, 200

_INDEX = """\
# Commands on the screen

Each command as somebody sees it who types it, against the demo's hub, in a terminal of 80 and of 200
columns; without colours the words are the same. `make screens` writes these pages, and a test holds them
to what the commands say now. Folder, address, keys, times and speeds are replaced by made-up ones. All
options are in the [reference of the command line](../cli.md).
"""


def written_pages(narrow: dict[str, list[Screen]], wide: dict[str, list[Screen]]) -> dict[str, str]:
    """The text of each page, by its file's name."""
    # The index of the pages and the page of ``mlhub index`` are two.
    pages = {f"mlhub-{name}.md": _page(name, narrow[name], wide.get(name, [])) for name in COMMANDS}
    return {"index.md": _index(), **pages}


def _index() -> str:
    text = _INDEX
    for section, commands in SECTIONS.items():
        text += (
            f"\n```{{toctree}}\n:caption: {section}\n:maxdepth: 1\n\n"
            + "\n".join(f"mlhub-{name}" for name in commands)
            + "\n```\n"
        )
    return text


def _page(name: str, narrow: list[Screen], wide: list[Screen]) -> str:
    text = f"# mlhub {name}\n\n{COMMANDS[name].words}\n"
    text += f"\n## Help\n\n{_block(_help(name))}"
    text += f"\n## In {NARROW} columns\n\n{_block(_session(narrow))}"
    if wide and _session(wide) != _session(narrow):
        text += f"\n## In {WIDE} columns\n\n{_block(_session(wide))}"
    return text


def _help(name: str) -> str:
    command = mlhub.get_command(click.Context(mlhub), name)
    calls = [name, *(f"{name} {each}" for each in getattr(command, "commands", ()))]
    shown = [CliRunner().invoke(mlhub, [*call.split(), "--help"], prog_name="mlhub").stdout for call in calls]
    return "\n".join(f"$ mlhub {call} --help\n{text}" for call, text in zip(calls, shown, strict=True))


def _session(screens: list[Screen]) -> str:
    """The commands with what they wrote, as they stand on a screen under each other."""
    told = []
    for screen in screens:
        code = f"\n(exit code {screen.code})" if screen.code else ""
        told.append(f"$ mlhub {screen.words}\n{screen.shown}{code}")
    return "\n\n".join(told)


def _block(text: str) -> str:
    return f"```text\n{text.rstrip()}\n```\n"
