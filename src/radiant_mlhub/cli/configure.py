"""``mlhub configure``: a key, and the hub it is for, into the profiles file."""

import sys

import click

from .. import environment
from ..addresses import checked_root_url
from ..exceptions import APIKeyNotFound
from ..masking import masked
from ..mirrors import checked_mirrors
from ..profiles import (
    DEFAULT_PROFILE,
    Profile,
    check_name,
    configure_command,
    profiles_file,
    read_profiles,
    write_profile,
)
from .asking import PROFILE
from .profiles import print_profiles, shown_key
from .terminals import is_terminal
from .words import hint


@click.command("configure")
@click.option(
    "--profile",
    type=PROFILE,
    default=DEFAULT_PROFILE,
    metavar="NAME",
    help="The profile to configure.",
)
@click.option("--api-key", metavar="KEY", help="The API key to use for this profile.")
@click.option("--root-url", metavar="URL", help="The address of the hub to use for this profile.")
@click.option(
    "--mirror",
    "mirrors",
    multiple=True,
    metavar="OLD=NEW",
    help="Downloads of this profile ask NEW for what lies at OLD. Repeatable; replaces those it had.",
)
@click.option("--list", "wants_list", is_flag=True, help="List the profiles instead, as mlhub profiles does.")
@click.option(
    "--test", "wants_test", is_flag=True, help="Ask the hub instead whether the profile's key works."
)
def command(
    profile: str,
    api_key: str | None,
    root_url: str | None,
    *,
    mirrors: tuple[str, ...],
    wants_list: bool,
    wants_test: bool,
) -> None:
    """Interactively set up radiant_mlhub configuration file.

    This tool walks you through setting up a ~/.mlhub/profiles file and adding an API key. If you
    do not provide a --profile option, it will update the "default" profile. If you do not provide
    an --api-key option, you will be prompted to enter an API key by the tool, unless there is one
    already and you provide a --root-url, or you provide a --mirror. Without a terminal, the key is
    the first line of the standard input.

    If you need to change the location of the profiles file, set the MLHUB_HOME environment
    variable before running this command.

    Example: mlhub configure --root-url http://127.0.0.1:8000/mlhub/v1

    Example: mlhub configure --test
    """
    is_written = bool(api_key or root_url or mirrors)
    if wants_list and not (wants_test or is_written):
        print_profiles()
        return
    if wants_list or (wants_test and is_written):
        raise click.UsageError(
            "--list and --test write nothing: each goes with no other option but --profile."
        )
    if wants_test:
        _test(profile)
        return
    path = profiles_file()
    # Everything that can be wrong is found before anybody types a key.
    check_name(profile)
    if root_url is not None:
        checked_root_url(root_url, "--root-url")
    checked_mirrors(mirrors, "--mirror")
    existing = read_profiles(path).get(profile, Profile(profile))
    if api_key is None and not (mirrors or (root_url and existing.api_key)):
        # getpass would ask the terminal behind a pipe; a pipe is read as it is.
        api_key = click.prompt("API Key", hide_input=is_terminal(sys.stdin), err=True)
    _ask_before_overwriting(existing.api_key, api_key)
    write_profile(Profile(profile, api_key and api_key.strip(), root_url, mirrors or None), path)
    click.echo(f"Wrote profile to {path}")
    _say_what_goes_before(profile, root_url or existing.root_url)


def _ask_before_overwriting(existing: str | None, new: str | None) -> None:
    if existing is not None and new is not None and existing != new.strip():
        click.confirm(f"Overwrite existing API Key ({shown_key(existing)})", abort=True, err=True)


def _test(profile: str) -> None:
    """Say that the hub takes the profile's key; its refusal is an error like every other."""
    from ..credentials import of_profile
    from ..session import Session

    try:
        found = of_profile(profile)
    except APIKeyNotFound as missing:
        missing.add_note(f"store one: {configure_command(profile)}")
        raise
    session = Session.from_config(profile)
    session.get_json("datasets")
    key = shown_key(found.api_key or "")
    click.echo(f'{masked(session.root_url)} takes the key {key} of profile "{profile}"')


def _say_what_goes_before(profile: str, root_url: str | None) -> None:
    """Hints where the profile just written will not be what is used."""
    if environment.api_key():
        hint(f"{environment.API_KEY} is set and goes before every profile.")
    if environment.root_url():
        hint(f"{environment.ROOT_URL} is set and goes before every profile's root_url.")
    elif root_url is None:
        hint(
            "This profile names no hub, and the default one was switched off in October 2023. "
            f"Name one: {configure_command(profile)} --root-url URL"
        )
