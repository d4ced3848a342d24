"""What phrases are looked for in: the ids and texts of an item, as words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..exceptions import InvalidArgument
from ..sources.item_index import words_of


def words_of_item(body: Mapping[str, Any]) -> str:
    """The words of an item: its ids, and the texts among its properties (title, description, keywords...)."""
    properties = body.get("properties")
    texts = [body.get("id"), body.get("collection"), *_texts(properties)]
    return words_of(" ".join(text for text in texts if isinstance(text, str)))


def has_phrases(words: str, phrases: Sequence[str]) -> bool:
    """Whether the words of every phrase stand in ``words``, one after the other."""
    return all(f" {words_of(phrase)} " in f" {words} " for phrase in phrases)


def checked_phrases(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """One phrase or several.

    Raises:
        InvalidArgument: One has no letter and no digit.
    """
    phrases = () if text is None else (text,) if isinstance(text, str) else tuple(text)
    for phrase in phrases:
        if not isinstance(phrase, str) or not words_of(phrase):
            raise InvalidArgument(f"text is {phrase!r}; give words to look for, of letters or digits.")
    return phrases


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
