"""What ``/datasets/{id}`` says, with the members that the hosted service of 2022 gave."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from ..store import OWN_HREF, Json
from .wishes import About, Wishes

SOURCE, LABELS = "source_imagery", "labels"

T = TypeVar("T")


@dataclass
class CollectionFacts:
    """What the items of a collection say about it.

    Attributes:
        had_items: Whether the source has items of it, valid or not.
        items: How many of them are valid.
        documentation: The href of the first asset called ``documentation``.
    """

    had_items: bool = False
    items: int = 0
    label_items: int = 0
    documentation: str | None = None

    def types(self, collection_id: str, wishes: Wishes) -> list[str]:
        """Whether it holds labels, source imagery or both.

        What the publisher says goes first. Else an item that lists the label extension is a label;
        where there are no items, the name decides.
        """
        said = ((SOURCE, wishes.source_imagery), (LABELS, wishes.labels))
        chosen = [kind for kind, named in said if collection_id in named]
        if chosen:
            return chosen
        if not self.items:
            return [LABELS if "label" in collection_id.lower() else SOURCE]
        return [
            kind
            for kind, count in ((SOURCE, self.items - self.label_items), (LABELS, self.label_items))
            if count
        ]


def dataset_record(
    about: About,
    catalog: Mapping[str, Any] | None,
    collections: Sequence[Json],
    types: Mapping[str, list[str]],
    documentation: str | None,
    *,
    now: datetime,
    earlier: Json | None,
) -> Json:
    """The dataset.

    Args:
        catalog: The catalog around the collections; None where a collection was published alone.
        types: Of each collection, by its id.
        documentation: The href of a document about it.
        earlier: The dataset as it was published before.
    """
    catalog = catalog or {}
    title = about.title or catalog.get("title") or _only(each.get("title") for each in collections)
    moment = now.isoformat()
    return {
        "id": about.dataset_id,
        "bbox": _multipolygon(collections),
        "citation": about.citation or _only(each.get("sci:citation") for each in collections) or "",
        "collections": [
            {"id": each["id"], "types": types[each["id"]], "license": each["license"]} for each in collections
        ],
        "creator_contact": {
            "contact": about.contact or "",
            "creator": about.creator or ", ".join(_providers(collections)),
        },
        "date_added": (earlier or {}).get("date_added") or moment,
        "date_modified": moment,
        "description": about.description or catalog.get("description") or _descriptions(collections),
        "documentation_link": about.documentation or documentation,
        "doi": about.doi or _only(each.get("sci:doi") for each in collections),
        "publications": _publications(collections) or None,
        "registry": f"{OWN_HREF}datasets/{quote(about.dataset_id, safe='')}",
        "status": "ready",
        "tags": _unique([*about.tags, *(tag for each in collections for tag in each.get("keywords") or ())]),
        "title": title or about.dataset_id,
        "tools_applications": None,
        "tutorials": None,
    }


def _only(values: Iterable[T | None]) -> T | None:
    """The value, where all that say one say the same."""
    found = _unique(value for value in values if value)
    return found[0] if len(found) == 1 else None


def _unique(values: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(values))


def _providers(collections: Iterable[Json]) -> list[str]:
    return _unique(
        f"[{provider['name']}]({provider['url']})" if provider.get("url") else provider["name"]
        for each in collections
        for provider in each.get("providers") or ()
    )


def _descriptions(collections: Iterable[Json]) -> str:
    return "\n".join(_unique(each["description"] for each in collections))


def _publications(collections: Iterable[Json]) -> list[Json]:
    """As MLHub had them: title and, where there is a DOI, an address."""
    made = []
    for publication in (each for c in collections for each in c.get("sci:publications") or ()):
        doi = publication.get("doi")
        one = {"title": publication.get("citation"), "url": f"https://doi.org/{doi}" if doi else None}
        if one not in made:
            made.append(one)
    return made


def _multipolygon(collections: Iterable[Json]) -> Json | None:
    """The boxes of the collections, one polygon each; a box across the 180th meridian is two."""
    polygons = []
    for each in collections:
        box = each["extent"]["spatial"]["bbox"][0]
        half = len(box) // 2
        west, south, east, north = box[0], box[1], box[half], box[half + 1]
        spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
        for w, e in spans:
            ring = [[w, south], [e, south], [e, north], [w, north], [w, south]]
            if [ring] not in polygons:
                polygons.append([ring])
    return {"type": "MultiPolygon", "coordinates": polygons} if polygons else None
