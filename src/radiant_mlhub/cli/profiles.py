"""``mlhub profiles``: which profiles there are, without the keys."""

import json

import click

from .. import environment
from ..masking import SHORTEST_SECRET, masked_key
from ..profiles import DEFAULT_PROFILE, profiles_file, read_profiles
from . import shown
from .asking import as_json_option
from .tables import print_table
from .words import hint, say


@click.command("profiles")
@as_json_option("Print each profile as a JSON object on a line of its own.")
def command(as_json: bool) -> None:
    """List the profiles: hubs, and the keys' last letters.

    Example: mlhub profiles
    """
    print_profiles(as_json=as_json)


def print_profiles(*, as_json: bool = False) -> None:
    """Print a line a profile; hints tell what goes before them."""
    path = profiles_file()
    found = read_profiles(path)
    used = None if environment.api_key() else environment.profile() or DEFAULT_PROFILE
    told = [
        {
            "name": profile.name,
            "root_url": profile.root_url,
            "api_key": profile.api_key and shown_key(profile.api_key),
            "is_used": profile.name == used,
        }
        for profile in found.values()
    ]
    if as_json:
        for one in told:
            click.echo(json.dumps(one))
        return
    rows = [
        (
            str(one["name"]),
            str(one["api_key"] or shown.UNKNOWN),
            str(one["root_url"] or shown.UNKNOWN),
            "used" if one["is_used"] else "",
        )
        for one in told
    ]
    print_table(("name", "key", "hub", ""), rows)
    if not rows:
        say(f"There are no profiles in {path}.")
        hint("make one: mlhub configure")
    if environment.api_key():
        hint(f"{environment.API_KEY} is set and goes before every profile.")


def shown_key(key: str) -> str:
    """A key's last 4 letters; none of a short one."""
    return masked_key(key) if len(key) >= SHORTEST_SECRET else "****"
