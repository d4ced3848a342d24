"""Which items and assets are wanted: the same options in every command that takes them."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from ..exceptions import InvalidArgument

bbox_option = click.option(
    "--bbox", metavar="W,S,E,N", help="Only items whose box meets this one, in degrees."
)
intersects_option = click.option(
    "--intersects", metavar="FILE", help="Only items whose box meets this GeoJSON; - is stdin."
)
exact_option = click.option(
    "--exact", is_flag=True, help="Judge places by an item's geometry instead of its box."
)
datetime_option = click.option(
    "--datetime", metavar="TIME", help="Only items of this day, moment or START/END (.. is open)."
)
ids_option = click.option(
    "--ids", multiple=True, metavar="ID[,...]", help="Only items of these ids. Repeatable."
)
filter_option = click.option(
    "--filter", metavar="CQL2", help='Only items of which this is true, as "eo:cloud_cover < 20".'
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=0), default=10, show_default=True, help="How many at most; 0: all."
)


def box(text: str | None) -> list[float] | None:
    """The numbers of a ``--bbox``.

    Raises:
        InvalidArgument: They are none.
    """
    if text is None:
        return None
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise InvalidArgument(f'--bbox is "{text}": four numbers are wanted, W,S,E,N in degrees') from None


def geojson(name: str | None) -> dict[str, Any] | None:
    """The object in the file of an ``--intersects``.

    Raises:
        InvalidArgument: There is no such file, or no GeoJSON in it.
    """
    if name is None:
        return None
    place = "stdin" if name == "-" else name
    try:
        text = sys.stdin.read() if name == "-" else Path(name).expanduser().read_text(encoding="utf-8-sig")
        found = json.loads(text)
    except OSError as error:
        raise InvalidArgument(f"--intersects: {place} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidArgument(f"--intersects: {place} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidArgument(f"--intersects: {place} is no GeoJSON object")
    return found


def by_collection(wanted: tuple[str, ...]) -> dict[str, list[str]] | None:
    """``("labels", "source=B04,B08")`` as ``collection_filter``; None where nothing is wanted."""
    if not wanted:
        return None
    by_id: dict[str, list[str]] = {}
    for text in wanted:
        collection_id, _, names = text.partition("=")
        keys = [key for key in names.split(",") if key]
        known = by_id.get(collection_id)
        # Named without keys, here or elsewhere, it is wanted whole.
        by_id[collection_id] = [] if known == [] or not keys else [*(known or ()), *keys]
    return by_id


def each(wanted: tuple[str, ...]) -> list[str] | None:
    """``("B04,B08", "labels")`` as its names; None where nothing is wanted."""
    return [name.strip() for text in wanted for name in text.split(",")] if wanted else None
