"""``mlhub keys``: who may use a hub."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ..exceptions import EntityDoesNotExist
from ..extras import needed
from .asking import as_json_option
from .hub_options import hub_option, of_the_hub
from .tables import print_table
from .words import hint, say


@click.group("keys")
def command() -> None:
    """Make, list and revoke the API keys of a hub.

    Example: mlhub keys create "Amina, training cluster"
    """


@command.command("create")
@click.argument("name")
@as_json_option("Print key, id and name as one JSON object.")
@hub_option
def create(name: str, as_json: bool, hub: Path | None) -> None:
    """Make a key for NAME, a person or a machine, and print it.

    It is printed this once: the hub keeps only a digest of it.

    Example: mlhub keys create "Amina, training cluster"
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.serving.keys import make_key
        from ..hub.sqlite_store import existing_store
    folder = hub_folder(hub).path
    store = existing_store(folder)
    try:
        stored, key = make_key(store, name)
    finally:
        store.close()
    if as_json:
        click.echo(json.dumps({"key": key, "key_id": stored.key_id, "name": name}))
        return
    click.echo(key)
    say(f'This is the key of "{name}" for the hub in {folder}. It is not shown again.')
    hint(f"to make it invalid: {of_the_hub('mlhub keys revoke', hub, stored.key_id)}")


@command.command("list")
@as_json_option("Print each key as a JSON object on a line of its own.")
@hub_option
def list_keys(as_json: bool, hub: Path | None) -> None:
    """List the keys ever made, without the keys themselves.

    Example: mlhub keys list
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.sqlite_store import open_store
    store = open_store(hub_folder(hub).path, read_only=True)
    try:
        keys = [_shown(asdict(key)) for key in store.keys()]  # noqa: SIM118  (no dict)
    finally:
        store.close()
    if as_json:
        for key in keys:
            click.echo(json.dumps(key))
        return
    rows = [(key["key_id"], key["created"], _state(key["revoked"]), key["name"]) for key in keys]
    print_table(("id", "made", "state", "name"), rows, prose=("name",))
    if not keys:
        say("The hub has no keys.")
        hint(f"make one: {of_the_hub('mlhub keys create NAME', hub)}")


def _state(revoked: str | None) -> str:
    return f"revoked {revoked}" if revoked else "valid"


@command.command("revoke")
@click.argument("key_id")
@hub_option
def revoke(key_id: str, hub: Path | None) -> None:
    """Make the key with this id invalid, from the next request on.

    The id is what `mlhub keys list` shows; it is not the key.

    Example: mlhub keys revoke 3f0c2d1b
    """
    with needed("serve", "A hub"):
        from ..hub.folder import hub_folder
        from ..hub.serving.keys import revoke_key
        from ..hub.sqlite_store import existing_store
    folder = hub_folder(hub).path
    store = existing_store(folder)
    try:
        is_revoked = revoke_key(store, key_id)
    finally:
        store.close()
    if not is_revoked:
        error = EntityDoesNotExist(f"No valid key of the hub in {folder} has the id given.")
        error.add_note(f"which ids there are: {of_the_hub('mlhub keys list', hub)}")
        raise error
    say(f"The key {key_id} is not valid any more.")


def _shown(key: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in key.items() if name != "digest"}
