"""What a dataset's page tells, from what the store holds."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ...command_lines import command_line
from ..store import API_PATH, OWN_HREF, Json, Store
from . import words

_KINDS = {"source_imagery": "images", "labels": "labels"}


@dataclass(frozen=True)
class Part:
    """A collection of a dataset."""

    collection_id: str
    kinds: str
    items: int
    time: str
    licence: str
    href: str


@dataclass(frozen=True)
class DatasetPage:
    """A dataset, ready for its template.

    Attributes:
        dataset: As the API tells it.
        base_url: Where the hub is reached.
    """

    dataset: Json
    base_url: str
    size_bytes: int
    parts: list[Part]

    @classmethod
    def told(cls, store: Store, dataset: Json, base_url: str) -> "DatasetPage":
        """The page of a dataset."""
        parts = [_part(store, told, base_url) for told in dataset.get("collections") or ()]
        return cls(dataset, base_url, store.asset_bytes(dataset["id"]), parts)

    @property
    def title(self) -> str:
        """Its title, else its id."""
        return str(self.dataset.get("title") or self.dataset["id"])

    @property
    def items(self) -> int:
        """How many items it has."""
        return sum(part.items for part in self.parts)

    def facts(self) -> Iterator[tuple[str, Any]]:
        """Name and value (text or HTML) of what is known about it."""
        creator, doi = self.dataset.get("creator_contact") or {}, self.dataset.get("doi")
        licences = dict.fromkeys(part.licence for part in self.parts if part.licence)
        known = {
            "Identifier": self.dataset["id"],
            "DOI": words.doi(str(doi)) if doi else None,
            "Licence": words.line(", ".join(licences)),
            "Citation": words.line(self.dataset.get("citation")),
            "Creator": words.line(creator.get("creator") if isinstance(creator, Mapping) else creator),
            "Size": self._size(),
            "Added": str(self.dataset.get("date_added") or "")[:10],
        }
        yield from ((name, value) for name, value in known.items() if value)

    def links(self) -> Iterator[tuple[str, str]]:
        """Text and address of further reading."""
        documentation = self._href(self.dataset.get("documentation_link"))
        if documentation:
            yield "Documentation", documentation
        for name in ("publications", "tutorials", "tools_applications"):
            listed = self.dataset.get(name)
            for entry in listed if isinstance(listed, list) else ():
                href = self._href(entry.get("url")) if isinstance(entry, Mapping) else None
                if href:
                    yield str(entry.get("title") or href), href

    def python(self) -> str:
        """Three lines that download it."""
        return (
            f'import os; os.environ["MLHUB_ROOT_URL"] = "{self.base_url}{API_PATH}"\n'
            "from radiant_mlhub import Dataset\n"
            f'Dataset.fetch("{_plain(self.dataset["id"])}", api_key="YOUR_KEY").download()'
        )

    def shell(self) -> str:
        """The same for a shell."""
        return (
            f"export MLHUB_ROOT_URL={self.base_url}{API_PATH}\n"
            "export MLHUB_API_KEY=YOUR_KEY\n"
            f"{command_line('mlhub download', _plain(self.dataset['id']))}"
        )

    def _size(self) -> str:
        items = words.count(self.items, "item")
        return (
            f"{words.size(self.size_bytes)} in {items}"
            if self.size_bytes
            else f"{items}; files lie elsewhere"
        )

    def _href(self, href: object) -> str | None:
        if isinstance(href, str) and href.startswith(OWN_HREF):
            return f"{self.base_url}/{href.removeprefix(OWN_HREF)}"
        return words.web_link(href)


def _plain(dataset_id: str) -> str:
    """The id as it may stand between quotes, whoever wrote it."""
    return "".join(letter for letter in dataset_id if letter.isalnum() or letter in "-_. ")


def _part(store: Store, told: Json, base_url: str) -> Part:
    collection = store.collection(told["id"]) or {}
    interval = ((collection.get("extent") or {}).get("temporal") or {}).get("interval") or [[None, None]]
    return Part(
        collection_id=told["id"],
        kinds=", ".join(_KINDS.get(kind, kind) for kind in told.get("types") or ()),
        items=store.item_count(told["id"]),
        time=words.span(*interval[0][:2]),
        licence=str(told.get("license") or collection.get("license") or ""),
        href=f"{base_url}{API_PATH}collections/{quote(told['id'], safe='')}",
    )
