"""CQL2 filters as SQL. What SQL cannot say exactly is asked of the cql2 library, item by item.

A comparison with a property that is missing or of another type is neither true nor false, and so is its
opposite: CQL2 has SQL's logic of three values.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cql2 import Expr

from ..queries import BadQuery
from .cql2_values import Unknown, compared, kind_of, literal
from .functions import CQL2, RELATION, RELATIONS, Functions
from .places import geometry_of
from .statements import GEOMETRY, TEXT, Condition, all_of, any_of

_MAX_DEPTH = 32
_MAX_NODES = 2000
_LONGEST_NAME = 40
_LONGEST_PATTERN = 1000
_FUNCTIONS = {"casei", "accenti", "+", "-", "*", "/", "%", "^", "div"}
_TEMPORAL = (
    {f"t_{name}" for name in ("after", "before", "contains", "disjoint", "during", "equals")}
    | {f"t_{name}" for name in ("finishedBy", "finishes", "intersects", "meets", "metBy", "overlappedBy")}
    | {f"t_{name}" for name in ("overlaps", "startedBy", "starts")}
)
_ARRAYS = {f"a_{name}" for name in ("equals", "contains", "containedBy", "overlaps")}
_COMPARISONS = {"=", "<>", "<", ">", "<=", ">="}
_OTHERS = {"and", "or", "not", "between", "in", "like", "isNull"}
_OPERATORS = _FUNCTIONS | _TEMPORAL | _ARRAYS | _COMPARISONS | _OTHERS | RELATIONS
_TURNED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def condition_of(cql2: Mapping[str, Any], functions: Functions) -> Condition:
    """The filter as a condition on ``i``, ``c`` and ``t``.

    Raises:
        BadQuery: It is no CQL2, or too large.
    """
    _check(cql2)
    return _Translator(functions).condition(cql2)


class _Translator:
    def __init__(self, functions: Functions) -> None:
        self._functions = functions
        self._ways: dict[str, Callable[[str, Sequence[Any]], Condition]] = {
            "and": lambda _, parts: all_of([self.condition(part).in_brackets() for part in parts]),
            "or": lambda _, parts: any_of([self.condition(part).in_brackets() for part in parts]),
            "not": self._not,
            "between": self._between,
            "in": self._in,
            "like": self._like,
            "isNull": self._is_null,
            **dict.fromkeys(_COMPARISONS, self._comparison),
            **dict.fromkeys(RELATIONS, self._relation),
        }

    def condition(self, node: Any) -> Condition:
        if node is True or node is False:
            return Condition("TRUE" if node else "FALSE")
        if not isinstance(node, Mapping) or not isinstance(node.get("args"), list):
            raise BadQuery('The filter is no CQL2: an expression is {"op": ..., "args": [...]}.')
        name = node.get("op")
        if name in self._ways:
            try:
                return self._ways[name](name, node["args"])
            except Unknown:
                pass
        return self._asked(node)

    def _asked(self, node: Mapping[str, Any]) -> Condition:
        """A question to the cql2 library."""
        try:
            expression = Expr(dict(node))
        except Exception as error:  # cql2 raises plain ones
            raise BadQuery(f"The filter is no CQL2 ({error}).") from error
        try:
            expression.matches({})
        except ValueError as error:
            raise BadQuery(f"The filter is no CQL2 ({error}).") from error
        except Exception:  # noqa: BLE001, S110 - a plain one only says that an empty item has no such property
            pass
        return Condition(f"{CQL2}({self._functions.expression(expression)}, {TEXT})")

    def _not(self, _: str, parts: Sequence[Any]) -> Condition:
        (part,) = _exactly(parts, 1)
        inner = self.condition(part)
        return Condition(f"NOT ({inner.sql})", inner.parameters)

    def _comparison(self, name: str, parts: Sequence[Any]) -> Condition:
        left, right = _exactly(parts, 2)
        if isinstance(right, Mapping) and "property" in right:
            left, right, name = right, left, _TURNED[name]
        value = literal(right)
        compare = compared(left, kind_of(value))
        return Condition(f"{compare.sql} {name} ?", (*compare.parameters, value))

    def _between(self, _: str, parts: Sequence[Any]) -> Condition:
        place, low, high = _exactly(parts, 3)
        return all_of([self._comparison(">=", [place, low]), self._comparison("<=", [place, high])])

    def _in(self, _: str, parts: Sequence[Any]) -> Condition:
        place, values = _exactly(parts, 2)
        if not isinstance(values, list) or not values:
            raise Unknown
        return any_of(self._comparison("=", [place, value]) for value in values)

    def _like(self, _: str, parts: Sequence[Any]) -> Condition:
        place, pattern = _exactly(parts, 2)
        if not isinstance(pattern, str) or "\\" in pattern:
            raise Unknown
        if len(pattern) > _LONGEST_PATTERN:
            raise BadQuery(f"A pattern in the filter is longer than {_LONGEST_PATTERN:,} characters.")
        compare = compared(place, "text")
        # GLOB heeds case, as CQL2 does; LIKE does not.
        names = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})
        return Condition(f"{compare.sql} GLOB ?", (*compare.parameters, literal(pattern.translate(names))))

    def _is_null(self, _: str, parts: Sequence[Any]) -> Condition:
        (place,) = _exactly(parts, 1)
        compare = compared(place, "any")
        return Condition(f"{compare.sql} IS NULL", compare.parameters)

    def _relation(self, name: str, parts: Sequence[Any]) -> Condition:
        place, geojson = _exactly(parts, 2)
        if place != {"property": "geometry"} or not isinstance(geojson, Mapping):
            raise Unknown
        number = self._functions.relation(name, geometry_of(geojson))
        return Condition(f"{RELATION}({number}, {GEOMETRY})")


def _exactly(parts: Sequence[Any], count: int) -> Sequence[Any]:
    if len(parts) != count:
        raise BadQuery(f"The filter is no CQL2: {count} arguments are wanted where there are {len(parts)}.")
    return parts


def _check(cql2: Any) -> None:
    """Refuse what is too deep, too long, or names an operator that there is none of.

    cql2 ends the process where nesting has no end, and takes an unknown operator for something not known yet.
    """
    nodes, level = 0, [cql2]
    for _ in range(_MAX_DEPTH):
        # A geometry has a limit of its own: the number of its points.
        nodes += sum(not isinstance(node, _Points) for node in level)
        if nodes > _MAX_NODES:
            raise BadQuery(f"The filter has more than {_MAX_NODES:,} parts.")
        for node in level:
            if isinstance(node, Mapping) and "op" in node and str(node["op"]) not in _OPERATORS:
                raise BadQuery(f'The operator "{str(node["op"])[:_LONGEST_NAME]}" is unknown here.')
        level = [part for node in level for part in _parts(node)]
        if not level:
            return
    raise BadQuery(f"The filter is nested deeper than {_MAX_DEPTH} levels.")


class _Points(list[Any]):
    """A part of a geometry's coordinates."""


def _parts(node: Any) -> Sequence[Any]:
    if isinstance(node, _Points):
        return [_Points(part) for part in node if isinstance(part, list | tuple)]
    if isinstance(node, Mapping):
        is_points = {name: name == "coordinates" and isinstance(part, list) for name, part in node.items()}
        return [_Points(part) if is_points[name] else part for name, part in node.items()]
    return node if isinstance(node, list | tuple) else ()
