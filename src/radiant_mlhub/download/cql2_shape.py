"""Whether JSON is a CQL2 filter: known operators with as many arguments as they take, times and places.

The library has a check of its own, ``Expr.validate``: in cql2 0.6 it takes 82 MiB for its JSON schema,
which stay taken, and lets operators pass that there are none of.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from ..exceptions import InvalidArgument
from .intervals import interval
from .nearest import instead
from .places import NoPlace, checked_box, checked_geometry

_DEEPEST = 32
_COUNTS = {"not": 1, "isNull": 1, "casei": 1, "accenti": 1, "between": 3}
_TEXT_FUNCTIONS = {"casei", "accenti"}
_ARITHMETIC = {"+", "-", "*", "/", "%", "^", "div"}
_PREDICATES = {
    *("and", "or", "not", "=", "<>", "<", ">", "<=", ">=", "between", "in", "like", "isNull"),
    *("s_intersects", "s_disjoint", "s_within", "s_contains", "s_touches", "s_crosses", "s_overlaps"),
    *("s_equals", "a_equals", "a_contains", "a_containedBy", "a_overlaps"),
    *("t_after", "t_before", "t_contains", "t_disjoint", "t_during", "t_equals", "t_finishedBy"),
    *("t_finishes", "t_intersects", "t_meets", "t_metBy", "t_overlappedBy", "t_overlaps"),
    *("t_startedBy", "t_starts"),
}
_OPERATORS = _PREDICATES | _TEXT_FUNCTIONS | _ARITHMETIC


def check_cql2(cql2_json: Mapping[str, Any]) -> None:
    """Refuse what is no CQL2 filter, or nested without end.

    Raises:
        InvalidArgument: It says what is wrong with which part.
    """
    if cql2_json.get("op") in _OPERATORS - _PREDICATES or "op" not in cql2_json:
        raise InvalidArgument(f"filter is {_shown(cql2_json)}, which is no comparison of anything.")
    level: list[Any] = [cql2_json]
    for _ in range(_DEEPEST):
        level = [part for node in level for part in _checked_parts(node)]
        if not level:
            return
    raise InvalidArgument(f"filter is nested deeper than {_DEEPEST} levels.")


def _checked_parts(node: Any) -> Iterator[Any]:
    """What is inside of a node that is as it should be."""
    if isinstance(node, list | tuple):
        yield from node
    elif isinstance(node, Mapping):
        if "op" in node:
            yield from _checked_arguments(node)
        else:
            _check_leaf(node)
    elif node is not None and not isinstance(node, str | bool | int | float):
        raise InvalidArgument(f"filter has {node!r}, which JSON does not know.")


def _checked_arguments(node: Mapping[str, Any]) -> list[Any]:
    name, arguments = node["op"], node.get("args")
    if name not in _OPERATORS:
        raise InvalidArgument(f'filter has the operator "{name}". {instead(str(name), _OPERATORS)}')
    if not isinstance(arguments, list | tuple):
        raise InvalidArgument(f'filter has "{name}" without a list "args".')
    wanted = _COUNTS.get(name, 2)
    takes_more = name in ("and", "or")
    if len(arguments) != wanted and not (takes_more and len(arguments) > wanted):
        least = "at least " if takes_more else ""
        raise InvalidArgument(f'filter has "{name}" of {len(arguments)} arguments; it takes {least}{wanted}.')
    if name in ("and", "or", "not"):
        for part in arguments:
            _check_is_true_or_false(name, part)
    elif name == "in" and not (isinstance(arguments[1], list | tuple) and arguments[1]):
        raise InvalidArgument('filter has "in" without a list of values.')
    elif name == "like" and not _is_text(arguments[1]):
        raise InvalidArgument(f'filter has "like" {_shown(arguments[1])}; a text is wanted.')
    return list(arguments)


def _check_is_true_or_false(name: str, part: Any) -> None:
    is_predicate = isinstance(part, Mapping) and (part.get("op") not in _OPERATORS - _PREDICATES)
    if not isinstance(part, bool) and not is_predicate:
        raise InvalidArgument(f'filter has "{name}" of {_shown(part)}, which is neither true nor false.')


def _is_text(node: Any) -> bool:
    if isinstance(node, Mapping) and node.get("op") in _TEXT_FUNCTIONS:
        return True
    return isinstance(node, str)


def _check_leaf(node: Mapping[str, Any]) -> None:
    """Check a property, a time or a place."""
    match node:
        case {"property": str()}:
            return
        case {"timestamp": time} | {"date": time}:
            _check_time(time)
        case {"interval": [start, end]}:
            for time in (start, end):
                if time != ".." and not isinstance(time, Mapping):
                    _check_time(time)
        case {"bbox": _} | {"type": _}:
            _check_place(node)
        case _:
            raise InvalidArgument(f"filter has {_shown(node)}, which CQL2 does not know.")


def _check_time(value: Any) -> None:
    try:
        interval(value)
    except InvalidArgument as error:
        raise InvalidArgument(f"filter has the time {value!r}, which is none.") from error


def _check_place(node: Mapping[str, Any]) -> None:
    try:
        if "bbox" in node:
            checked_box(node["bbox"])
        elif checked_geometry(node):
            from .shapes import valid_shape  # noqa: PLC0415 - only who asks for a place pays for shapely

            valid_shape(node)
    except NoPlace as error:
        raise InvalidArgument(f"filter has a place that {error}.") from error


def _shown(node: Any) -> str:
    text = str(node)
    return text if len(text) <= 100 else f"{text[:100]}..."  # noqa: PLR2004 - of one line
