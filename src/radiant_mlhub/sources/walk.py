"""The order in which a catalog's files are asked for and handed out. No I/O.

Files are handed out as the links have them, depth first: an object, what its first link leads to and
everything below that, then the next link. So the order is the same in every run, in whatever order
files arrive. They are asked for in that order, too, as far as it is known: while a catalog's file is
under way, what follows it is asked for already.

::

    wanted() --> file to ask for --> arrived() --> ready() --> next in order
"""

import heapq
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .links import Link, LinkBroken

DEEPEST = 64
"""Levels of catalogs in catalogs."""

# Files asked for and not yet handed out: 1 KiB of memory each, and a copy on disk.
_FILES_AHEAD = 2048


@dataclass(slots=True, eq=False)
class File:
    """One file of the catalog, by its address.

    Attributes:
        href: Its address; empty for a link that leads nowhere.
        number: That names it in this walk.
        is_here: It has arrived, or failed.
        error: Why it cannot be read.
        base_href: Where its relative hrefs start: its address, or where redirects led.
        own_id: The id of the object that it holds, told when it is opened.
        is_collection: Whether that is a collection, likewise.
        parent_id: The collection whose links lead to it, or else the catalog; told when it is handed out.
        linked_from: The address of the file in which that link stands, likewise.
        places: Where it stands in the catalog.
    """

    href: str
    number: int
    is_here: bool = False
    error: str | None = None
    base_href: str = ""
    own_id: str = ""
    is_collection: bool = False
    parent_id: str = ""
    linked_from: str = ""
    places: "list[_Place]" = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Place:
    """Where a file stands. One that two catalogs link has two places; the first in order counts.

    Attributes:
        key: Orders places as the catalog does.
        rel: The relation that leads here.
        children: Taken from its links, and not handed out.
        links: Those not taken yet; None where it is not open, or all were.
        taken: How many were.
        is_gone: The same file stands at a place before this one.
    """

    key: tuple[int, ...]
    rel: str
    file: File
    parent: "_Place | None"
    children: "deque[_Place]" = field(default_factory=deque)
    links: Iterator[Link | LinkBroken] | None = None
    taken: int = 0
    is_queued: bool = False
    is_opened: bool = False
    is_handed_out: bool = False
    is_gone: bool = False

    @property
    def next_key(self) -> tuple[int, ...]:
        """Of the child that is taken next."""
        return (*self.key, self.taken + 1)


class Walk:
    """One walk through a catalog, from its root."""

    def __init__(
        self,
        root: str,
        opened: Callable[[File], Iterable[Link | LinkBroken]],
        *,
        files_ahead: int = _FILES_AHEAD,
    ) -> None:
        """Begin.

        Args:
            root: Address of the first file.
            opened: The links of a file that is here to what is part of the catalog, their addresses
                complete. A ValueError says why it cannot be read.
            files_ahead: How many files may be asked for before the first of them is handed out.
        """
        self._opened = opened
        self._files_ahead = files_ahead
        self._files: dict[int, File] = {}  # by hash of the address: asked for, not handed out
        self._seen: set[int] = set()  # handed out: sixty bytes a file
        self._queued: list[tuple[tuple[int, ...], _Place]] = []  # a heap
        self._files_made = 0
        self._ahead = 0
        self._root: File | None = self._new_file(root)
        self._files[hash(root)] = self._root
        self._path = [self._new_place((), "root", self._root, None)]

    @property
    def is_done(self) -> bool:
        """Everything was handed out."""
        return not self._path

    def has_handed_out(self, href: str) -> bool:
        """Whether the file at ``href`` was."""
        return hash(href) in self._seen

    def wanted(self) -> File | None:
        """The next file to ask for; None where there is none, or not now."""
        if self._root is not None:
            root, self._root = self._root, None
            return root
        while self._has_room():
            place = self._queued[0][1]
            file = self._take(place)
            if place.links is None:
                heapq.heappop(self._queued)
            else:
                heapq.heapreplace(self._queued, (place.next_key, place))
            if file is not None:
                return file
        return None

    def arrived(self, file: File, error: str | None = None, base_href: str | None = None) -> None:
        """Take in that ``file`` is here, or why it is not.

        Args:
            file: The file.
            error: Why it cannot be read.
            base_href: Where its relative hrefs start, if not at its address.
        """
        file.is_here, file.error, file.base_href = True, error, base_href or file.href
        if error is None and file.places:
            self._queue(min(file.places, key=lambda place: place.key))

    def ready(self) -> Iterator[File]:
        """The files that are next in order, as far as they are here."""
        while self._path:
            place = self._path[-1]
            if place.is_gone:
                self._path.pop()
            elif not place.is_handed_out:
                if not place.file.is_here:
                    return
                self._hand_out(place)
                yield place.file
            elif place.children:
                self._path.append(place.children.popleft())
            elif place.links is not None:
                return  # its next link is to be taken first
            else:
                self._path.pop()

    def _has_room(self) -> bool:
        while self._queued and self._queued[0][1].is_gone:
            heapq.heappop(self._queued)
        if not self._queued or not self._path:
            return False
        if self._ahead < self._files_ahead:
            return True
        # What is next in order is asked for, however much waits for it.
        place = self._queued[0][1]
        return place is self._path[-1] and len(place.children) < max(self._files_ahead // 4, 1)

    def _take(self, place: _Place) -> File | None:
        """The file that the next link of ``place`` leads to, if it has to be asked for."""
        self._open_place(place)
        link = None if place.links is None else next(place.links, None)
        if link is None:
            place.links = None
            return None
        key = place.next_key
        place.taken += 1
        if isinstance(link, LinkBroken) or len(key) > DEEPEST:
            text = f"more than {DEEPEST} levels of catalogs" if isinstance(link, Link) else str(link)
            self._add(key, "broken", self._broken(text), place)
            return None
        name = hash(link.href)
        if name in self._seen:
            return None
        file, is_new = self._files.get(name), name not in self._files
        if file is None:
            file = self._files[name] = self._new_file(link.href)
        self._add(key, link.rel, file, place)
        return file if is_new else None

    def _add(self, key: tuple[int, ...], rel: str, file: File, parent: _Place) -> None:
        parent.children.append(self._new_place(key, rel, file, parent))

    def _new_place(self, key: tuple[int, ...], rel: str, file: File, parent: _Place | None) -> _Place:
        place = _Place(key, rel, file, parent)
        file.places.append(place)
        self._ahead += 1
        return place

    def _new_file(self, href: str) -> File:
        self._files_made += 1
        return File(href, self._files_made)

    def _broken(self, error: str) -> File:
        file = self._new_file("")
        file.is_here, file.error = True, error
        return file

    def _queue(self, place: _Place) -> None:
        """Have the links of ``place`` taken when it is their turn."""
        if not place.is_queued and place.rel != "item":  # what an item leads to is no part of the catalog
            place.is_queued = True
            heapq.heappush(self._queued, (place.next_key, place))

    def _open_place(self, place: _Place) -> None:
        """Read its links, not before they are needed: those of a hundred collections take a lot of room."""
        if place.is_opened:
            return
        place.is_opened = True
        try:
            place.links = iter(self._opened(place.file))
        except ValueError as error:
            place.file.error = str(error)

    def _hand_out(self, place: _Place) -> None:
        file = place.file
        place.is_handed_out = True
        self._ahead -= 1
        if file.href:
            self._seen.add(hash(file.href))
            self._files.pop(hash(file.href), None)
        for other in list(file.places):
            if other is not place and not other.is_gone:
                self._drop(other)
        file.places = [place]
        file.parent_id = _parent_id(place)
        file.linked_from = "" if place.parent is None else place.parent.file.base_href
        if file.error is None and place.rel != "item":
            self._queue(place)
            self._open_place(place)

    def _drop(self, place: _Place) -> None:
        """Leave out ``place`` and everything below it: the same comes in order elsewhere."""
        place.is_gone = True
        place.links = None
        self._ahead -= 1
        for child in place.children:
            if not child.is_gone:
                child.file.places.remove(child)
                self._drop(child)
        place.children.clear()


def _parent_id(place: _Place) -> str:
    nearest, above = "", place.parent
    while above is not None:
        if above.file.is_collection:
            return above.file.own_id
        nearest, above = nearest or above.file.own_id, above.parent
    return nearest
