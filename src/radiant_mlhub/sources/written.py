"""A source that has no archive, and leaves the tree of JSON files that an archive would leave."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path

import msgspec

from .. import layout
from ..exceptions import DirectoryUnusable
from ..log import logger
from ..transfer.transfers import Request, Slow
from .source import Memory, Source, SourceObject, Wanted
from .tree import Tree
from .unpacking import Helper


class WrittenSource:
    """``source`` as one download reads it, its objects written to disk as they come.

    Of two objects that have one place, the later one gets a place of its own: ``{item_id}~2.json``.

    Attributes:
        dataset_id: The dataset.
        label: What is read, for a person.
        version: The source's.
        sees_everything: Whether the source leaves nothing out of what is asked for.
    """

    def __init__(self, source: Source, wanted: Wanted, memory: Memory, folder: Path | None) -> None:
        """Take the source and what to ask of it.

        Args:
            source: The source.
            wanted: What is asked for.
            memory: Lent to the source.
            folder: Where the objects are written; None to write none.
        """
        self.dataset_id = source.dataset_id
        self.label = source.label
        self.version = source.version
        self.sees_everything = not source.narrows(wanted)
        self._source = source
        self._wanted = wanted
        self._memory = memory
        self._folder = folder
        self._is_written = False

    def request_for(self, href: str) -> Request | Slow:
        """How to ask for ``href`` right now; may block."""
        return self._source.request_for(href)

    def objects(self) -> Iterator[SourceObject | None]:
        """The objects of the source, each on disk before it is handed out.

        Raises:
            CatalogBroken: The source cannot be read.
            DirectoryUnusable: The folder cannot be written.
        """
        objects = self._source.objects(self._wanted, self._memory)
        if self._folder is None:
            yield from objects
        else:
            yield from _written(objects, self._folder, self.label)
            self._is_written = True

    def unpack(self, folder: Path) -> Iterator[str | None]:
        """Write the objects' files, unless ``objects`` did since the last time.

        Raises:
            CatalogBroken: The source cannot be read.
            DirectoryUnusable: ``folder`` cannot be written.
        """
        if not self._is_written:
            for each in _written(self._source.objects(self._wanted, self._memory), folder, self.label):
                if each is None:
                    yield None
                elif each.error is not None:
                    logger.warning("%s: %s", each.place, each.error)
                elif each.plain is None:
                    yield each.place
        self._is_written = False

    def unpacked_beside(self, folder: Path | None) -> AbstractContextManager[Helper | None]:
        """No process: objects are written as they are read."""
        return nullcontext()


def _written(
    objects: Iterator[SourceObject | None], folder: Path, label: str
) -> Iterator[SourceObject | None]:
    taken: set[int] = set()
    with ExitStack() as stack:
        with _told(folder, label):
            tree = stack.enter_context(Tree(folder))
        for each in objects:
            if each is None or each.error is not None or each.plain is not None:
                yield each
                continue
            place, text = _free_place(each.place, taken), _text(each)
            with _told(folder / place, label):
                mtime_s = tree.put(place, text, each.mtime_s or None)
            yield msgspec.structs.replace(each, place=place, size_bytes=len(text), mtime_s=mtime_s)


@contextmanager
def _told(path: Path, label: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DirectoryUnusable(f"{path}, of {label}, cannot be written: {error}") from error


def _free_place(place: str, taken: set[int]) -> str:
    """``place``, or the first that is free beside it. Sixty bytes an object are remembered."""
    free, number = place, 1
    while hash(layout.folded(free)) in taken:
        number += 1
        free = layout.moved_path(place, number)
    taken.add(hash(layout.folded(free)))
    return free


def _text(each: SourceObject) -> bytes:
    if each.text is not None:
        return each.text
    try:
        return msgspec.json.encode(each.body)
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can escape and UTF-8 cannot hold
        return json.dumps(each.body).encode()
