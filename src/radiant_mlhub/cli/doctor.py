"""``mlhub doctor``: what keeps mlhub from working here, line by line."""

import json
from dataclasses import asdict

import click

from ..checkup import findings
from .asking import as_json_option, hub_options
from .failures import FAILED
from .tables import print_after
from .words import hint

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}
_STATE_WIDTH, _NAME_WIDTH = 7, 13


@click.command("doctor")
@as_json_option("Print each finding as a JSON object on a line of its own.")
@hub_options
def command(as_json: bool, api_key: str | None, profile: str | None) -> None:
    """Look for what keeps mlhub from working here.

    What is installed, disk and file system of the working directory, which key would be used and from
    where, which hub answers and how fast, proxy, certificates and clock.

    Exit codes: 0 nothing keeps it from working, 1 something does.

    Example: mlhub doctor --profile field-work
    """
    problems = 0
    for found in findings(api_key=api_key, profile=profile):
        problems += found.state == "problem"
        if as_json:
            click.echo(json.dumps(asdict(found)))
            continue
        state = click.style(f"{found.state:<{_STATE_WIDTH}}", fg=_COLOURS[found.state])
        print_after(f"{state}  {found.name:<{_NAME_WIDTH}}  ", found.text)
        if found.hint:
            hint(found.hint)
    if problems:
        raise click.exceptions.Exit(FAILED)
