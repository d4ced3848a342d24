"""Whether a hub's files and its database agree."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import msgspec

from ... import digests
from ..folder import HubFolder
from ..store import FILES_PATH, OWN_HREF, Json, Store, StoredFile
from .staging import leftovers, strays

_FILES = f"{OWN_HREF}{FILES_PATH.lstrip('/')}"


@dataclass
class HubCheck:
    """What was found.

    Attributes:
        files: How many files were looked at.
        problems: A sentence each.
        leftovers: Folders of publications that were broken off; the next one deletes them.
        strays: Files in the folders of publications that are none of theirs.
    """

    datasets: int = 0
    items: int = 0
    files: int = 0
    problems: list[str] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)


def check_hub(folder: HubFolder, store: Store, *, with_digests: bool = False) -> HubCheck:
    """Look at the database, and at each file that a published object names.

    Args:
        with_digests: Whether the files are read and their MD5 compared, and not their sizes alone.
    """
    check = HubCheck(
        problems=store.problems(), leftovers=leftovers(folder, store), strays=list(strays(folder, store))
    )
    looker = _Looker(folder, store, check, with_digests=with_digests)
    for dataset in store.datasets():
        check.datasets += 1
        for collection in dataset["collections"]:
            looker.look_at_collection(dataset["id"], collection["id"])
        with store.all_items(dataset["id"]) as items:
            for item in items:
                check.items += 1
                looker.look_at(f"{item.collection_id}/{item.item_id}", msgspec.json.decode(item.text))
    for model in store.models():
        looker.look_at(f"the model {model['id']}", model)
    return check


class _Looker:
    """Looks at the files of one object after the other."""

    def __init__(self, folder: HubFolder, store: Store, check: HubCheck, *, with_digests: bool) -> None:
        self._folder = folder
        self._store = store
        self._check = check
        self._with_digests = with_digests
        self._shared: set[tuple[str, str]] = set()

    def look_at_collection(self, dataset_id: str, collection_id: str) -> None:
        """A collection, and its archive."""
        collection = self._store.collection(collection_id)
        if collection is None:
            self._check.problems.append(
                f'"{dataset_id}" names the collection "{collection_id}", which is not there.'
            )
            return
        self.look_at(collection_id, collection)
        archive = collection.get("mlhub:archive")
        if archive:
            self._look(
                f"the archive of {collection_id}", self._store.version(dataset_id) or "", archive["path"]
            )

    def look_at(self, name: str, body: Json) -> None:
        """Every file that an object's assets and links name."""
        for href in _own_files(body):
            version, _, path = unquote(href).partition("/")
            self._look(name, version, path)

    def _look(self, name: str, version: str, path: str) -> None:
        # A document that all items share comes again and again; once is enough.
        if (version, path) in self._shared:
            return
        self._check.files += 1
        file = self._store.file(version, path)
        said = (
            f"{name} names {path}, which the database does not know" if file is None else self._said_of(file)
        )
        if said:
            self._check.problems.append(f"{said}.")
        if "/_common/" in path:
            self._shared.add((version, path))

    def _said_of(self, file: StoredFile) -> str | None:
        path = self._folder.path / file.location
        try:
            status = path.stat()
        except OSError as error:
            return f"{path} cannot be read ({error.strerror})"
        if status.st_size != file.size:
            return f"{path} has {status.st_size} bytes instead of {file.size}"
        if status.st_mtime_ns != file.mtime_ns:
            return f"{path} was written after it was published; publish its dataset again"
        if self._with_digests and digests.of_file(path, ["md5"])["md5"] != file.md5:
            return f"{path} is damaged: its MD5 is not {file.md5}"
        return None


def _own_files(body: Json) -> Iterator[str]:
    for member in [*(body.get("assets") or {}).values(), *body.get("links", ())]:
        href = member.get("href", "")
        if href.startswith(_FILES):
            yield href.removeprefix(_FILES)
