"""What an earlier run did with this very catalog, so that it need not be done again."""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

from ..sources.source import Catalog
from ..sources.tree import is_swept
from .index import details_of
from .manifest import Manifest, relative_place
from .options import FILTERS, DownloadOptions, asked_filter
from .records import Details
from .save_paths import Settled

_CATALOG, _UNPACKED = "catalog", "unpacked"
_MEMBERS = (
    "SELECT number, place, size_bytes, mtime_s FROM members WHERE number > :after ORDER BY 1 LIMIT :rows"
)


class _Indexed(TypedDict):
    """The fact that the rows of a catalog are all there, judged by these filters."""

    version: str
    filters: str
    holds_properties: bool
    holds_sources: bool
    moved: int
    displaced: list[str]
    missing: dict[str, int]


class KnownCatalog:
    """The catalog that the manifest's rows are of.

    Attributes:
        settled: What became of contested paths.
        missing: Items without a place or a time, by what they lack, that a filter kept.
        is_judged: The rows are judged by these filters.
    """

    def __init__(self, manifest: Manifest, catalog: Catalog, options: DownloadOptions) -> None:
        self._manifest = manifest
        self._filters = _digest(options)
        self._wanted = self._held = details_of(options)
        self._is_known_before = catalog.version is not None
        self._version = (
            f"{catalog.version}" if catalog.sees_everything else f"{catalog.version} {self._filters}"
        )
        self.settled = Settled(0, [])
        self.missing: dict[str, int] = {}
        self.is_judged = False

    @property
    def members(self) -> int:
        """How many files the catalog has."""
        return int(self._manifest.connection.execute("SELECT COUNT(*) FROM members").fetchone()[0])

    def is_read(self) -> bool:
        """Whether the manifest holds the rows of this very catalog, all of them, and all filters look at."""
        fact: _Indexed = json.loads(self._manifest.fact(_CATALOG) or "{}")
        if not fact or not self._is_known_before or fact["version"] != self._version:
            return False
        held = Details(fact["holds_properties"], fact["holds_sources"])
        if any(wanted and not has for wanted, has in zip(self._wanted, held, strict=True)):
            return False
        self._held = held
        self.settled = Settled(fact["moved"], fact["displaced"])
        self.missing = fact["missing"]
        self.is_judged = fact["filters"] == self._filters
        return True

    def note_indexed(self, settled: Settled, missing: dict[str, int], *, is_sound: bool) -> None:
        """Remember that all rows are there.

        Args:
            settled: What became of contested paths.
            missing: Items without a place or a time.
            is_sound: Nothing in it was broken; else it is read again by the next run, whose
                report has to name what is broken, too.
        """
        self.settled, self.missing, self.is_judged = settled, missing, True
        fact = _Indexed(
            version=self._version,
            filters=self._filters,
            holds_properties=self._held.properties,
            holds_sources=self._held.sources,
            moved=settled.moved,
            displaced=settled.displaced,
            missing=missing,
        )
        self._manifest.state(_CATALOG, json.dumps(fact) if is_sound else "{}")

    def is_unpacked_in(self, folder: Path) -> bool:
        """Whether every file of this catalog lies in ``folder`` as it was unpacked, by size and time."""
        if self._manifest.fact(_UNPACKED) != self._unpacked(folder):
            return False
        try:
            return is_swept(folder) and all(
                _is_as_unpacked(f"{folder}{os.sep}{place}", size_bytes, mtime_s)
                for _, place, size_bytes, mtime_s in self._manifest.pages(_MEMBERS)
            )
        except OSError:
            return False

    def note_unpacked_in(self, folder: Path) -> None:
        """Remember that the whole catalog was unpacked."""
        self._manifest.state(_UNPACKED, self._unpacked(folder))

    def _unpacked(self, folder: Path) -> str:
        return f"{self._version} in {relative_place(self._manifest.path.parent, str(folder))}"


def _digest(options: DownloadOptions) -> str:
    """A text that is another one for other filters: short, however many ids are asked for."""
    asked = [asked_filter(options, name) for name in FILTERS] + [options.exact, options.seed]
    return sha256(repr(asked).encode(errors="surrogatepass")).hexdigest()


def _is_as_unpacked(path: str, size_bytes: int, mtime_s: int) -> bool:
    found = os.lstat(path)
    return (found.st_size, int(found.st_mtime)) == (size_bytes, mtime_s)
