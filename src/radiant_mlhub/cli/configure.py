"""``mlhub configure``: a key, and the hub it is for, into the profiles file."""

import sys

import click

from .. import environment
from ..addresses import checked_root_url
from ..masking import SHORTEST_SECRET, masked_key
from ..profiles import DEFAULT_PROFILE, Profile, check_name, profiles_file, read_profiles, write_profile
from .failures import hint


@click.command("configure")
@click.option(
    "--profile", default=DEFAULT_PROFILE, metavar="NAME", help="The name of the profile to configure."
)
@click.option("--api-key", metavar="KEY", help="The API key to use for this profile.")
@click.option("--root-url", metavar="URL", help="The address of the hub to use for this profile.")
def command(profile: str, api_key: str | None, root_url: str | None) -> None:
    """Interactively set up radiant_mlhub configuration file.

    This tool walks you through setting up a ~/.mlhub/profiles file and adding an API key. If you
    do not provide a --profile option, it will update the "default" profile. If you do not provide
    an --api-key option, you will be prompted to enter an API key by the tool, unless there is one
    already and you provide a --root-url. Without a terminal, the key is the first line of the
    standard input.

    If you need to change the location of the profiles file, set the MLHUB_HOME environment
    variable before running this command.
    """
    path = profiles_file()
    # Everything that can be wrong is found before anybody types a key.
    check_name(profile)
    if root_url is not None:
        checked_root_url(root_url, "--root-url")
    existing = read_profiles(path).get(profile, Profile(profile))
    if api_key is None and not (root_url and existing.api_key):
        # getpass would ask the terminal behind a pipe; a pipe is read as it is.
        api_key = click.prompt("API Key", hide_input=sys.stdin.isatty(), err=True)
    _ask_before_overwriting(existing.api_key, api_key)
    write_profile(Profile(profile, api_key and api_key.strip(), root_url), path)
    click.echo(f"Wrote profile to {path}")
    _say_what_goes_before(root_url or existing.root_url)


def _ask_before_overwriting(existing: str | None, new: str | None) -> None:
    if existing is not None and new is not None and existing != new.strip():
        shown = masked_key(existing) if len(existing) >= SHORTEST_SECRET else "****"
        click.confirm(f"Overwrite existing API Key ({shown})", abort=True, err=True)


def _say_what_goes_before(root_url: str | None) -> None:
    """Hints where the profile just written will not be what is used."""
    if environment.api_key():
        hint(f"{environment.API_KEY} is set and goes before every profile.")
    if environment.root_url():
        hint(f"{environment.ROOT_URL} is set and goes before every profile's root_url.")
    elif root_url is None:
        hint(
            "This profile names no hub, and the default one was switched off in October 2023. "
            "Name one: mlhub configure --root-url URL"
        )
