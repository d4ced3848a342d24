"""The words and tags somebody looks for, as they stand in a page's address."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from ..queries import DatasetQuery
from ..store import Json

_PHRASE = re.compile(r'"([^"]+)"|(\S+)')
_MAX_WORDS = 20
_LONGEST_TEXT = 300
_PAGE = 50


@dataclass(frozen=True)
class Tag:
    """A tag to choose or to let go of.

    Attributes:
        href: The search with this tag added, or without it where it is chosen.
    """

    name: str
    datasets: int
    is_chosen: bool
    href: str


@dataclass(frozen=True)
class Search:
    """What somebody looks for: words (or ``"whole phrases"``), tags, and which page of the answer."""

    text: str
    tags: tuple[str, ...]
    page: int

    @classmethod
    def asked(cls, query: QueryParams) -> "Search":
        """The search in an address; what cannot be meant is left out."""
        page = query.get("page", "1")
        return cls(
            text=query.get("text", "").replace("\0", "")[:_LONGEST_TEXT].strip(),
            tags=tuple(dict.fromkeys(tag[:_LONGEST_TEXT] for tag in query.getlist("tags")))[:_MAX_WORDS],
            page=int(page) if re.fullmatch("[1-9][0-9]{0,5}", page) else 1,
        )

    def query(self) -> DatasetQuery:
        """The same as a question for the store."""
        phrases = [quoted or word for quoted, word in _PHRASE.findall(self.text)]
        return DatasetQuery(tags=self.tags, text=tuple(phrases[:_MAX_WORDS]))

    def shown(self, found: Sequence[Json]) -> Sequence[Json]:
        """This page's part of what was found."""
        return found[(self.page - 1) * _PAGE : self.page * _PAGE]

    def next_href(self, found: Sequence[Json]) -> str | None:
        """The address of the next page; None on the last."""
        return self._href(self.tags, self.page + 1) if len(found) > self.page * _PAGE else None

    def earlier_href(self) -> str | None:
        """The address of the page before; None on the first."""
        return self._href(self.tags, self.page - 1) if self.page > 1 else None

    def tag_choices(self, datasets: Iterable[Json], *, most: int = 40) -> list[Tag]:
        """The tags in use, the most frequent first, and those chosen before all others."""
        counts = Counter(
            tag for dataset in datasets for tag in dataset.get("tags") or () if isinstance(tag, str)
        )
        frequent = [tag for tag, _ in counts.most_common(most) if tag not in self.tags]
        return [self._choice(tag, counts[tag]) for tag in [*self.tags, *frequent]]

    def _choice(self, tag: str, datasets: int) -> Tag:
        is_chosen = tag in self.tags
        others = [other for other in self.tags if other != tag]
        return Tag(tag, datasets, is_chosen, self._href(others if is_chosen else [*others, tag]))

    def _href(self, tags: Sequence[str], page: int = 1) -> str:
        pairs = [("text", self.text)] if self.text else []
        pairs += [("tags", tag) for tag in tags]
        pairs += [("page", str(page))] if page > 1 else []
        return "/?" + urlencode(pairs) if pairs else "/"
