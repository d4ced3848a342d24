"""Arguments that name collections, assets and items, and how many items are wanted: checked."""

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

from ..exceptions import InvalidArgument


def checked_collection_filter(value: Any) -> dict[str, tuple[str, ...]]:
    """``value`` as collection ids with their asset keys.

    Raises:
        InvalidArgument: It is no dict, empty, or names something that is no text.
    """
    if not isinstance(value, Mapping):
        raise InvalidArgument(
            f'collection_filter is {value!r}; it must be a dict like {{"collection_id": ["asset_key"]}}.'
        )
    if not value:
        raise InvalidArgument(
            "collection_filter is empty, which keeps nothing; leave it out to keep everything."
        )
    return {
        _collection_id(collection_id): _keys(collection_id, keys) for collection_id, keys in value.items()
    }


def _collection_id(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidArgument(f"collection_filter names the collection {value!r}; ids are texts.")
    return value


def _keys(collection_id: str, keys: Any) -> tuple[str, ...]:
    if isinstance(keys, str):
        raise InvalidArgument(
            f"collection_filter has the text {keys!r} for {collection_id!r}; a list is wanted: [{keys!r}]."
        )
    if not isinstance(keys, Iterable) or isinstance(keys, Mapping):
        raise InvalidArgument(
            f"collection_filter has {keys!r} for {collection_id!r}; a list of asset keys is wanted."
        )
    listed = tuple(keys)
    for key in listed:
        if not isinstance(key, str) or not key:
            raise InvalidArgument(
                f"collection_filter has the asset key {key!r} for {collection_id!r}; keys are texts."
            )
    return listed


def checked_texts(name: str, value: Any) -> tuple[str, ...]:
    """``value`` of the argument ``name`` as texts, each once.

    Raises:
        InvalidArgument: It is no list, empty, or holds something that is no text.
    """
    if isinstance(value, str):
        raise InvalidArgument(f"{name} is the text {value!r}; a list is wanted: [{value!r}].")
    if not isinstance(value, Iterable) or isinstance(value, Mapping):
        raise InvalidArgument(f"{name} is {value!r}; a list of texts is wanted.")
    listed = tuple(dict.fromkeys(_text(name, one) for one in value))
    if not listed:
        raise InvalidArgument(f"{name} is empty, which keeps nothing; leave it out to keep everything.")
    return listed


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InvalidArgument(f"{name} has {value!r}; texts are wanted.")
    return value


def checked_max_items(value: Any) -> int:
    """``value`` as a number of items.

    Raises:
        InvalidArgument: It is no whole number from 1.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidArgument(f"max_items is {value!r}; it must be a whole number from 1, or None.")
    return value


def checked_sample(value: Any) -> float:
    """``value`` as a fraction.

    Raises:
        InvalidArgument: It is no number above 0 and up to 1.
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) <= 1:
        raise InvalidArgument(f"sample is {value!r}; it must be a fraction above 0 and up to 1: 0.01 is 1 %.")
    return float(value)


def checked_seed(value: Any, *, is_sampled: bool) -> int:
    """``value`` as the seed of a sample; 0 where it is None.

    Raises:
        InvalidArgument: It is no whole number, or there is no sample to be drawn by it.
    """
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidArgument(f"seed is {value!r}; it must be a whole number.")
    if not is_sampled:
        raise InvalidArgument(f"seed is {value!r}, and there is no sample to draw: add sample=0.01, or so.")
    return value
