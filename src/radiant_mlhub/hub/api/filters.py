"""CQL2 filters as requests carry them: text or JSON."""

import re
from collections.abc import Mapping
from typing import Any

import cql2
import msgspec

from ..queries import BadQuery

LANGUAGES = ("cql2-text", "cql2-json")
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"

_LONGEST = 64 * 1024
# The parser of cql2 0.6 recurses in Rust without a limit: 3,000 nested parentheses, "not" or
# "=" end the whole process with SIGSEGV. On a stack of 512 KiB (the main thread has 8 MiB)
# 100 of the operators pass and 500 do not. They are counted inside literals, too: what is a
# literal is for the parser to say.
_DEEPEST_PARENTHESES = 32
_MOST_OPERATORS = 100
_DEEPEST = 64
"""Levels of JSON; the store takes half as many."""
_OPERATOR = re.compile(r"[-+*/%^=<>]|\b(?:not|like|between|in|is|div)\b", re.IGNORECASE)


def filter_of_text(text: str, language: str | None) -> Mapping[str, Any]:
    """The filter of a query string, as CQL2 JSON.

    Raises:
        BadQuery: It is not CQL2, or larger than a filter needs to be.
    """
    check_language(language)
    if language == "cql2-json":
        return filter_of_json(json_of_text(text, "filter is not JSON, though filter-lang says so."))
    _check_size(text)
    try:
        parsed: Any = cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, ValueError) as error:
        raise BadQuery(f"filter is not CQL2 text: {_first_line(error)}") from error
    return filter_of_json(parsed)


def filter_of_json(value: Any) -> Mapping[str, Any]:
    """The filter of a request's body.

    Its operators and properties are the store's to judge.

    Raises:
        BadQuery: It is no JSON object.
    """
    if not isinstance(value, dict):
        raise BadQuery('filter must be a CQL2 expression, such as {"op": "=", "args": [...]}.')
    filter_asked: Mapping[str, Any] = _as_adopted(value, _DEEPEST)
    return filter_asked


def _as_adopted(node: Any, levels: int) -> Any:
    """``node`` with each ``between`` as the standard has it: drafts had its bounds in a list of their own.

    Clients and stac-api-validator still write them so. What is deeper than a filter may be is left
    as it is: the store refuses it.
    """
    if levels == 0:
        return node
    if isinstance(node, list):
        return [_as_adopted(part, levels - 1) for part in node]
    if not isinstance(node, dict):
        return node
    adopted = {name: _as_adopted(member, levels - 1) for name, member in node.items()}
    match adopted:
        case {"op": "between", "args": [value, [lower, upper]]}:
            adopted["args"] = [value, lower, upper]
    return adopted


def check_crs(crs: str | None) -> None:
    """Raise BadQuery for a coordinate system other than longitude and latitude of WGS 84."""
    if crs not in (None, CRS84):
        raise BadQuery(f"filter-crs must be {CRS84}.")


def check_language(language: str | None) -> None:
    """Raise BadQuery for a language of filters other than those of CQL2."""
    if language not in (None, *LANGUAGES):
        raise BadQuery(f"filter-lang must be one of {', '.join(LANGUAGES)}.")


def json_of_text(text: str, refusal: str) -> Any:
    """The JSON in a query string; BadQuery with the text ``refusal`` where it is none."""
    try:
        return msgspec.json.decode(text.encode("utf-8"))
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadQuery(refusal) from error


def _check_size(text: str) -> None:
    depth = deepest = 0
    for character in text[:_LONGEST]:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if len(text) > _LONGEST or deepest > _DEEPEST_PARENTHESES or _operators(text) > _MOST_OPERATORS:
        raise BadQuery(
            f"filter is too large: at most {_MOST_OPERATORS} operators (a minus sign is one), "
            f"{_DEEPEST_PARENTHESES} parentheses inside each other and {_LONGEST:,} characters. "
            "Larger ones can be sent as CQL2 JSON."
        )


def _operators(text: str) -> int:
    return sum(1 for _ in _OPERATOR.finditer(text))


def _first_line(error: Exception) -> str:
    """What the parser says, without the picture it draws of the place."""
    lines = [line.strip(" |-=>^") for line in str(error).splitlines()]
    said = next((line for line in reversed(lines) if line), "it cannot be read")
    return f"{said[:200]}."
