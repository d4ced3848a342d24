"""What the rows of an index of items hold, looked at before it is used: SQLite takes any type in any column.

A file may be damaged, or made to leave the folder of whoever downloads from it.
"""

import zlib
from collections.abc import Mapping
from typing import Any

from .. import layout
from ..exceptions import UnsafeName
from .parsing import json_value


class Damaged(Exception):
    """An index holds what no index does, though SQLite finds nothing wrong."""


def told_of(about: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The id of the dataset, and the JSON of the catalog that was indexed."""
    missing = next((name for name in ("dataset_id", "root") if not isinstance(about.get(name), str)), None)
    if missing is not None:
        raise Damaged(f'it does not tell its "{missing}"')
    return about["dataset_id"], object_in(about["root"])


def object_in(text: bytes | str) -> Mapping[str, Any]:
    """The JSON object that ``text`` is."""
    try:
        found = json_value(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(f"JSON in it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise Damaged("JSON in it is no object")
    return found


def text_in(value: object) -> str:
    """The text that ``value`` is."""
    if not isinstance(value, str):
        raise Damaged("a row holds no text where one belongs")
    return value


def text_or_none(value: object) -> str | None:
    """The text that ``value`` is, if there is one."""
    return None if value is None else text_in(value)


def place_in(value: object) -> str:
    """The place of an item in the dataset's folder, and not outside of it."""
    try:
        return layout.member_path(text_in(value))
    except UnsafeName as error:
        raise Damaged(f"a row names no place that an item can have: {value!r}") from error


def inflated(body: object) -> bytes:
    """The JSON that a row holds; raises ``zlib.error`` where it is damaged."""
    if not isinstance(body, bytes):
        raise Damaged("a row holds no JSON")
    return zlib.decompress(body)
