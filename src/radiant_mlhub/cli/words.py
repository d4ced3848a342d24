"""Words on stderr: errors, and hints with the next command."""

import click


def say(text: str) -> None:
    """Say something that is no data."""
    click.echo(text, err=True)


def error(text: str) -> None:
    """Say what went wrong."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {text}", err=True)


def hint(text: str) -> None:
    """Say what somebody may want to do next."""
    click.echo(f"{click.style('hint:', fg='cyan', bold=True)} {text}", err=True)


def counted(count: int, noun: str) -> str:
    """``1 dataset``, ``2,000 datasets``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
