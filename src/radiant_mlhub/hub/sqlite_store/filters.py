"""CQL2 filters: judged by the cql2 library, item by item."""

from collections.abc import Callable, Mapping
from typing import Any

from cql2 import Expr

from ..store import BadQuery, Json

Accepts = Callable[[Json], bool]

_MAX_DEPTH = 32
_MAX_NODES = 2000
_LOGIC = {"and", "or", "not"}
_COMPARISONS = {"=", "<>", "<", ">", "<=", ">=", "like", "between", "in", "isNull"}
_FUNCTIONS = {"casei", "accenti", "+", "-", "*", "/", "%", "^", "div"}
_SPATIAL = {f"s_{name}" for name in ("contains", "crosses", "disjoint", "equals", "intersects")} | {
    f"s_{name}" for name in ("overlaps", "touches", "within")
}
_TEMPORAL = (
    {f"t_{name}" for name in ("after", "before", "contains", "disjoint", "during", "equals")}
    | {f"t_{name}" for name in ("finishedBy", "finishes", "intersects", "meets", "metBy", "overlappedBy")}
    | {f"t_{name}" for name in ("overlaps", "startedBy", "starts")}
)
_ARRAYS = {f"a_{name}" for name in ("equals", "contains", "containedBy", "overlaps")}
_OPERATORS = _LOGIC | _COMPARISONS | _FUNCTIONS | _SPATIAL | _TEMPORAL | _ARRAYS


def judge(cql2: Mapping[str, Any]) -> Accepts:
    """Whether an item meets the filter. What it says about a property that is missing is not met.

    Raises:
        BadQuery: It is no CQL2, or too large.
    """
    check(cql2)
    try:
        expression = Expr(dict(cql2))
    except Exception as error:  # cql2 raises plain ones
        raise BadQuery(f"The filter is no CQL2 ({error}).") from error

    def accepts(item: Json) -> bool:
        try:
            return bool(expression.matches(item))
        except Exception:  # noqa: BLE001 - cql2 raises plain ones where a property is missing or another type
            return False

    return accepts


def check(cql2: Any) -> None:
    """Refuse what is too deep, too long, or names an operator that there is none of."""
    nodes, level = 0, [cql2]
    for _ in range(_MAX_DEPTH):
        nodes += len(level)
        if nodes > _MAX_NODES:
            raise BadQuery(f"The filter has more than {_MAX_NODES:,} parts.")
        for node in level:
            if isinstance(node, Mapping) and "op" in node and node["op"] not in _OPERATORS:
                raise BadQuery(f'The filter\'s operator "{str(node["op"])[:40]}" is unknown here.')
        level = [part for node in level for part in _parts(node)]
        if not level:
            return
    raise BadQuery(f"The filter is nested deeper than {_MAX_DEPTH} levels.")


def _parts(node: Any) -> list[Any]:
    if isinstance(node, Mapping):
        return list(node.values())
    return list(node) if isinstance(node, list | tuple) else []
