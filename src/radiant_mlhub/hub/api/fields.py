"""Which members of an item are wanted (STAC API's fields extension)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..queries import BadQuery
from ..store import Json

# What remains when fields is named without a word of what: the extension's recommendation.
_DEFAULT = (
    "type",
    "stac_version",
    "id",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
)
_MOST = 100
_MOST_STEPS = 10

_Tree = dict[str, Any]


@dataclass(frozen=True)
class Fields:
    """Members by their paths: ``id``, ``properties.datetime``, ``assets.thumbnail.href``.

    Attributes:
        include: What comes; None for everything, nothing for the usual members.
        exclude: What does not, unless ``include`` names it too, or something below it.
    """

    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()

    @classmethod
    def of_text(cls, text: str) -> "Fields":
        """The fields of a query string: ``id,-geometry``; ``+`` may stand before what is wanted."""
        names = [name.strip() for name in text.split(",", _MOST + 1) if name.strip()]
        exclude = [name[1:].strip() for name in names if name.startswith("-")]
        include = [name.lstrip("+").strip() for name in names if not name.startswith("-")]
        return cls.of_lists(include if include or not exclude else None, exclude)

    @classmethod
    def of_lists(cls, include: Iterable[str] | None, exclude: Iterable[str]) -> "Fields":
        """The fields of a body.

        Raises:
            BadQuery: They are too many, or one is too deep.
        """
        fields = cls(None if include is None else tuple(include), tuple(exclude))
        names = [*(fields.include or ()), *fields.exclude]
        if len(names) > _MOST or any(name.count(".") >= _MOST_STEPS for name in names):
            raise BadQuery(f"fields takes at most {_MOST} names, of at most {_MOST_STEPS} steps each.")
        return fields

    def of(self, item: Json) -> Json:
        """What remains of ``item``."""
        kept = item if self._included is None else _only(item, self._included)
        kept = _without(kept, self._excluded)
        return _merged(kept, _only(item, self._back_in)) if self._back_in else kept

    # Made once for all items of a page.

    @cached_property
    def _included(self) -> _Tree | None:
        return None if self.include is None else _tree(self.include or _DEFAULT)

    @cached_property
    def _excluded(self) -> _Tree:
        return _tree(name for name in self.exclude if name not in (self.include or ()))

    @cached_property
    def _back_in(self) -> _Tree:
        """What is included below something that is excluded."""
        above = tuple(f"{name}." for name in self.exclude)
        return _tree(name for name in self.include or () if name.startswith(above))


def _tree(names: Iterable[str]) -> _Tree:
    """``a.b`` and ``a.c`` as ``{"a": {"b": {}, "c": {}}}``; an empty end means all below."""
    tree: _Tree = {}
    for name in sorted(names):
        branch, *steps = [tree, *name.split(".")]
        for step in steps[:-1]:
            if step in branch and not branch[step]:
                break  # all of it is meant already
            branch = branch.setdefault(step, {})
        else:
            branch.setdefault(steps[-1], {})
    return tree


def _only(value: Mapping[str, Any], tree: _Tree) -> Json:
    return {
        name: _only(value[name], below) if below and isinstance(value[name], dict) else value[name]
        for name, below in tree.items()
        if name in value
    }


def _without(value: Mapping[str, Any], tree: _Tree) -> Json:
    return {
        name: _without(member, tree[name]) if tree.get(name) and isinstance(member, dict) else member
        for name, member in value.items()
        if name not in tree or (tree[name] and isinstance(member, dict))
    }


def _merged(value: Json, more: Json) -> Json:
    merged = dict(value)
    for name, member in more.items():
        there = merged.get(name)
        if isinstance(there, dict) and isinstance(member, dict):
            merged[name] = _merged(there, member)
        else:
            merged[name] = member
    return merged
