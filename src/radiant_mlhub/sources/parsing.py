"""STAC objects parsed, as far as they can be."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from .source import SourceObject


def parsed(unread: SourceObject) -> SourceObject:
    """The object with its JSON parsed, or with the reason why it cannot be."""
    if unread.text is None:
        return unread
    try:
        body = json_value(unread.text)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return SourceObject(unread.place, error=f"no JSON that can be read ({reason})")
    if not isinstance(body, dict):
        return SourceObject(unread.place)
    return SourceObject(unread.place, body, base_href=unread.base_href or _self_href(body))


def json_value(text: bytes | str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: It is none.
        RecursionError: It is nested too deeply.
    """
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # The standard library also takes what some catalogs were written with: NaN and a BOM.
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)


def _self_href(body: Mapping[str, Any]) -> str | None:
    links = body.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self" and isinstance(link.get("href"), str):
            return link["href"] if urlsplit(link["href"]).scheme in ("http", "https") else None
    return None
