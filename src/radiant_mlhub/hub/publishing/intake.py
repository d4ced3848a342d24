"""Everything of a source, checked, rewritten and put aside, object by object."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..store import Json
from .dataset_record import CollectionFacts
from .problems import Problems
from .reading import Found, objects
from .rewriting import Draft, Rewriter
from .sources import Source
from .staged import Staged
from .validation import check_catalog, check_collection, check_item, implements

_DRAFTS = 64
"""Items whose files may be on their way at once."""

_TELL_EVERY = 1000


@dataclass
class Intake:
    """Takes a source in.

    Attributes:
        skip_invalid: Leave out what is not valid: files of the rest are still brought in when something
            was found to be wrong, and collections that lost all their items go.
        catalog: The source's topmost catalog; None when it has none.
        collections: As the store will have them.
        facts: About each of them, by id.
        emptied: Ids of collections that are left out, since not one of their items is valid.
    """

    source: Source
    staged: Staged
    problems: Problems
    rewriter: Rewriter
    skip_invalid: bool = False
    catalog: Json | None = None
    collections: list[Json] = field(default_factory=list)
    facts: dict[str, CollectionFacts] = field(default_factory=dict)
    emptied: list[str] = field(default_factory=list)
    _waiting: deque[Draft] = field(default_factory=deque)
    _done: int = 0

    @property
    def has_items(self) -> bool:
        """Whether any item is valid."""
        return any(facts.items for facts in self.facts.values())

    def take_all(self, progress: Callable[[int], None] | None = None) -> None:
        """Take every object; what is wrong goes to ``problems``, and the rest goes on.

        Args:
            progress: Called with the number of items that are done.
        """
        for found in objects(self.source, self.problems):
            if self.problems.total and not self.skip_invalid:
                self.rewriter.only_look(self.staged)
            if found.kind == "item":
                self._take_item(found)
                self._finish_some(progress)
            elif found.kind == "collection":
                self._take_collection(found)
            else:
                self._take_catalog(found)
        while self._waiting:
            self._finish(self._waiting.popleft())
        if self.skip_invalid:
            self._leave_out_emptied()
        if not self.collections and not self.problems.total:
            self.problems.add(
                self._name(self.source.start), "", "holds no collection, so there is no dataset"
            )

    def _leave_out_emptied(self) -> None:
        """What is left of a collection without its items is nothing that anybody wants."""
        self.emptied = [each for each, facts in self.facts.items() if facts.had_items and not facts.items]
        for each in self.emptied:
            del self.facts[each]
        self.collections = [each for each in self.collections if each["id"] in self.facts]

    def _take_catalog(self, found: Found) -> None:
        if not self.problems.take(self._name(found.path), check_catalog(found.body)) and self.catalog is None:
            self.catalog = found.body

    def _take_collection(self, found: Found) -> None:
        name = self._name(found.path)
        if self.problems.take(name, check_collection(found.body)):
            return
        if found.body["id"] in self.facts:
            self.problems.add(name, "$.id", f'there is another collection "{found.body["id"]}"')
            return
        draft = self.rewriter.draft(found, None)
        text = self.rewriter.text(draft) if draft else None
        if text is not None:
            self.collections.append(msgspec.json.decode(text))
            self.facts[found.body["id"]] = CollectionFacts(found.links_to_items)

    def _take_item(self, found: Found) -> None:
        name = self._name(found.path)
        owner = self.facts.get(str(found.collection_id or found.body.get("collection")))
        if owner is not None:
            owner.had_items = True
        if not self._has_its_collection(found, name):
            return
        item, complaints = check_item(found.body)
        if not self.problems.take(name, complaints) and item is not None:
            draft = self.rewriter.draft(found, item)
            if draft is not None:
                self._waiting.append(draft)

    def _has_its_collection(self, found: Found, name: str) -> bool:
        told: Any = found.body.get("collection")
        if told is None and found.collection_id is not None:
            # STAC wants the member where there is a collection; what links to the item is as clear.
            found.body["collection"] = told = found.collection_id
        if told is None:
            self.problems.add(name, "$.collection", "is missing, and no collection links to the item")
        elif found.collection_id is not None and told != found.collection_id:
            self.problems.add(
                name, "$.collection", f'is "{told}", but the collection "{found.collection_id}" links to it'
            )
        elif not isinstance(told, str) or told not in self.facts:
            self.problems.add(name, "$.collection", f'there is no valid collection "{told}" before it')
        else:
            return True
        return False

    def _finish_some(self, progress: Callable[[int], None] | None) -> None:
        """Finish what is ready at the front, and wait only when much is under way."""
        while self._waiting and (len(self._waiting) > _DRAFTS or self._waiting[0].is_ready):
            self._finish(self._waiting.popleft())
            if progress and self._done % _TELL_EVERY == 0:
                progress(self._done)

    def _finish(self, draft: Draft) -> None:
        self._done += 1
        item = self.rewriter.stored_item(draft)
        if item is None:
            return
        name = self._name(draft.found.path)
        other = self.staged.add_item(item, name)
        if other is not None:
            # One file that two links lead to is no matter.
            if other != name:
                self.problems.add(name, "$.id", f'"{item.item_id}" is the id of the item in {other}, too')
            return
        facts = self.facts[item.collection_id]
        facts.items += 1
        facts.label_items += implements(draft.body, "label")
        if facts.documentation is None:
            document = draft.body["assets"].get("documentation")
            facts.documentation = document["href"] if document else None

    def _name(self, path: Any) -> str:
        return self.source.folder.name_of(path)
