"""What a source remembers, in the manifest's table ``memory``: see ``sources.source.Memory``."""

import time
from pathlib import Path

from .manifest import Manifest

_COMMITTED_EVERY_S = 0.02


class SourceMemory:
    """Lent to a source for one run.

    Attributes:
        folder: The dataset's folder, in which objects have their places.
    """

    is_lasting = True

    def __init__(self, manifest: Manifest, folder: Path) -> None:
        self.folder = folder
        self._connection = manifest.connection
        self._committed_at = time.monotonic()

    def get(self, name: str) -> str | None:
        """What was put under that name last, by this run or an earlier one."""
        row = self._connection.execute("SELECT value FROM memory WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def put(self, name: str, value: str) -> None:
        """Remember ``value``."""
        self._connection.execute("INSERT OR REPLACE INTO memory VALUES (?, ?)", (name, value))
        self._commit_now_and_then()

    def forget(self, name: str) -> None:
        """Forget what was put under that name."""
        self._connection.execute("DELETE FROM memory WHERE name = ?", (name,))
        self._commit_now_and_then()

    def keep(self) -> None:
        """Have what was put survive from now on."""
        self._connection.commit()
        self._committed_at = time.monotonic()

    def _commit_now_and_then(self) -> None:
        # A commit of every entry would cost as much as all other work on an item.
        if time.monotonic() - self._committed_at >= _COMMITTED_EVERY_S:
            self.keep()
