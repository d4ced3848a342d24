"""Fetching a dataset's collections, several at once; one that fails does not sink the rest."""

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..exceptions import EntityDoesNotExist, MLHubException, UnexpectedAnswer
from ..transfer.calls import Calls
from ._collection_list import CollectionType, _CollectionList, _CollectionWithType
from .collection import Collection

# The API answers small bodies; more at once than this gained nothing and is hard on a hub.
_AT_ONCE = 8


def fetched_collections(
    dataset_id: str, descriptions: Sequence[Mapping[str, Any]], session_kwargs: Mapping[str, str]
) -> _CollectionList:
    """The collections a dataset describes, in its order.

    What cannot be fetched is named in a warning and kept under ``.missing``; a type that is
    not known is named in a warning, and its collection is in the main list alone.

    Args:
        dataset_id: Names the dataset in warnings.
        descriptions: ``{"id": ..., "types": [...]}`` for each collection.
        session_kwargs: Key or profile for the requests.

    Raises:
        MLHubException: Not one could be fetched; the error of the first.
    """
    answers = _answers(descriptions, session_kwargs)
    found, missing = [], {}
    for number, (description, answer) in enumerate(zip(descriptions, answers, strict=True)):
        if isinstance(answer, Collection):
            found.append(_CollectionWithType(answer, _types(dataset_id, description)))
        else:
            missing[str(description.get("id") or f"number {number}")] = answer
    if missing and not found:
        raise next(iter(missing.values()))
    for collection_id, error in missing.items():
        _warn(f'Collection "{collection_id}" of dataset "{dataset_id}" is left out: {error}')
    return _CollectionList(found, missing)


def is_settled(collections: _CollectionList) -> bool:
    """Whether asking again would find the same: nothing is missing for a passing reason."""
    return all(isinstance(e, EntityDoesNotExist | UnexpectedAnswer) for e in collections.missing.values())


def _answers(
    descriptions: Sequence[Mapping[str, Any]], session_kwargs: Mapping[str, str]
) -> list[Collection | MLHubException]:
    def answer(description: Mapping[str, Any]) -> Collection | MLHubException:
        try:
            return Collection.fetch(description.get("id"), **session_kwargs)  # type: ignore[arg-type]
        except MLHubException as error:
            return error

    if not descriptions:
        return []
    calls = Calls("mlhub-collections", min(_AT_ONCE, len(descriptions)))
    try:
        answers = [calls.start(partial(answer, description)) for description in descriptions]
        return [each.result() for each in answers]
    finally:
        calls.close()


def _types(dataset_id: str, description: Mapping[str, Any]) -> list[CollectionType]:
    told = description.get("types") or []
    told = [told] if isinstance(told, str) else told
    known = {member.value: member for member in CollectionType}
    unknown = [name for name in told if name not in known]
    if unknown or not told:
        fault = f"of the unknown type {', '.join(map(repr, unknown))}" if unknown else "of no type"
        _warn(
            f'Collection "{description.get("id")}" of dataset "{dataset_id}" is {fault}: it is in '
            "`collections`, but not for that in `source_imagery` or `labels`.",
            frames_between=1,
        )
    return [known[name] for name in told if name in known]


def _warn(text: str, *, frames_between: int = 0) -> None:
    # Past this function, fetched_collections and the property that called it, to the user's line.
    warnings.warn(text, stacklevel=4 + frames_between)
