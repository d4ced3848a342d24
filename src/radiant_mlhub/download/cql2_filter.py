"""CQL2 filters: checked before any request, then asked about one item after the other.

The library, cql2, comes with the extra ``stac`` and is imported by who asks for such a filter alone.
Source: OGC 21-065r2, Common Query Language (CQL2).
"""

import json
import re
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from ..exceptions import InvalidArgument
from ..sources.parsing import json_value
from .cql2_shape import check_cql2

# The parser of cql2 0.6 recurses without a limit, and ends the process on a stack of 512 KiB, as threads
# have it on macOS, somewhere between 100 and 500 operators.
_MOST_OPERATORS = 100
_DEEPEST_PARENTHESES = 32
_LONGEST = 64 * 1024
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"[^\"]*\"")
_OPERATOR = re.compile(r"[-+*/%^=<>]|\b(?:not|and|or|like|between|in|is|div)\b", re.IGNORECASE)

# What an item has beside its properties, as far as it can be asked about here.
MEMBERS = frozenset({"id", "collection", "geometry"})


def checked_filter(value: Any) -> dict[str, Any]:
    """A CQL2 filter as CQL2 JSON.

    Args:
        value: CQL2 text, such as ``"eo:cloud_cover" < 20``, or CQL2 JSON, as a dict or as a text.

    Raises:
        InvalidArgument: It is no CQL2, or the library for it is not installed.
    """
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = _json_of(value)
    if isinstance(value, str):
        value = _json_of_text(value)
    elif not isinstance(value, Mapping):
        raise InvalidArgument(f"filter is {value!r}; CQL2 is wanted, as a text or as a dict.")
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f"filter is {json.dumps(value)}, whatever the item; compare properties instead."
        )
    if not value:
        raise InvalidArgument("filter is empty; leave it out to keep everything.")
    check_cql2(value)
    try:
        adopted: dict[str, Any] = _library().Expr(dict(value)).to_json()
    except Exception as error:
        raise InvalidArgument(f"filter is no CQL2: {_told(error)}") from error
    return adopted


class Cql2Filter:
    """Keeps the items of which a filter is true: not those of which it cannot be said.

    A property that an item lacks, or has of another type than it is compared with, makes a
    comparison neither true nor false, as in SQL.
    """

    def __init__(self, cql2_json: Mapping[str, Any]) -> None:
        self._expression = _library().Expr(dict(cql2_json))
        names = [name for name, _ in properties_named(cql2_json)]
        self._asks_for_geometry = "geometry" in names
        # All properties would take twice as long to hand over.
        self._heads = {head for name in names for head in (name, name.partition(".")[0])}

    def keeps(
        self, collection_id: str, item_id: str, properties_json: str | None, geometry_json: str | None
    ) -> bool:
        """Whether the filter is true of an item."""
        properties = json_value(properties_json or "{}")
        item = {
            "type": "Feature",
            "id": item_id,
            "collection": collection_id,
            "properties": {name: properties[name] for name in self._heads if name in properties}
            if isinstance(properties, dict)
            else {},
        }
        if self._asks_for_geometry and geometry_json is not None:
            item["geometry"] = json_value(geometry_json)
        try:
            return bool(self._expression.matches(item))
        except Exception:  # noqa: BLE001 - cql2 raises plain ones where nothing can be said
            return False


def properties_named(cql2_json: Any) -> Iterator[tuple[str, bool]]:
    """The properties a filter names, without ``properties.``, and whether it asks if they are missing."""
    if isinstance(cql2_json, Mapping):
        name = cql2_json.get("property")
        if isinstance(name, str):
            yield name.removeprefix("properties."), False
            return
        is_null = cql2_json.get("op") == "isNull"
        for part in cql2_json.values():
            yield from ((one, asks_if_missing or is_null) for one, asks_if_missing in properties_named(part))
    elif isinstance(cql2_json, list | tuple):
        for part in cql2_json:
            yield from properties_named(part)


def _library() -> ModuleType:
    try:
        import cql2  # noqa: PLC0415 - of an extra
    except ModuleNotFoundError as error:
        raise InvalidArgument(
            "filter needs cql2, which is not installed: pip install 'radiant-mlhub[stac]'"
        ) from error
    return cql2


def _json_of(text: str) -> Any:
    try:
        return json_value(text)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"filter begins like CQL2 JSON, and is no JSON: {error}") from error


def _json_of_text(text: str) -> Any:
    """CQL2 text as CQL2 JSON."""
    if not text.strip():
        raise InvalidArgument("filter is empty; leave it out to keep everything.")
    cql2 = _library()
    _check_size(text)
    try:
        return cql2.parse_text(text).to_json()
    except Exception as error:
        raise InvalidArgument(f"filter {text!r} is no CQL2: {_told(error)}") from error


def _check_size(text: str) -> None:
    bare = _LITERAL.sub("''", text)
    depth = deepest = 0
    for character in bare:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    operators = sum(1 for _ in _OPERATOR.finditer(bare))
    if len(text) > _LONGEST or deepest > _DEEPEST_PARENTHESES or operators > _MOST_OPERATORS:
        raise InvalidArgument(
            f"filter is too large: at most {_MOST_OPERATORS} operators, {_DEEPEST_PARENTHESES} parentheses "
            f"inside each other and {_LONGEST:,} characters. Many ids go into ids, many values into one in."
        )


def _told(error: Exception) -> str:
    """Where the parser stopped and what it expected, in one line."""
    lines = [line.strip(" |-=>^") for line in str(error).splitlines()]
    said = next((line for line in reversed(lines) if line), "it cannot be read")
    place = re.search(r"--> \d+:(\d+)", str(error))
    return (f"at character {place[1]}: " if place else "") + said[:200]
