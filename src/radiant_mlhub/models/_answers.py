"""From what a hub answered to objects; an answer that is none does not sink the others."""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pystac

from ..exceptions import UnexpectedAnswer

T = TypeVar("T")

# What pystac and our constructors raise for JSON that is of another shape than expected.
_BROKEN = (AttributeError, KeyError, TypeError, ValueError, pystac.STACError, pystac.STACTypeError)


def made(make: Callable[[dict[str, Any]], T], answer: dict[str, Any], what: str) -> T:
    """The object of one answer.

    Args:
        make: From JSON to the object.
        answer: What the hub sent.
        what: Names it in the error: 'Collection "a"'.

    Raises:
        UnexpectedAnswer: It describes no such object.
    """
    try:
        return make(answer)
    except _BROKEN as broken:
        raise UnexpectedAnswer(
            f"{what}: the hub's answer cannot be read ({type(broken).__name__}: {broken}). "
            "This is for the hub's operator to repair."
        ) from broken


def made_of_each(
    make: Callable[[dict[str, Any]], T], answers: Iterable[dict[str, Any]], what: str
) -> list[T]:
    """The objects of a list of answers; a warning names each that is left out as broken."""
    objects = []
    for number, answer in enumerate(answers):
        name = answer.get("id") if isinstance(answer, dict) else None
        try:
            objects.append(made(make, answer, f'{what} "{name}"' if name else f"{what} number {number}"))
        except UnexpectedAnswer as broken:
            warnings.warn(f"Left out of the list: {broken}", stacklevel=3)
    return objects
